/** The list's orders, page by page. */
import { EPOCH, MILLI, sampleSpan, withStore } from './sample-span.ts';

/** Traces by their number, which is when each starts. */
const spans = [3n, 1n, 9n, 9n, 4n].map((length, at) =>
  sampleSpan({
    traceId: String(at + 1).padStart(32, '0'),
    startTimeUnixNano: EPOCH + BigInt(at) * MILLI,
    endTimeUnixNano: EPOCH + (BigInt(at) + length) * MILLI,
  }),
);

test.each([
  [undefined, [[5, 4], [3, 2], [1]]],
  ['newest' as const, [[5, 4], [3, 2], [1]]],
  ['longest' as const, [[4, 3], [5, 1], [2]]],
])('in the order %s', async (order, expected) => {
  await withStore(spans, async (store) => {
    const pages: number[][] = [];
    for (let before: string | undefined, more = true; more;) {
      const asked = {
        filter: {},
        limit: 2,
        ...(order !== undefined && { order }),
        ...(before !== undefined && { before }),
      };
      const { traces, next } = await store.query('traces', asked);
      pages.push(traces.map(({ traceId }) => Number(traceId)));
      before = next;
      more = next !== undefined;
    }
    expect(pages).toEqual(expected);
  });
});
