/** Spans whose times no clock ever showed: they are kept, and what is asked of the store is answered. */
import { sampleSpan, withStore } from './sample-span.ts';

const MOST = 2n ** 64n - 1n;

test.each([
  ['begins at zero', 0n, 1_796_013_757_167_000_000n],
  ['begins and ends as late as there are numbers', 9_100_000_000_000_000_000n, MOST],
  ['begins at zero and ends with the last number', 0n, MOST],
])('a span that %s', async (_, startTimeUnixNano, endTimeUnixNano) => {
  await withStore([sampleSpan({ startTimeUnixNano, endTimeUnixNano })], async (store) => {
    const report = { filter: {}, now: 0 };
    const [list, routes, operations, detail, map] = await Promise.all([
      store.query('traces', { filter: {}, limit: 10 }),
      store.query('performanceReport', { ...report, by: 'route' }),
      store.query('performanceReport', { ...report, by: 'operation' }),
      store.query('performanceDetail', { ...report, by: 'route', service: 'web', name: 'GET /' }),
      store.query('serviceMap', { filter: {} }),
    ]);
    expect([
      list.total,
      routes.rows.length,
      operations.rows.length,
      detail.slowest.length,
      map.services.length,
    ]).toEqual([1, 1, 1, 1, 1]);
  });
});
