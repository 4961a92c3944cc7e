/** The trace in a real browser: a page's load under the span that rendered it, navigations, requests. Needs a Chromium. */
import { SpanKind } from '@opentelemetry/api';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, launchChromium, noteComplaints } from '../helpers/chromium.ts';
import type { CollectedSpan } from '../helpers/collector.ts';
import { type Platform, startPlatform } from '../helpers/platform.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';

const suite = CHROMIUM ? describe : describe.skip;
const SHOWN = ['url.path', 'http.route', 'http.response.status_code', 'throughline.navigation.outcome'];
/** The connection may be one that is open already, and a page need not be painted. */
const SOMETIMES = new Set(['domainLookupStart', 'connectStart', 'firstContentfulPaint']);
const SECRET = 'planted-7c1f';

suite('in a browser', () => {
  let platform: Platform;
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    platform = await startPlatform();
    browser = await launchChromium();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
  }, 30_000);

  async function open(path: string): Promise<Page> {
    const page = await browser.newPage();
    noteComplaints(page, complaints);
    await page.goto(platform.url + path, { waitUntil: 'load' });
    return page;
  }

  const named = (name: string, path: string): CollectedSpan | undefined =>
    platform.collector.spans.find((span) => span.name === name && span.attributes['url.path'] === path);

  /** The trace of a span of the browser, once the server's part is there as well. */
  async function traceOf(name: string, path: string, server: string): Promise<string> {
    const spans = () => platform.collector.ofTrace(named(name, path)?.traceId ?? '');
    await platform.collector.until(`${name} ${path} with ${server}`, () =>
      spans().some((span) => span.name === server && span.attributes['http.response.status_code'] !== undefined),
    );
    // What hangs on the database has its tests elsewhere.
    const wanted = spans().filter(
      ({ scope, kind, name: own }) =>
        scope === 'browser-tracing' || kind === SpanKind.SERVER || own.startsWith('render route'),
    );
    return formatTree(wanted, SHOWN);
  }

  it('the load of a page hangs on the span that rendered it, and says when what happened', async () => {
    const page = await open(`/products/ridgeline-tent?session=${SECRET}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const expected = tree(`
      GET /products/[id] SERVER url.path="/products/ridgeline-tent" http.route="/products/[id]" http.response.status_code=200
        page load INTERNAL url.path="/products/ridgeline-tent"
        render route (app) /products/[id] INTERNAL
    `);
    expect(await traceOf('page load', '/products/ridgeline-tent', 'GET /products/[id]')).toBe(expected);
    const load = named('page load', '/products/ridgeline-tent');
    expect([
      load?.resource['service.name'],
      load?.events.map(({ name }) => name).filter((name) => !SOMETIMES.has(name)),
    ]).toEqual([
      'storefront-browser',
      ['requestStart', 'responseStart', 'responseEnd', 'domInteractive', 'domContentLoadedEventEnd', 'loadEventEnd'],
    ]);
    await page.close();
  }, 60_000);

  it('a navigation is a trace of its own, with the request that it takes', async () => {
    const page = await open('/products/ridgeline-tent');
    await page.getByRole('link', { name: 'Cart' }).click();
    await page.waitForURL('**/cart');
    const expected = tree(`
      navigation INTERNAL url.path="/cart" throughline.navigation.outcome="shown"
        GET CLIENT url.path="/cart" http.response.status_code=200
          GET /cart SERVER url.path="/cart" http.route="/cart" http.response.status_code=200
    `);
    expect(await traceOf('navigation', '/cart', 'GET /cart')).toBe(expected);
    await page.close();
  }, 60_000);

  it('a request on a page that has loaded is one too, and links to the page', async () => {
    const page = await open('/products/ridgeline-tent');
    const answer = await page.evaluate(async (secret) => {
      const response = await fetch(new Request('/api/products?q=tent', { headers: { 'x-own': secret } }));
      return [response.status, response.headers.get('x-trace-id')];
    }, SECRET);
    const expected = tree(`
      GET CLIENT url.path="/api/products" http.response.status_code=200
        GET /api/products SERVER url.path="/api/products" http.route="/api/products" http.response.status_code=200
    `);
    expect(await traceOf('GET', '/api/products', 'GET /api/products')).toBe(expected);
    const client = platform.collector.ofTrace(String(answer[1])).find(({ scope }) => scope === 'browser-tracing');
    expect([answer[0], client?.links.length]).toEqual([200, 1]);
    await page.close();
  }, 60_000);

  it('nobody but a page of the site may send, nothing but such spans, and not at length', async () => {
    const span = {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      name: 'page load',
      kind: 1,
      startTimeUnixNano: '1',
      endTimeUnixNano: '2',
      attributes: [],
      events: [],
      links: [],
      status: {},
    };
    const ask = async (body: string, headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }) => {
      const response = await fetch(`${platform.url}/api/telemetry`, { method: 'POST', body, headers });
      return `${response.status} ${await response.text()}`.trim();
    };
    const batch = (...spans: readonly object[]): string => JSON.stringify({ spans });
    expect([
      await ask(batch(span)),
      await ask(batch(span), {}),
      await ask(batch(span), { 'sec-fetch-site': 'cross-site' }),
      await ask('{'),
      await ask(batch()),
      await ask(batch({ ...span, name: SECRET })),
      await ask(batch({ ...span, kind: 2 })),
      await ask(batch({ ...span, traceId: '0'.repeat(32) })),
      await ask(batch({ ...span, attributes: [{ key: 'user.email', value: { stringValue: SECRET } }] })),
      await ask(batch({ ...span, more: SECRET })),
      await ask(' '.repeat(70_000)),
    ]).toEqual([
      '204',
      '403 {"error":"only pages of this site send here"}',
      '403 {"error":"only pages of this site send here"}',
      '400 {"error":"the body is not JSON"}',
      '400 {"error":"spans: Too small: expected array to have >=1 items"}',
      '400 {"error":"spans.0.name: Invalid option: expected one of \\"page load\\"|\\"navigation\\"|\\"GET\\"|\\"HEAD\\"|\\"POST\\"|\\"PUT\\"|\\"PATCH\\"|\\"DELETE\\"|\\"OPTIONS\\""}',
      '400 {"error":"spans.0.kind: Invalid input"}',
      '400 {"error":"spans.0.traceId: Invalid string: must match pattern /^(?!0+$)[0-9a-f]{32}$/"}',
      '400 {"error":"spans.0.attributes.0.key: Invalid option: expected one of \\"url.path\\"|\\"http.request.method\\"|\\"http.response.status_code\\"|\\"server.address\\"|\\"error.type\\"|\\"throughline.navigation.type\\"|\\"throughline.navigation.outcome\\""}',
      '400 {"error":"spans.0: Unrecognized key: \\"more\\""}',
      '413 {"error":"too long"}',
    ]);
  }, 60_000);

  it('no query value, no header has left, and sending leaves no trace', () => {
    const { text, spans } = platform.collector;
    expect([text.includes(SECRET), spans.filter((span) => span.attributes['url.path'] === '/api/telemetry')]).toEqual([
      false,
      [],
    ]);
  });

  it('without a complaint', () => {
    expect(complaints).toEqual([]);
  });
});
