/** The tree of a test's spans, in the order in which they were started whatever the clock says: their ids count up. */
import { type TestTracing } from './test-tracing.ts';
import { formatTree, fromSdk } from './trace-tree.ts';

export async function startedTree(tracing: TestTracing, shown: readonly string[] = []): Promise<string> {
  const spans = (await tracing.spans()).map(fromSdk);
  const counted = spans.map((span) => Object.assign(span, { startTimeNanos: BigInt(`0x${span.spanId}`) }));
  return formatTree(counted, shown);
}
