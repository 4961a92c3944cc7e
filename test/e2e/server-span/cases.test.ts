/** One SERVER span for each request, however Next is run, and under it what was done for it. */
import { type NextApp, MODES, buildNextApp, startNextApp } from '../../helpers/next-app.ts';
import { CASES } from './cases.ts';
import { spansNamed } from '../../helpers/served.ts';
import { arrived, literalOf, parentNumber, textOf } from './traces.ts';

const POINTS = [...new Set(CASES.map(({ proves }) => proves))];

beforeAll(async () => {
  await buildNextApp('turbopack');
  await buildNextApp('webpack');
}, 600_000);

describe.each(MODES)('next %s', (mode) => {
  let app: NextApp;
  let requests = 0;
  /** What came of each case, by its name, for a last look when everything has been sent. */
  const seen = new Map<string, { readonly literal: string; readonly shown: readonly string[] }>();
  beforeAll(async () => {
    app = await startNextApp(mode);
  }, 60_000);
  afterAll(async () => {
    await app?.stop();
    await app?.collector.close();
  }, 30_000);

  describe.each(POINTS)('%s', (point) => {
    const cases = CASES.filter(({ proves }) => proves === point);
    describe.each(['no parent', 'incoming parent'] as const)('%s', (from) => {
      it.each(cases)(
        '[$id] $what',
        async ({ id, asking, expected, inDev, shown = [] }) => {
          const withParent = from === 'incoming parent';
          const name = `${id}, ${from}`;
          const { traceparent } = parentNumber((requests += 1));
          const literal = literalOf((mode === 'dev' ? inDev : undefined) ?? expected, withParent);
          seen.set(name, { literal, shown });
          await asking(app.client, { 'x-case': name, ...(withParent ? { traceparent } : {}) });
          expect(await arrived(app.collector, name, literal, shown)).toBe(literal);
        },
        30_000,
      );
    });
  });

  it('[trace-id] the trace id is on whatever a wrapped handler comes to, and on nothing that is kept', async () => {
    const { traceId, traceparent } = parentNumber((requests += 1));
    const ids = [];
    for (const path of ['/api/echo/1', '/api/throw', '/api/go', '/api/cached', '/about']) {
      const { headers } = await app.client.ask(path, { headers: { traceparent, 'x-case': 'trace-id' } });
      ids.push(headers['x-trace-id']);
    }
    expect(ids).toEqual([traceId, traceId, traceId, undefined, undefined]);
  }, 30_000);

  it('[error-once] an error is written once, and control flow not at all', async () => {
    const rows = [];
    for (const path of ['/api/throw', '/api/go', '/gone/broken', '/gone/g-1']) {
      const name = `error-once ${path}`;
      await app.client.ask(path, { headers: { 'x-case': name } });
      const spans = () => spansNamed(app.collector, name);
      await app.collector.until(name, () => spans().length > 0);
      const events = spans().flatMap((span) => span.events.map(({ attributes }) => attributes['exception.type']));
      rows.push([path, ...events]);
    }
    expect(rows).toEqual([['/api/throw', 'RangeError'], ['/api/go'], ['/gone/broken', 'RangeError'], ['/gone/g-1']]);
  }, 30_000);

  it('[nothing-else] no trace at boot, no second span, no complaint', async () => {
    await app.stop();
    const { spans } = app.collector;
    const changed = [...seen].flatMap(([name, { literal, shown }]) => {
      const text = textOf(spansNamed(app.collector, name), shown);
      return text === literal ? [] : [`${name}:\n${text}`];
    });
    const named = new Set(
      spans.filter(({ attributes }) => attributes['http.request.header.x-case']).map(({ traceId }) => traceId),
    );
    const nobodys = textOf(spans.filter(({ traceId }) => !named.has(traceId)));
    const complaints = app.output().match(/throughline: .*(?:Next|failed).*|ended Span/g);
    expect([changed, nobodys, complaints]).toEqual([[], '', null]);
  }, 30_000);
});
