/**
 * The pictures of the docs: a real trace of each system in the viewer's page, which has to show it whole. They go to
 * `.throughline/screenshots`, and with TAKE_PICTURES=1 to `docs/images`. Needs a Chromium.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { startViewer, type Viewer } from '../../src/viewer/server/index.ts';
import type { TraceList, TraceSkeleton } from '../../src/viewer/wire.ts';
import { startExampleWorker } from '../helpers/example-worker.ts';
import { startPipeline } from '../helpers/pipeline.ts';
import { type Platform, startPlatform } from '../helpers/platform.ts';
import { builtPage, CHROMIUM, ViewerBrowser } from '../helpers/viewer-browser.ts';
import { traffic, until } from '../helpers/viewer-traffic.ts';

const ROOT = resolve(__dirname, '../..');
/** Whoever comes late finds none. */
const SOLD_OUT = 'merino-night-tee';
/** The trace's tools stand in one row. */
const WIDTH = 1360;
const BELOW = 16;
const suite = CHROMIUM ? describe : describe.skip;

interface Panel {
  /** Name of the span whose panel it is. */
  readonly of: string;
  readonly shows: string;
}

suite('the viewer shows', () => {
  let viewer: Viewer;
  let platform: Platform;
  let browser: ViewerBrowser;

  beforeAll(async () => {
    builtPage();
    viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
    platform = await startPlatform({ OTEL_EXPORTER_OTLP_ENDPOINT: viewer.otlpUrl, paceMillis: '3' });
    browser = await ViewerBrowser.start();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
    await viewer?.close();
  }, 30_000);

  const post = (path: string, body: object): Promise<Response> =>
    fetch(platform.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  async function keep(page: Page, name: string): Promise<void> {
    // A stack says where the repository lies: in a picture that is nobody's business.
    await page.locator('.exception pre').evaluateAll((stacks, root) => {
      for (const stack of stacks) stack.textContent = stack.textContent?.replaceAll(root, '') ?? '';
    }, `${ROOT}/`);
    await browser.shot(page, name);
    if (process.env['TAKE_PICTURES'] !== '1') return;
    copyFileSync(resolve(ROOT, `.throughline/screenshots/${name}.png`), resolve(ROOT, `docs/images/${name}.png`));
  }

  /** Opens a trace once it has this many spans, with the panel of one of them, and takes it from its head to its last row. */
  async function picture(name: string, traceId: string, spans: number, panel?: Panel): Promise<string> {
    const at = `${viewer.queryUrl}/api/viewer/traces/${traceId}`;
    const skeleton = await until<TraceSkeleton>(at, ({ row }) => row.spanCount >= spans && !row.open);
    const chosen = skeleton.spans.name.findIndex((index) => skeleton.names[index] === panel?.of);
    const query = panel === undefined ? '' : `?span=${skeleton.spans.id[chosen]}`;
    const page = await browser.open(`${viewer.queryUrl}/trace/${traceId}${query}`, { width: WIDTH });
    if (panel !== undefined) await page.locator('.panel').getByText(panel.shows).first().waitFor();
    const last = page.locator(panel === undefined ? '.span-row' : '.panel > *').last();
    const height = await last.evaluate((box) => Math.ceil(box.getBoundingClientRect().bottom));
    await page.setViewportSize({ width: WIDTH, height: height + BELOW });
    await keep(page, name);
    const seen = await rows(page);
    await page.close();
    return seen;
  }

  /** The rows as the page draws them: indented, with the service where the trace has several. */
  async function rows(page: Page): Promise<string> {
    const seen = await page.locator('.span-row').evaluateAll((found) =>
      found.map((row) => ({
        depth: Number(row.getAttribute('aria-level')) - 1,
        name: row.querySelector('.name')?.textContent ?? '',
        service: row.querySelector('.service')?.textContent ?? '',
      })),
    );
    return seen
      .map(({ depth, name, service }) => `${'  '.repeat(depth)}${name}${service === '' ? '' : ` (${service})`}`)
      .join('\n');
  }

  /** Runs a program of the repository as the docs say, with a text on its input; gives what it printed. */
  async function run(args: readonly string[], input = ''): Promise<string> {
    const child = spawn(process.execPath, ['--no-warnings', ...args], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: viewer.otlpUrl },
    });
    child.stdin.end(input);
    return text(child.stdout);
  }

  it('a question to the storefront', async () => {
    await post('/api/cart/pictured/add', { productId: 'ridgeline-tent', quantity: 1 });
    // The first request of a route is slow, and what was asked before is answered from the cache.
    await (await post('/api/chat', { message: 'Is the stove allowed on a plane?' })).text();
    const question = { message: 'Which tent would you take into the rain?', cartId: 'pictured' };
    const answer = await post('/api/chat', question);
    await answer.text();
    expect(await picture('trace', answer.headers.get('x-trace-id') ?? '', 18)).toBe(
      `
POST /api/chat
  AssistantService.answer
    CartService.find
      findMany CartItem
        SELECT "public"."cart_items"
        SELECT "public"."products"
    semantic_cache lookup
    AssistantService.gatherFacts
      ProductService.search
        findMany Product
      rank word-overlap
      OrderService.countSold
        SELECT order_items
      ShippingService.quote
        GET /shipping/quote
    chat stand-in-1
      POST
    semantic_cache store
`.trim(),
    );
  }, 60_000);

  it('an order that fails: equal queries folded, the reason in the panel', async () => {
    const basket = ['brook-bottle', 'cairn-poles', 'cloudstep-mat', 'ember-stove', 'fieldnote-map-case', SOLD_OUT];
    const fill = async (cart: string, products: readonly string[], quantity: number): Promise<void> => {
      for (const productId of products) await (await post(`/api/cart/${cart}/add`, { productId, quantity })).text();
    };
    await fill('late', basket, 1);
    await fill('early', [SOLD_OUT], 90);
    await (await post('/api/orders', { cartId: 'early', email: 'early@example.org' })).text();
    const answer = await post('/api/orders', { cartId: 'late', email: 'late@example.org' });
    await answer.text();
    const panel = { of: 'TRANSACTION', shows: 'There are not 1 of' };
    expect(await picture('viewer-trace', answer.headers.get('x-trace-id') ?? '', 22, panel)).toBe(
      `
POST /api/orders
  OrderService.checkout
    CartService.find
      findMany CartItem
        SELECT "public"."cart_items"
        SELECT "public"."products"
    ShippingService.quote
      GET /shipping/quote
    OrderService.reserve
      TRANSACTION
        BEGIN
        findMany CartItem
          SELECT "public"."cart_items"
          SELECT "public"."products"
        deleteMany CartItem
        updateMany Product
        ROLLBACK
`.trim(),
    );
  }, 60_000);

  it('the list, while people look around, ask and buy', async () => {
    const visits = await traffic(platform, 12);
    const all = `${viewer.queryUrl}/api/viewer/traces?limit=500`;
    await until<TraceList>(all, ({ traces, total }) => total > visits.length && traces.every((row) => !row.open));
    const page = await browser.open(viewer.queryUrl, { width: WIDTH });
    await page.locator('.scatter canvas').waitFor();
    await keep(page, 'viewer-traces');
    const routes = page.getByRole('group', { name: 'Route' }).locator('.value');
    expect(await routes.allInnerTexts()).toEqual([
      'POST /api/cart/[cartId]/add',
      'POST /api/chat',
      'POST /api/orders',
      'GET /api/health',
      'GET /api/products',
      'GET /api/products/[id]',
      'POST /api/auth/login',
      'GET /api/fail',
    ]);
    await page.close();
  }, 60_000);

  it('a Worker with a Durable Object, its alarm and a queue', async () => {
    const workers = await startExampleWorker(viewer.otlpUrl);
    try {
      const { headers } = await fetch(`${workers.url}/cart/7/add`, { method: 'POST' });
      expect(await picture('worker', headers.get('x-trace-id') ?? '', 13)).toBe(
        `
POST /cart/:id/add
  auth authorize
  kv_put
  CREATE items
  INSERT items
  SELECT items
  r2_put
  CartDurableObject POST /cart/add
    POST /cart/add
      CartDurableObject alarm
  send mails
    process mails
      kv_get
`.trim(),
      );
    } finally {
      await workers.stop();
    }
  }, 60_000);

  it('a gateway in front of a Durable Object and two services', async () => {
    const [traceId = ''] = /[\da-f]{32}/.exec(await run(['examples/gateway.ts'])) ?? [];
    expect(await picture('gateway', traceId, 6)).toBe(
      `
POST /api/cart/:cartId/add (gateway)
  CartDurableObject POST /cart/add (gateway)
    PRODUCTS_SERVICE GET /products/:id (gateway)
      GET /products/:id (products-service)
    FULFILLMENT_SERVICE GET /shipping-options (gateway)
      GET /shipping-options (fulfillment-service)
`.trim(),
    );
  }, 60_000);

  it('three workers behind three queues', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'landscapes-'));
    const workers = await startPipeline({
      OTEL_EXPORTER_OTLP_ENDPOINT: viewer.otlpUrl,
      LANDSCAPES_DIR: folder,
      LANDSCAPE_FORMATS: 'rgb_dark,eink',
    });
    const insert = 'INSERT pgboss.job_common SELECT SELECT json_to_recordset pgboss.queue';
    try {
      const { headers } = await fetch(`${platform.url}/admin/generate?zip=78729`, { method: 'POST' });
      expect(await picture('pipeline', headers.get('x-trace-id') ?? '', 15)).toBe(
        `
POST /admin/generate (storefront)
  send fetch-jobs (storefront)
    ${insert} (storefront)
    process fetch-jobs (weather-fetcher)
      send weather-ready (weather-fetcher)
        ${insert} (weather-fetcher)
        process weather-ready (job-dispatcher)
          send landscape-jobs (job-dispatcher)
            ${insert} (job-dispatcher)
            process landscape-jobs (landscape-generator)
              draw landscape (landscape-generator)
          send landscape-jobs (job-dispatcher)
            ${insert} (job-dispatcher)
            process landscape-jobs (landscape-generator)
              draw landscape (landscape-generator)
`.trim(),
      );
    } finally {
      await workers.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);

  it('a conversation that came out of a log', async () => {
    const lines = await run(['examples/constrained.ts']);
    await run(['src/cli/throughline.ts', 'replay', '--endpoint', viewer.otlpUrl], lines);
    const [, traceId = ''] = /"traceId":"([\da-f]{32})"/.exec(lines) ?? [];
    expect(
      await picture('constrained', traceId, 2, { of: 'openai.chat.completions.create', shows: 'gen_ai.request.model' }),
    ).toBe('chat.continue_thread\n  openai.chat.completions.create');
  }, 60_000);

  it('without a complaint', () => {
    expect(browser.complaints).toEqual([]);
  });
});
