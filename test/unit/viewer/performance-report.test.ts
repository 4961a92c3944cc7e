/** How long operations and routes take, over HTTP: sums, an earlier window beside them, and one row in detail. */
import type { PerformanceDetail, PerformanceReport } from '../../../src/viewer/wire.ts';
import { CLIENT, SERVER, START, type Told, traceIdOf, viewerOf } from './asked-viewer.ts';

const MINUTE = 60_000;

const ROUTE = { 'http.request.method': 'GET', 'http.route': '/users' };
const DATABASE = { 'db.system.name': 'postgresql' };

/** One request of `/users` with its query, which takes half as long. */
function request(trace: number, at: number, takes: number, failed = false): readonly Told[] {
  const root = { trace, span: 1, name: 'GET /users', kind: SERVER, at, takes, attributes: ROUTE };
  const query = { trace, span: 2, parent: 1, name: 'SELECT users', kind: CLIENT, at, takes: takes / 2 };
  return [
    { ...root, ...(failed && { failed }) },
    { ...query, attributes: DATABASE },
  ];
}

/** Four requests in the first minute, twelve in the second: 10 ms, 20 ms ... 120 ms, the last failed; and a job. */
const SPANS: readonly Told[] = [
  ...[1, 2, 3, 4].flatMap((number) => request(number, number * 10_000, number * 10)),
  ...Array.from({ length: 12 }, (_, index) => index + 1).flatMap((number) =>
    request(100 + number, MINUTE + (number - 1) * 5_000, number * 10, number === 12),
  ),
  { trace: 200, span: 1, name: 'nightly', service: 'jobs', at: MINUTE + 1_000, takes: 7 },
];
const { ask } = viewerOf(SPANS);
const SECOND_MINUTE = `from=${START + MINUTE}&to=${START + 2 * MINUTE}`;

type Stats = Pick<PerformanceReport['rows'][number], 'count' | 'errors' | 'p50Millis' | 'p95Millis' | 'p99Millis'>;

function stats({ count, errors, p50Millis, p95Millis, p99Millis }: Stats): string {
  return `${count} runs, ${errors} failed, p50 ${p50Millis} p95 ${p95Millis} p99 ${p99Millis}`;
}

function line(row: PerformanceReport['rows'][number]): string {
  const { service, name, type, ratePerMinute, totalMillis, before } = row;
  const then = before === undefined ? '' : `; before ${stats(before)}`;
  return `${service} ${name} (${type}): ${stats(row)}, ${ratePerMinute}/min, ${totalMillis} ms${then}`;
}

const USERS = 'web GET /users (http): 12 runs, 1 failed, p50 60 p95 120 p99 120, 12/min, 780 ms';
const SELECT = 'web SELECT users (database): 12 runs, 0 failed, p50 30 p95 60 p99 60, 12/min, 390 ms';
const NIGHTLY = 'jobs nightly (internal): 1 runs, 0 failed, p50 7 p95 7 p99 7, 1/min, 7 ms';

test.each<[query: string, rows: readonly string[], against: PerformanceReport['against']]>([
  ['by=operation', [USERS, SELECT, NIGHTLY], undefined],
  ['by=route', [USERS, NIGHTLY], undefined],
  ['service=jobs', [NIGHTLY], undefined],
  [
    'against=previous',
    [
      `${USERS}; before 4 runs, 0 failed, p50 20 p95 40 p99 40`,
      `${SELECT}; before 4 runs, 0 failed, p50 10 p95 20 p99 20`,
      NIGHTLY,
    ],
    { from: START, to: START + MINUTE },
  ],
  [
    `by=route&against=${START + 20_000}-${START + 40_000}`,
    [`${USERS}; before 2 runs, 0 failed, p50 20 p95 30 p99 30`, NIGHTLY],
    { from: START + 20_000, to: START + 40_000 },
  ],
  ['by=route&against=long-ago', [USERS, NIGHTLY], undefined],
])('performance?%s', async (query, rows, against) => {
  const report = await ask<PerformanceReport>(`performance?${SECOND_MINUTE}&${query}`);
  expect([report.rows.map(line), report.against, report.from, report.to]).toEqual([
    rows,
    against,
    START + MINUTE,
    START + 2 * MINUTE,
  ]);
});

