/** The pages in a real browser: a scenario is started, its trace is opened, nothing complains. Needs a Chromium. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type Viewer, startViewer } from '../../src/viewer/server/index.ts';
import { CHROMIUM, launchChromium, noteComplaints } from '../helpers/chromium.ts';
import { type Platform, startPlatform } from '../helpers/platform.ts';
import { builtPage } from '../helpers/viewer-browser.ts';

const SHOTS = resolve(__dirname, '../../.throughline/screenshots');
const suite = CHROMIUM ? describe : describe.skip;

suite('in a browser', () => {
  let viewer: Viewer;
  let platform: Platform;
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    builtPage();
    viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
    platform = await startPlatform({
      OTEL_EXPORTER_OTLP_ENDPOINT: viewer.otlpUrl,
      TRACE_VIEWER_URL: viewer.queryUrl,
    });
    browser = await launchChromium();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
    await viewer?.close();
  }, 30_000);

  async function open(url: string, scheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: scheme });
    noteComplaints(page, complaints);
    await page.goto(url);
    return page;
  }

  it('a question on the home page leads to its trace', async () => {
    const home = await open(platform.url);
    await home.getByRole('button', { name: 'Ask the assistant' }).click();
    const link = home.getByRole('link', { name: /Open trace/ });
    await link.waitFor();
    await home.screenshot({ path: resolve(SHOTS, 'home.png') });
    const href = (await link.getAttribute('href')) ?? '';
    const trace = await open(href);
    // The last spans leave with the next batch: the page fills in by itself.
    await trace.getByText('19 spans').waitFor();
    await trace.locator('.span-row').getByText('semantic_cache store').waitFor();
    await trace.screenshot({ path: resolve(SHOTS, 'home-trace.png') });
    const text = await (await fetch(`${href}.txt`)).text();
    const names = text
      .split('\n')
      .map((row) =>
        row
          .replace(/\s+[\d.]+ (?:ms|s|µs)$/, '')
          .replace(/^[│├└─ ]*/, '')
          .replace(/ {2}.*$/, ''),
      )
      .filter((name) => name !== '');
    expect(names).toEqual([
      'POST',
      'POST /api/chat',
      'AssistantService.answer',
      'CartService.find',
      'findMany CartItem',
      'SELECT "public"."cart_items"',
      'SELECT "public"."products"',
      'semantic_cache lookup',
      'AssistantService.gatherFacts',
      'ProductService.search',
      'findMany Product',
      'rank word-overlap',
      'OrderService.countSold',
      'SELECT order_items',
      'ShippingService.quote',
      'GET /shipping/quote',
      'chat stand-in-1',
      'POST',
      'semantic_cache store',
    ]);
  }, 60_000);

  it.each(['/', '/products', '/products/ridgeline-tent', '/cart', '/chat', '/admin'])(
    '%s shows itself in both schemes',
    async (path) => {
      for (const scheme of ['light', 'dark'] as const) {
        const page = await open(platform.url + path, scheme);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.screenshot({
          path: resolve(SHOTS, `${path.slice(1).replaceAll('/', '-') || 'home'}-${scheme}.png`),
        });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
        expect(overflow).toBe(false);
        await page.close();
      }
    },
    60_000,
  );

  it('answers a question while it is written', async () => {
    const page = await open(`${platform.url}/chat`);
    await page.getByRole('textbox').fill('Which tent would you take into the rain?');
    await page.keyboard.press('Enter');
    const link = page.getByRole('link', { name: /Open trace/ });
    await link.waitFor();
    await page.screenshot({ path: resolve(SHOTS, 'chat-answered.png') });
    expect(await link.getAttribute('href')).toMatch(/\/trace\/[0-9a-f]{32}$/);
  }, 60_000);

  it('asks for landscapes', async () => {
    const page = await open(`${platform.url}/admin`);
    await page.getByRole('textbox').fill('78729');
    await page.keyboard.press('Enter');
    await page.getByText('Generation queued for ZIP 78729').waitFor();
    const link = page.getByRole('link', { name: /Open trace/ });
    expect(await link.getAttribute('href')).toMatch(/\/trace\/[0-9a-f]{32}$/);
    await page.close();
  }, 60_000);

  it('without a complaint', () => {
    expect(complaints).toEqual([]);
  });
});
