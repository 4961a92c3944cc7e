/** Finds what came of a request by the name that it gave itself. */
import { SpanKind } from '@opentelemetry/api';
import type { CollectedSpan, Collector } from './collector.ts';

/** The spans of every trace in which a request by this name was served (the header `x-case`). */
export function spansNamed(collector: Collector, name: string): CollectedSpan[] {
  const named = collector.spans.filter(
    ({ kind, attributes }) =>
      kind === SpanKind.SERVER && (attributes['http.request.header.x-case'] as string[] | undefined)?.[0] === name,
  );
  const traces = new Set(named.map(({ traceId }) => traceId));
  return collector.spans.filter(({ traceId }) => traces.has(traceId));
}
