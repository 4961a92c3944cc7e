import { withServerTiming } from '@/lib/tracing/propagation/server-timing.ts';

const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
const OWN = `traceparent;desc="00-${context.traceId}-${context.spanId}-01"`;
const EARLIER = `traceparent;desc="00-${'c'.repeat(32)}-${'d'.repeat(16)}-00"`;

it.each<[given: string | undefined, whole: string]>([
  [undefined, OWN],
  ['', OWN],
  ['db;dur=53, app;dur=47.2', `db;dur=53, app;dur=47.2, ${OWN}`],
  [EARLIER, OWN],
  [`db;dur=53, ${EARLIER}`, `db;dur=53, ${OWN}`],
  [`${EARLIER}, db;dur=53`, `db;dur=53, ${OWN}`],
  ['traceparent;desc="mine"', `traceparent;desc="mine", ${OWN}`],
])('%j becomes %j', (given, whole) => {
  expect(withServerTiming(given, context)).toBe(whole);
});
