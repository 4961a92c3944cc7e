/** Every page of the viewer, on what the running platform sent over OTLP: both themes, three widths, keys alone, live. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { startViewer, type Viewer } from '../../src/viewer/server/index.ts';
import type { Health, TraceList, TraceSkeleton } from '../../src/viewer/wire.ts';
import { type Platform, startPlatform } from '../helpers/platform.ts';
import { storefrontTraces } from '../helpers/storefront-traces.ts';
import { builtPage, CHROMIUM, ViewerBrowser } from '../helpers/viewer-browser.ts';
import { traffic, until, type Visit } from '../helpers/viewer-traffic.ts';

const ROUNDS = 24;
const EARLIER = 160;
const CHAT = 'POST /api/chat';
const suite = CHROMIUM ? describe : describe.skip;

suite('the viewer on the running platform', () => {
  let viewer: Viewer;
  let platform: Platform;
  let browser: ViewerBrowser;
  let visits: readonly Visit[];
  /** Of the first or last request with this name. */
  const traceIdOf = (name: string, last = false): string => {
    const found = last ? visits.findLast((each) => each.name === name) : visits.find((each) => each.name === name);
    return found?.traceId ?? '';
  };
  const open = (path: string): Promise<Page> => browser.open(viewer.queryUrl + path);
  const ask = async <Answer>(path: string): Promise<Answer> =>
    (await (await fetch(`${viewer.queryUrl}/api/viewer/${path}`)).json()) as Answer;
  const isThere = (traceId: string) =>
    until<TraceSkeleton>(`${viewer.queryUrl}/api/viewer/traces/${traceId}`, ({ row }) => !row.open);

  beforeAll(async () => {
    builtPage();
    viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
    const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: viewer.otlpUrl, TRACE_VIEWER_URL: viewer.queryUrl };
    platform = await startPlatform({ ...tracing, OPENAI_MODEL: 'gpt-4o-mini' });
    browser = await ViewerBrowser.start();
    // A shop's quarter of an hour before, with conversations, a queue and failures that the platform does not have.
    await fetch(`${viewer.otlpUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: storefrontTraces(EARLIER, Date.now() - 60_000).replaceAll('"storefront"', '"outdoor-shop"'),
    });
    visits = await traffic(platform, ROUNDS);
    await until<TraceList>(
      `${viewer.queryUrl}/api/viewer/traces?limit=500`,
      ({ traces, total }) => total >= visits.length + EARLIER && traces.every((row) => !row.open),
    );
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
    await viewer?.close();
  }, 30_000);

  const pages: readonly (readonly [name: string, path: () => string, mark: string])[] = [
    ['traces', () => '/', '.scatter canvas'],
    ['trace', () => `/trace/${traceIdOf(CHAT)}`, '.span-row'],
    ['panel', () => `/trace/${traceIdOf('GET /api/fail')}?find=fail`, '.span-row'],
    ['flame', () => `/trace/${traceIdOf(CHAT)}?view=flame`, '.block'],
    ['statistics', () => `/trace/${traceIdOf(CHAT)}?view=statistics`, '.sorted td'],
    ['logs', () => `/trace/${traceIdOf(CHAT)}?view=logs`, '.trace-main p'],
    ['compare', () => `/compare/${traceIdOf(CHAT)}...${traceIdOf(CHAT, true)}`, '.compare td'],
    ['compare-usual', () => `/compare/${traceIdOf(CHAT)}...usual`, '.compare td'],
    ['compare-pick', () => `/compare/${traceIdOf(CHAT)}...`, '.compare td'],
    ['ai', () => '/ai', '.sorted td'],
    ['ai-threads', () => '/ai?by=thread', '.sorted td'],
    ['conversation', () => '/ai?trace=00000000000000000000000000000006', '.message'],
    ['performance', () => '/performance', '.sorted td'],
    ['performance-route', () => '/performance?by=route&row=storefront%20POST%20%2Fapi%2Fchat', '.chart'],
    ['map', () => '/map', '.graph .service'],
    ['health', () => '/health', '.facts-box'],
  ];

  it.each(pages)(
    '%s: both themes and three widths, without a serious fault or a sideways scroll',
    async (name, path, mark) => {
      const found: unknown[] = [];
      for (const scheme of ['light', 'dark'] as const) {
        const page = await browser.open(viewer.queryUrl + path(), { scheme, width: 1440 });
        await page.locator(mark).first().waitFor();
        if (name === 'panel') {
          await page.keyboard.press('e');
          await page.locator('.panel .exception').first().waitFor();
        }
        for (const width of [1440, 1000, 375]) {
          await page.setViewportSize({ width, height: 800 });
          await browser.shot(page, `platform-${name}-${scheme}-${width}`);
          if (await browser.isTooWide(page)) found.push([scheme, width, 'too wide']);
          found.push(...(await browser.faults(page)).map((fault) => [scheme, width, fault]));
        }
        await page.close();
      }
      expect(found).toEqual([]);
    },
    120_000,
  );

  it('the list is narrowed by facets, attributes, durations and words, all of it in the address', async () => {
    const page = await open('/');
    const counted = page.locator('.list-tools [role=status]');
    await page.getByLabel('With errors').waitFor();
    const { facets, total } = await ask<TraceList>('traces?limit=1');
    const failed = facets.status.find(([value]) => value === 'error')?.[1] ?? 0;
    await counted.getByText(`${total} traces`, { exact: true }).waitFor();
    await page.getByLabel('With errors').check();
    await counted.getByText(`${failed} traces`, { exact: true }).waitFor();
    await page.getByLabel('GET /api/fail').check();
    await counted.getByText(`${ROUNDS / 4} traces`, { exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe('?route=GET+%2Fapi%2Ffail&status=error');
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.getByLabel('Attribute condition').fill('http.response.status_code=404');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await counted.getByText(`${ROUNDS / 3} traces`, { exact: true }).waitFor();
    await page.reload();
    await counted.getByText(`${ROUNDS / 3} traces`, { exact: true }).waitFor();
    await page.getByLabel('Least duration').fill('1m');
    await page.keyboard.press('Enter');
    await page.getByText('No trace meets every condition').waitFor();
    await page.close();
  }, 60_000);

  it('the plot is brushed: a rectangle becomes conditions on time and duration', async () => {
    const page = await open('/');
    const plot = page.locator('.scatter .u-over');
    await plot.waitFor();
    const box = await plot.boundingBox();
    if (box === null) throw new Error('the plot has no place');
    await page.mouse.move(box.x + box.width * 0.5, box.y + 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, box.y + box.height - 2, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/minMillis=/);
    expect([...new URL(page.url()).searchParams.keys()].toSorted()).toEqual(['from', 'maxMillis', 'minMillis', 'to']);
    await page.close();
  }, 60_000);

  it('is driven by keys alone, from page to page', async () => {
    const page = await open('/');
    await page.locator('a.trace-row').first().waitFor();
    for (const [key, title] of [
      ['2', 'AI'],
      ['3', 'Performance'],
      ['4', 'Map'],
      ['5', 'Health'],
    ] as const) {
      await page.keyboard.press(key);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
    }
    await page.keyboard.press('1');
    await page.keyboard.press('/');
    await page.keyboard.type('/api/chat');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=/);
    await page.locator('a.trace-row').filter({ hasText: CHAT }).first().waitFor();
    await page.keyboard.press('Escape');
    await page.locator('a.trace-row').first().focus();
    await page.keyboard.press('j');
    await page.locator('a.trace-row.chosen').waitFor();
    await page.keyboard.press('f');
    // The link that has the focus is opened by its own key.
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/trace\//);
    await page.locator('.span-row').first().waitFor();
    await page.keyboard.press('j');
    await page.locator('.panel').waitFor();
    expect(new URL(page.url()).searchParams.get('span')).toMatch(/^[\da-f]{16}$/);
    await page.keyboard.press('Escape');
    await page.locator('.panel').waitFor({ state: 'detached' });
    await page.keyboard.press('f');
    await page.locator('.block').first().waitFor();
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    await page.close();
  }, 60_000);

  it('the list fills in by itself, and holds still while it is paused', async () => {
    const page = await open('/?route=GET%20%2Fapi%2Fhealth');
    const counted = page.locator('.list-tools [role=status]');
    const { total } = await ask<TraceList>('traces?limit=1&route=GET%20%2Fapi%2Fhealth');
    await counted.getByText(`${total} traces`, { exact: true }).waitFor();
    await page.locator('.live.live').waitFor();
    await fetch(`${platform.url}/api/health`);
    await counted.getByText(`${total + 1} traces`, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await fetch(`${platform.url}/api/health`);
    await page.getByRole('button', { name: /Paused: go on \(\d+ new or grown\)/ }).click();
    await counted.getByText(`${total + 2} traces`, { exact: true }).waitFor();
    expect(await page.locator('.facets label').filter({ hasText: 'GET /api/health' }).innerText()).toContain(
      String(total + 2),
    );
    await page.close();
  }, 60_000);

  it('a trace that still runs fills in by itself', async () => {
    const slow = await startPlatform({
      OTEL_EXPORTER_OTLP_ENDPOINT: viewer.otlpUrl,
      OTEL_SERVICE_NAME: 'slow-storefront',
      paceMillis: '30',
    });
    try {
      const answer = await fetch(`${slow.url}/api/chat`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message: 'Which tent would you take into the rain?' }),
      });
      const page = await open(`/trace/${answer.headers.get('x-trace-id') ?? ''}`);
      await page.getByText('still running').waitFor();
      await answer.text();
      await page.locator('.trace-head').getByText(CHAT).waitFor();
      await page.getByText('still running').waitFor({ state: 'detached' });
      await page.locator('.span-row').getByText('chat stand-in-1').waitFor();
      expect(await page.locator('.facts-line').innerText()).toContain('14 spans');
      await page.close();
    } finally {
      await slow.stop();
    }
  }, 90_000);

  it('a link to a span opens it, with what is known of it', async () => {
    const { spans, names } = await ask<TraceSkeleton>(`traces/${traceIdOf(CHAT)}`);
    const at = spans.name.findIndex((name) => names[name] === 'chat gpt-4o-mini');
    const page = await open(`/trace/${traceIdOf(CHAT)}?span=${spans.id[at]}`);
    const panel = page.locator('.panel');
    await panel.getByRole('heading', { name: 'chat gpt-4o-mini' }).waitFor();
    await panel.getByText('gen_ai.request.model').waitFor();
    await panel.getByText('Resource').click();
    await panel.getByText('service.name').waitFor();
    expect(await page.locator('.span-row.chosen').innerText()).toContain('chat gpt-4o-mini');
    await page.close();
  }, 60_000);

  it('the other trace of a comparison is chosen from those of the same route', async () => {
    const page = await open(`/trace/${traceIdOf(CHAT)}`);
    await page.getByRole('link', { name: 'Compare with another' }).click();
    await page.getByText('to choose from').waitFor();
    await page.getByRole('link', { name: CHAT }).first().click();
    await page.getByRole('heading', { name: 'Two traces' }).waitFor();
    await page.locator('.compare td').getByText('AssistantService.answer').first().waitFor();
    await page.getByRole('link', { name: 'Another B' }).click();
    await page.getByLabel('Search the other trace').fill(`${viewer.queryUrl}/trace/${traceIdOf('GET /api/products')}`);
    await page.locator('.compare td').getByText('only in B').first().waitFor();
    expect(new URL(page.url()).pathname).toMatch(new RegExp(`\\.\\.\\.${traceIdOf('GET /api/products')}$`));
    await page.close();
  }, 60_000);

  it('a trace is put beside the usual run of its route', async () => {
    const page = await open(`/trace/${traceIdOf(CHAT)}`);
    await page.getByRole('link', { name: 'Compare with the usual run' }).click();
    await page.getByText(/of \d+ other runs half took less than/).waitFor();
    await page.locator('.compare td').getByText('AssistantService.answer').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/compare/${traceIdOf(CHAT)}...usual`);
    await page.close();
  }, 60_000);

  it('AI, Performance and the Map lead to the traces they count', async () => {
    const page = await open('/ai?by=route');
    await page.locator('.sorted').getByRole('link', { name: CHAT }).first().click();
    await page.waitForURL(/type=ai/);
    await page.locator('a.trace-row').filter({ hasText: CHAT }).first().waitFor();
    await page.goto(`${viewer.queryUrl}/performance?by=route`);
    await page.getByRole('button', { name: 'GET /api/fail' }).click();
    await page.locator('.slowest a').first().click();
    await page.locator('.trace-head').getByText('GET /api/fail').waitFor();
    await page.goto(`${viewer.queryUrl}/performance`);
    await page.getByRole('button', { name: 'AuthService.login' }).click();
    await page.locator('.slowest a').first().click();
    await page.locator('.panel').getByRole('heading', { name: 'AuthService.login' }).waitFor();
    await page.goto(`${viewer.queryUrl}/map`);
    await page.locator('.graph .service').getByText('storefront', { exact: true }).waitFor();
    await page.locator('.graph .service').getByText('openai', { exact: true }).waitFor();
    await page.locator('.sorted').getByRole('link', { name: 'storefront', exact: true }).first().click();
    await page.waitForURL(/service=storefront/);
    const { total } = await ask<TraceList>('traces?limit=1&service=storefront');
    await page.locator('.list-tools').getByText(`${total} traces`, { exact: true }).waitFor();
    expect(total).toBeGreaterThanOrEqual(visits.length);
    await page.close();
  }, 60_000);

  it('Health shows what arrived and what was refused, and keeps what an admin sets', async () => {
    const page = await open('/health');
    await page.locator('.facts-box').first().waitFor();
    await fetch(`${viewer.otlpUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"resourceSpans": 7}',
    });
    await page.getByRole('region', { name: 'Refused' }).waitFor();
    await page.locator('.retention input[name=maxSpans]').fill('900000');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('of at most 900,000').waitFor();
    expect((await ask<Health>('health')).retention.maxSpans).toBe(900_000);
    await page.close();
  }, 60_000);

  it('a trace goes to a file, out of the store, and back', async () => {
    const traceId = traceIdOf('GET /api/products/ridgeline-tent');
    const before = await isThere(traceId);
    const page = await open(`/trace/${traceId}`);
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download OTLP' }).click();
    const file = await (await saving).path();
    await page.getByRole('button', { name: 'Delete …' }).click();
    await page.getByRole('button', { name: 'Keep' }).click();
    expect((await ask<TraceSkeleton>(`traces/${traceId}`)).row.spanCount).toBe(before.row.spanCount);
    await page.getByRole('button', { name: 'Delete …' }).click();
    await page.getByRole('button', { name: 'Delete the trace' }).click();
    await page.locator('a.trace-row').first().waitFor();
    expect((await fetch(`${viewer.queryUrl}/api/viewer/traces/${traceId}`)).status).toBe(404);
    await page
      .getByLabel('Files of traces')
      .setInputFiles({ name: 'trace.json', mimeType: 'application/json', buffer: readFileSync(file) });
    await page.waitForURL(new RegExp(traceId));
    await page.locator('.span-row').first().waitFor();
    expect({ ...(await isThere(traceId)), version: 0 }).toEqual({ ...before, version: 0 });
    await page.close();
  }, 60_000);

  it('without a complaint', () => {
    expect(browser.complaints).toEqual([]);
  });
});
