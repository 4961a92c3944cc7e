/** One line about a trace: what a list of traces shows. */
import { durationNano, type Span, serviceName, statusName } from './span.ts';

/** What a list says about one trace. */
export interface TraceSummary {
  readonly traceId: string;
  /** Name and service of the root: the earliest span without a parent, else the earliest whose parent is not here. */
  readonly name: string;
  readonly service: string;
  /** Every service with spans in the trace, the root's first, the rest by first appearance. */
  readonly services: readonly string[];
  readonly spanCount: number;
  readonly errorCount: number;
  readonly startTimeUnixNano: bigint;
  /** From the earliest start to the latest end, in nanoseconds. */
  readonly durationNano: bigint;
}

/** 0 for a root, 1 for a span whose parent did not arrive, 2 for the others. */
function distanceToRoot(span: Span, ids: ReadonlySet<string>): number {
  if (span.parentSpanId === '') return 0;
  return ids.has(span.parentSpanId) ? 2 : 1;
}

/**
 * Sums a trace up.
 *
 * @param spans the trace's spans, at least one, in any order
 * @returns the summary
 * @throws RangeError for an empty list
 * @example
 * summarize(spans).name; // 'GET /api/products/[id]'
 */
export function summarize(spans: readonly Span[]): TraceSummary {
  const ids = new Set(spans.map((span) => span.spanId));
  let root = spans[0];
  if (root === undefined) throw new RangeError('summarize: expected at least one span');
  let rootDistance = distanceToRoot(root, ids);
  let start = root.startTimeUnixNano;
  let end = start;
  let errorCount = 0;
  const services = new Set<string>();
  for (const span of spans) {
    const distance = distanceToRoot(span, ids);
    const isEarlier = distance === rootDistance && span.startTimeUnixNano < root.startTimeUnixNano;
    if (distance < rootDistance || isEarlier) {
      root = span;
      rootDistance = distance;
    }
    const spanEnd = span.startTimeUnixNano + durationNano(span);
    if (span.startTimeUnixNano < start) start = span.startTimeUnixNano;
    if (spanEnd > end) end = spanEnd;
    if (statusName(span) === 'error') errorCount += 1;
    services.add(serviceName(span));
  }
  const service = serviceName(root);
  return {
    traceId: root.traceId,
    name: root.name,
    service,
    services: [service, ...[...services].filter((other) => other !== service)],
    spanCount: spans.length,
    errorCount,
    startTimeUnixNano: start,
    durationNano: end - start,
  };
}
