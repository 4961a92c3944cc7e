/** A trace in Jaeger's v3 list: counted in the store's thread, so that no spans travel. */
import type { DatabaseSync } from 'node:sqlite';
import { jaegerSearch } from './jaeger-queries.ts';
import type { TraceSearch } from './search.ts';
import { type Span, serviceName, statusName } from './span.ts';

interface Counts {
  readonly spanCount: number;
  readonly errorSpanCount?: number;
}

/** One line of the list, as protobuf's JSON writes it: zeros and empty texts are absent, 64-bit numbers are strings. */
export interface JaegerSummary extends Counts {
  readonly traceId: string;
  readonly rootServiceName?: string;
  readonly rootOperationName?: string;
  readonly minStartTimeUnixNano?: string;
  readonly maxEndTimeUnixNano?: string;
  /** Spans whose parent has not arrived. */
  readonly orphanSpanCount?: number;
  readonly services: readonly (Counts & { readonly name: string })[];
}

function counts(spans: readonly Span[]): Counts {
  const errors = spans.filter((span) => statusName(span) === 'error').length;
  return { spanCount: spans.length, ...(errors > 0 && { errorSpanCount: errors }) };
}

function byService(spans: readonly Span[]): JaegerSummary['services'] {
  const groups = new Map<string, Span[]>();
  for (const span of spans) {
    const name = serviceName(span);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [span]);
    else group.push(span);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, ofService]) => ({ name, ...counts(ofService) }));
}

function extreme(times: readonly bigint[], isBetter: (a: bigint, b: bigint) => boolean): bigint {
  return times.reduce((best, time) => (isBetter(time, best) ? time : best), times[0] ?? 0n);
}

/**
 * Sums up a trace.
 *
 * @param traceId hex
 * @param spans at least one
 * @returns its line
 * @example
 * summarize(span.traceId, [span]).spanCount; // 1
 */
export function summarize(traceId: string, spans: readonly Span[]): JaegerSummary {
  const ids = new Set(spans.map((span) => span.spanId));
  const roots = spans.filter((span) => span.parentSpanId === '');
  const first = extreme(
    roots.map((span) => span.startTimeUnixNano),
    (a, b) => a < b,
  );
  const root = roots.find((span) => span.startTimeUnixNano === first);
  const start = extreme(
    spans.map((span) => span.startTimeUnixNano),
    (a, b) => a < b,
  );
  const end = extreme(
    spans.map((span) => span.endTimeUnixNano),
    (a, b) => a > b,
  );
  const orphans = spans.filter((span) => span.parentSpanId !== '' && !ids.has(span.parentSpanId)).length;
  return {
    traceId,
    ...(root !== undefined && { rootServiceName: serviceName(root) }),
    ...(root !== undefined && root.name !== '' && { rootOperationName: root.name }),
    ...(start > 0n && { minStartTimeUnixNano: String(start) }),
    ...(end > 0n && { maxEndTimeUnixNano: String(end) }),
    ...counts(spans),
    ...(orphans > 0 && { orphanSpanCount: orphans }),
    services: byService(spans),
  };
}

/**
 * As `jaegerSearch`, summed up.
 *
 * @param database opened for reading
 * @param search the conditions
 * @returns newest first
 * @example
 * jaegerSummaries(database, parseSearch(new URLSearchParams('service=web'), Date.now()));
 */
export function jaegerSummaries(database: DatabaseSync, search: TraceSearch): readonly JaegerSummary[] {
  return jaegerSearch(database, search).map(({ traceId, spans }) => summarize(traceId, spans));
}
