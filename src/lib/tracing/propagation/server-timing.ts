/** The trace context on a response, for whoever made the request: a browser reads it as a `PerformanceServerTiming`. */
import type { SpanContext } from '@opentelemetry/api';

/** The header's name. */
export const SERVER_TIMING = 'server-timing';

/**
 * Adds the trace context to a `Server-Timing` header (W3C Server Timing, section 3), as the member `traceparent`.
 *
 * @param given what the header says already; an earlier `traceparent` member of it is replaced
 * @param spanContext of the request's span
 * @returns the whole value
 * @example
 * const spanContext = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 };
 * withServerTiming('db;dur=53', spanContext); // 'db;dur=53, traceparent;desc="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"'
 */
export function withServerTiming(given: string | undefined, spanContext: SpanContext): string {
  const { traceId, spanId, traceFlags } = spanContext;
  const flags = traceFlags.toString(16).padStart(2, '0');
  const own = `traceparent;desc="00-${traceId}-${spanId}-${flags}"`;
  const others = (given ?? '').replace(/(?:^|,\s*)traceparent;desc="00-[0-9a-f-]*"/g, '').replace(/^,\s*/, '');
  return others === '' ? own : `${others}, ${own}`;
}
