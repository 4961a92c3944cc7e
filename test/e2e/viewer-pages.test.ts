/** Every page of the viewer, on what the running platform sent over OTLP: both themes, three widths, keys alone, live. */
import type { Page } from 'playwright-core';
import { startViewer, type Viewer } from '../../src/viewer/server/index.ts';
import type { TraceList, TraceSkeleton } from '../../src/viewer/wire.ts';
import { type Platform, startPlatform } from '../helpers/platform.ts';
import { builtPage, CHROMIUM, ViewerBrowser } from '../helpers/viewer-browser.ts';
import { traffic, until, type Visit } from '../helpers/viewer-traffic.ts';

const ROUNDS = 24;
const suite = CHROMIUM ? describe : describe.skip;

suite('the viewer on the running platform', () => {
  let viewer: Viewer;
  let platform: Platform;
  let browser: ViewerBrowser;
  let visits: readonly Visit[];
  const traceIdOf = (name: string, last = false): string => {
    const found = last ? visits.findLast((each) => each.name === name) : visits.find((each) => each.name === name);
    return found?.traceId ?? '';
  };

  beforeAll(async () => {
    builtPage();
    viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
    platform = await startPlatform({
      OTEL_EXPORTER_OTLP_ENDPOINT: viewer.otlpUrl,
      TRACE_VIEWER_URL: viewer.queryUrl,
      OPENAI_MODEL: 'gpt-4o-mini',
      OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true',
    });
    browser = await ViewerBrowser.start();
    visits = await traffic(platform, ROUNDS);
    await until<TraceList>(
      `${viewer.queryUrl}/api/viewer/traces?limit=500`,
      ({ traces, total }) => total >= visits.length && traces.every(({ open }) => !open),
    );
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
    await viewer?.close();
  }, 30_000);

  const chat = 'POST /api/chat';
  const pages: readonly (readonly [name: string, path: () => string, mark: string])[] = [
    ['traces', () => '/', 'a.trace-row'],
    ['trace', () => `/trace/${traceIdOf(chat)}`, '.span-row'],
    ['flame', () => `/trace/${traceIdOf(chat)}?view=flame`, '.block'],
    ['statistics', () => `/trace/${traceIdOf(chat)}?view=statistics`, '.sorted td'],
    ['logs', () => `/trace/${traceIdOf(chat)}?view=logs`, '.trace-main p'],
    ['compare', () => `/compare/${traceIdOf(chat)}...${traceIdOf(chat, true)}`, '.compare td'],
    ['compare-usual', () => `/compare/${traceIdOf(chat)}...usual`, '.compare td'],
    ['compare-pick', () => `/compare/${traceIdOf(chat)}...`, '.compare td'],
    ['ai', () => '/ai', '.sorted td'],
    ['conversation', () => `/ai?trace=${traceIdOf(chat)}`, '.message'],
    ['performance', () => '/performance', '.sorted td'],
    ['performance-route', () => '/performance?by=route&row=storefront%20POST%20%2Fapi%2Fchat', '.chart'],
    ['map', () => '/map', '.graph .service'],
    ['health', () => '/health', '.facts-box'],
  ];

  /** What sticks out at the right of a page that should not. */
  const isTooWide = (page: Page): Promise<boolean> =>
    page.evaluate(() =>
      [...document.querySelectorAll('html, main')].some((box) => box.scrollWidth > window.innerWidth),
    );

  it.each(pages.map((page) => [...page] as const))(
    '%s: both themes and three widths, without a serious fault or a sideways scroll',
    async (name, path, mark) => {
      const found: unknown[] = [];
      for (const scheme of ['light', 'dark'] as const) {
        for (const width of [1440, 1000, 375]) {
          const page = await browser.open(viewer.queryUrl + path(), { scheme, width });
          await page.locator(mark).first().waitFor();
          await page.waitForLoadState('networkidle').catch(() => undefined);
          await browser.shot(page, `platform-${name}-${scheme}-${width}`);
          if (await isTooWide(page)) found.push([scheme, width, 'too wide']);
          if (width !== 1000) found.push(...(await browser.faults(page)).map((fault) => [scheme, width, fault]));
          await page.close();
        }
      }
      expect(found).toEqual([]);
    },
    120_000,
  );

  it('without a complaint', () => {
    expect(browser.complaints).toEqual([]);
  });
});