test('without a window the report covers what there is', async () => {
  const { from, to, rows } = await ask<PerformanceReport>('performance?by=route&service=web');
  // From the first trace's start to the end of the last, rates over that time.
  expect([from - START, to - START, rows.map(({ count, ratePerMinute }) => [count, ratePerMinute.toFixed(3)])]).toEqual(
    [10_000, MINUTE + 55_120, [[16, (16 / (105_120 / MINUTE)).toFixed(3)]]],
  );
});

const DETAIL = `performance/detail?${SECOND_MINUTE}&service=web`;

const failures = (count: number): string => (count === 0 ? '' : ` ${count} failed`);

test('one row in detail: histogram, course and the ten slowest', async () => {
  const { histogram, series, slowest } = await ask<PerformanceDetail>(`${DETAIL}&by=route&name=GET%20%2Fusers`);
  const ratios = histogram.map(({ fromMillis, toMillis }) => (toMillis / fromMillis).toFixed(2));
  expect({
    histogram: histogram.map(({ count, errors }) => `${count}${failures(errors)}`).join(' '),
    buckets: [histogram[0]?.fromMillis, ...new Set(ratios)],
    slices: series.length,
    series: series
      .filter(({ count }) => count > 0)
      .map(({ startMillis, p50Millis, errors }) => `${startMillis - START}: ${p50Millis}${failures(errors)}`)
      .join(', '),
    slowest: slowest
      .map(({ traceId, durationMillis, error }) => [Number.parseInt(traceId, 16), durationMillis, Number(error)])
      .map(([trace, millis, errors]) => `${trace}: ${millis}${failures(errors ?? 0)}`)
      .join(', '),
  }).toEqual({
    // Each bucket a tenth wider: short runs stand far apart.
    histogram: '1 0 0 0 0 0 0 1 0 0 0 1 0 0 1 0 1 0 1 0 1 1 0 1 1 1 1 1 failed',
    buckets: [10, '1.10'],
    slices: 60,
    series:
      '60000: 10, 65000: 20, 70000: 30, 75000: 40, 80000: 50, 85000: 60, 90000: 70, 95000: 80, ' +
      '100000: 90, 105000: 100, 110000: 110, 115000: 120 1 failed',
    slowest: '112: 120 1 failed, 111: 110, 110: 100, 109: 90, 108: 80, 107: 70, 106: 60, 105: 50, 104: 40, 103: 30',
  });
});

test('a row of the slowest leads to its span, or to its trace', async () => {
  const first = async (query: string): Promise<unknown> =>
    (await ask<PerformanceDetail>(`${DETAIL}&${query}`)).slowest[0];
  const same = { traceId: traceIdOf(112), startMillis: START + MINUTE + 55_000 };
  expect([await first('name=SELECT%20users'), await first('by=route&name=GET%20%2Fusers')]).toEqual([
    { ...same, spanId: '0000000000000002', durationMillis: 60, error: false },
    { ...same, spanId: '', durationMillis: 120, error: true },
  ]);
});

test('a row is of one type, where it is said', async () => {
  const count = async (type: string): Promise<number> =>
    (await ask<PerformanceDetail>(`${DETAIL}&name=SELECT%20users${type}`)).histogram.reduce(
      (sum, each) => sum + each.count,
      0,
    );
  expect([await count(''), await count('&rowType=database'), await count('&rowType=http')]).toEqual([12, 12, 0]);
});

test.each([
  [
    'performance/detail?service=web&name=a&rowType=kvv',
    '400 {"error":"rowType: expected one of http, ai, database, queue, cache, kv, r2, d1, vectorize, auth, internal."}',
  ],
  ['performance?by=colour', '400 {"error":"by: expected one of operation, route."}'],
  ['performance/detail?by=colour', '400 {"error":"by: expected one of operation, route."}'],
  ['performance/detail?service=web', '400 {"error":"service and name of the row are required."}'],
  ['performance?minMillis=long', '400 {"error":"minMillis: expected a number, got long"}'],
])('%s is refused', async (path, message) => {
  await expect(ask(path)).rejects.toThrow(message);
});

test('what never ran has an empty detail', async () => {
  const { histogram, slowest } = await ask<PerformanceDetail>(`${DETAIL}&name=nothing`);
  expect([histogram, slowest]).toEqual([[], []]);
});
