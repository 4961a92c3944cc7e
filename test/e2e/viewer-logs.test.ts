/** The view of a trace's logs and the panel of a span in a real browser, on a viewer that gets them over OTLP. Needs a Chromium. */
import type { Page } from 'playwright-core';
import { startViewer, type Viewer } from '../../src/viewer/server/index.ts';
import { builtPage, CHROMIUM, ViewerBrowser } from '../helpers/viewer-browser.ts';

const EVIL = '<img src=x onerror="globalThis.ran=1"><script>globalThis.ran=1</script>';
const START = 1_767_225_600_000;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const MANY = '0af7651916cd43dd8448eb211c80319d';
const BARE = '0af7651916cd43dd8448eb211c80319e';
const [ROOT, QUERY] = ['00000000000000a1', '00000000000000a2'];
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
const suite = CHROMIUM ? describe : describe.skip;

/** A record so many milliseconds after the trace's start. */
const log = (body: string, severityNumber: number, millis: number, more: object = {}): object => ({
  traceId: TRACE,
  spanId: QUERY,
  timeUnixNano: `${START + millis}000000`,
  severityNumber,
  body: { stringValue: body },
  ...more,
});

suite('the viewer’s view of logs', () => {
  let viewer: Viewer;
  let browser: ViewerBrowser;
  const post = async (path: string, content: object): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${viewer.otlpUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(content) });
    expect([answer.status, await answer.text()]).toEqual([200, '{}']);
  };
  const postLogs = (logRecords: readonly object[]): Promise<void> =>
    post('/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
  const open = (path: string, look = {}): Promise<Page> => browser.open(viewer.queryUrl + path, look);
  const lines = (page: Page): Promise<string[]> => page.locator('.log-row .line').allTextContents();

  beforeAll(async () => {
    builtPage();
    viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
    browser = await ViewerBrowser.start();
    const span = (traceId: string, spanId: string, name: string, parentSpanId = '') => ({
      traceId,
      spanId,
      name,
      parentSpanId,
      startTimeUnixNano: `${START}000000`,
      endTimeUnixNano: `${START + 250}000000`,
    });
    const spans = [
      span(TRACE, ROOT, 'GET /orders'),
      span(TRACE, QUERY, 'SELECT orders', ROOT),
      span(MANY, ROOT, 'noisy job'),
      span(BARE, ROOT, 'silent job'),
    ];
    await post('/v1/traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
    await postLogs([
      log('orders asked for', 9, 2, { spanId: ROOT }),
      log('slow query', 13, 120, { attributes: [{ key: 'db.rows', value: { intValue: '7' } }] }),
      log('no such order', 17, 180, { severityText: 'severe' }),
      log(EVIL, 17, 190, { attributes: [{ key: EVIL, value: { stringValue: EVIL } }], eventName: EVIL }),
      log('left the building', 9, 300, { spanId: '00000000000000ff' }),
    ]);
    const many = Array.from({ length: 10_000 }, (_, at) => log(`line ${at}`, 9, at, { traceId: MANY, spanId: ROOT }));
    await postLogs(many);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await viewer?.close();
  }, 30_000);

  it.each([
    ['logs', `/trace/${TRACE}?view=logs`, '.log-row'],
    ['logs-panel', `/trace/${TRACE}?view=logs&span=${QUERY}`, '.panel .entry'],
    ['logs-none', `/trace/${BARE}?view=logs`, '.empty pre'],
    ['logs-filtered', `/trace/${TRACE}?view=logs&find=nothing-like-it`, '.logs .plain'],
  ])(
    '%s in both themes and on a phone: no serious fault, no sideways scroll',
    async (name, path, mark) => {
      for (const look of [{ scheme: 'light' }, { scheme: 'dark' }, { scheme: 'light', width: 375 }] as const) {
        const page = await open(path, look);
        await page.locator(mark).first().waitFor();
        const twisty = page.locator('.log-row .twisty').nth(1);
        if (name === 'logs') await twisty.click();
        await browser.shot(page, `viewer-${name}-${'width' in look ? 'phone' : look.scheme}`);
        const fits = await page.evaluate(() =>
          [...document.querySelectorAll('html, main')].every((box) => box.scrollWidth <= window.innerWidth),
        );
        expect([look, fits, await browser.faults(page)]).toEqual([look, true, []]);
        await page.close();
      }
    },
    60_000,
  );

  it('shows them by time with their severity in words; narrowed by severity and text, as the address says', async () => {
    const page = await open(`/trace/${TRACE}`);
    await page.getByRole('button', { name: 'Logs 5' }).click();
    await page.locator('.log-row').first().waitFor();
    const all = ['orders asked for', 'slow query', 'no such order', `${EVIL} ${EVIL}`, 'left the building'];
    expect(await lines(page)).toEqual(all);
    expect(await page.locator('.log-row .level').allTextContents()).toEqual([
      '■ INFO',
      '▲ WARN',
      '● ERROR',
      '● ERROR',
      '■ INFO',
    ]);
    expect((await page.locator('.log-row .when').first().textContent())?.startsWith('+2 ms')).toBe(true);
    expect(await page.locator('.log-row time').first().getAttribute('title')).toBe('2026-01-01 00:00:00.002 UTC');

    await page.getByRole('button', { name: 'ERROR 2' }).click();
    await page.getByText('2 of 5 log records').waitFor();
    await page.getByRole('button', { name: 'WARN 1' }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('db.rows=7');
    await page.getByText('1 of 5 log records').waitFor();
    expect([await lines(page), new URL(page.url()).search]).toEqual([
      ['slow query'],
      '?view=logs&level=ERROR&level=WARN&find=db.rows%3D7',
    ]);
    await page.close();
  }, 60_000);

  it('opens a record and goes to its span by keys alone; what is text stays text', async () => {
    const page = await open(`/trace/${TRACE}?view=logs`);
    await page.locator('.log-row').first().waitFor();
    await page.locator('.scroller').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.log-details').getByText('No attributes.').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.panel h2').getByText('GET /orders').waitFor();
    expect(await page.locator('.panel .entry .body').allTextContents()).toEqual(['orders asked for']);

    await page.locator('.log-row .twisty').nth(3).click();
    await page.locator('.log-details').nth(1).getByText(EVIL).first().waitFor();
    await page.locator('.whose .link').nth(3).click();
    await page.locator('.panel h2').getByText('SELECT orders').waitFor();
    await page.locator('.panel .entry').nth(2).click();
    await page.locator('.panel .log-details').getByText(EVIL).first().waitFor();
    await page.getByText('span 00000000000000ff is not here').waitFor();
    expect(await page.evaluate(() => Reflect.get(globalThis, 'ran'))).toBeUndefined();
    await page.close();
  }, 60_000);

  it('shows 10,000 of them as rows that exist only where one looks', async () => {
    const page = await open(`/trace/${MANY}?view=logs`);
    await page.getByText('10,000 log records', { exact: true }).waitFor();
    const scroller = page.locator('.logs .scroller');
    await scroller.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    await page.getByText('line 9999', { exact: true }).waitFor();
    expect(await page.locator('.log-row').count()).toBeLessThan(100);
    await page.close();
  }, 60_000);

  it('fills in by itself while it is open, the panel too', async () => {
    const page = await open(`/trace/${BARE}?view=logs&span=${ROOT}`);
    await page.getByText('OTEL_LOGS_EXPORTER=otlp').waitFor();
    await page.locator('.live.live').waitFor();
    await postLogs([log('here at last', 21, 1, { traceId: BARE, spanId: ROOT })]);
    await page.locator('.log-row').getByText('here at last').waitFor();
    await page.locator('.panel .entry').getByText('here at last').first().waitFor();
    await page.getByRole('button', { name: 'Logs 1' }).waitFor();
    expect(await page.locator('.log-row .level').allTextContents()).toEqual(['✖ FATAL']);
    await page.close();
  }, 60_000);

  it('without a complaint', () => {
    expect(browser.complaints).toEqual([]);
  });
});
