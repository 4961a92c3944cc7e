/** The pages *Traces*, *Trace* and compare in a real browser, on the wire's answers from memory. Needs a Chromium. */
import { builtPage, CHROMIUM, ViewerBrowser } from '../helpers/viewer-browser.ts';
import {
  fakeSkeleton,
  spanIdOf,
  startFakeViewer,
  traceIdOf,
  type FakeSpan,
  type FakeViewer,
} from '../helpers/viewer-fake.ts';

const EVIL = '<img src=x onerror="globalThis.ran=1"><script>globalThis.ran=1</script>';
const span = (name: string, type: FakeSpan['type'], parent: number, start: number, length: number): FakeSpan => ({
  name,
  type,
  parent,
  start,
  length,
});
const chat: readonly FakeSpan[] = [
  span('POST /api/chat', 'http', -1, 0, 842_000),
  span('auth session', 'auth', 0, 1000, 2500),
  span('AssistantService.answer', 'internal', 0, 4000, 830_000),
  ...Array.from({ length: 9 }, (_, at) => span('SELECT products', 'database', 2, 52_000 + at * 9000, 8000)),
  { ...span('GET /shipping/quote', 'http', 2, 140_000, 29_000), error: true, service: 'gateway' },
  span('chat stand-in-1', 'ai', 2, 260_000, 540_000),
  span('kv put answer', 'kv', 2, 805_000, 6000),
];
/** Ten thousand parents of ten. */
const big: readonly FakeSpan[] = Array.from({ length: 100_000 }, (_, at) =>
  at === 0
    ? span('big job', 'internal', -1, 0, 4_000_000)
    : span(`step ${at % 37}`, 'database', at % 10 === 1 ? 0 : at - ((at - 1) % 10), at * 40, 30),
);
const suite = CHROMIUM ? describe : describe.skip;

suite('the viewer’s pages of traces', () => {
  let viewer: FakeViewer;
  let browser: ViewerBrowser;
  beforeAll(async () => {
    viewer = await startFakeViewer(builtPage(), [
      fakeSkeleton(1, [span(EVIL, 'http', -1, 0, 9000)]),
      fakeSkeleton(2, big),
      fakeSkeleton(3, chat),
    ]);
    browser = await ViewerBrowser.start();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await viewer?.close();
  }, 30_000);

  const pages = [
    ['traces', '/', 'a.trace-row'],
    ['trace', `/trace/${traceIdOf(3)}?span=${spanIdOf(12)}`, '.panel .exception'],
    ['flame', `/trace/${traceIdOf(3)}?view=flame`, '.block'],
    ['compare', `/compare/${traceIdOf(3)}...${traceIdOf(1)}`, '.compare td'],
  ] as const;
  it.each(pages.flatMap((page) => [[...page, 'light'] as const, [...page, 'dark'] as const]))(
    '%s (%s) %s shows itself, %s, without a serious fault',
    async (name, path, mark, scheme) => {
      const page = await browser.open(viewer.url + path, { scheme });
      await page.locator(mark).first().waitFor();
      await browser.shot(page, `viewer-${name}-${scheme}`);
      expect(await browser.faults(page)).toEqual([]);
      await page.close();
    },
    60_000,
  );

  it('is read on a phone without a sideways scroll', async () => {
    for (const [name, path, mark] of pages) {
      const page = await browser.open(viewer.url + path, { width: 375 });
      await page.locator(mark).first().waitFor();
      await browser.shot(page, `viewer-${name}-phone`);
      expect([name, await browser.isTooWide(page)]).toEqual([name, false]);
      await page.close();
    }
  }, 60_000);

  it('is driven by keys alone: list, trace, next error, close, help', async () => {
    const page = await browser.open(viewer.url);
    await page.locator('a.trace-row').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByText('9 × N+1').waitFor();
    for (let row = 0; row < 4; row++) await page.keyboard.press('j');
    const chosenRow = page.locator('.span-row.chosen');
    await chosenRow.getByText('9 × N+1').waitFor();
    expect(await page.locator('.span-row').count()).toBe(7);
    await page.keyboard.press('ArrowRight');
    await page.locator('.span-row').nth(15).waitFor();
    await page.keyboard.press('e');
    await page.getByText('no such tent', { exact: false }).first().waitFor();
    expect(new URL(page.url()).search).toBe(`?span=${spanIdOf(12)}`);
    await page.keyboard.press('Escape');
    await page.locator('.panel').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.getByText('Critical path on or off').waitFor();
    await page.close();
  }, 60_000);

  it('Jaeger’s search becomes this page’s filter, and the server is asked for it', async () => {
    const page = await browser.open(
      `${viewer.url}/search?service=storefront&tags=%7B%22error%22%3A%22true%22%7D&start=1000&end=2000`,
    );
    await page.locator('a.trace-row').first().waitFor();
    expect(new URL(page.url()).search).toBe('?service=storefront&status=error&from=1&to=2');
    expect(viewer.asked).toContain('/api/viewer/traces?service=storefront&status=error&from=1&to=2&limit=100');
    await page.close();
  }, 60_000);

  it('shows script in a name as text', async () => {
    const page = await browser.open(`${viewer.url}/trace/${traceIdOf(1)}?span=${spanIdOf(0)}`);
    await page.locator('.panel').getByText(EVIL).first().waitFor();
    expect(await page.evaluate(() => Reflect.get(globalThis, 'ran'))).toBeUndefined();
    await page.close();
  }, 60_000);

  it('shows 100,000 spans as rows that exist only where one looks', async () => {
    const page = await browser.open(`${viewer.url}/trace/${traceIdOf(2)}`);
    await page.locator('.span-row').first().waitFor();
    const scroller = page.locator('.waterfall .scroller');
    await scroller.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    await page
      .getByText(`step ${99_999 % 37}`, { exact: true })
      .last()
      .waitFor();
    expect(await page.locator('.span-row').count()).toBeLessThan(100);
    await page.close();
  }, 60_000);

  it('without a complaint', () => {
    expect(browser.complaints).toEqual([]);
  });
});
