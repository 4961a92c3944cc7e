/** Puts our headers on a request that the caller has put together, and keeps it to one span. */
import { context, createContextKey } from '@opentelemetry/api';

// The key of @opentelemetry/core's suppressTracing (context keys of one description are one key). With it set, the
// automatic fetch instrumentation opens no second span for the call that is traced already.
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * Sends a request that has a span already.
 *
 * @param send calls `fetch`
 * @returns what `send` returned
 * @throws what `send` throws, unchanged
 */
export function withoutAutomaticSpan<R>(send: () => R): R {
  return context.with(context.active().setValue(SUPPRESS_TRACING, true), send);
}

/**
 * The caller's init and headers, with our headers where the caller has none of that name. A `traceparent` of the caller's
 * own keeps our `tracestate` away: the two belong together (W3C Trace Context, section 3.3).
 *
 * @param input as for `fetch`; the headers of a Request are kept
 * @param init as for `fetch`
 * @param ours the headers that carry the trace
 * @returns a new init; the caller's own where it cannot be read, so that `fetch` says what is wrong with it
 */
export function addHeaders(
  input: RequestInfo | URL,
  init: RequestInit | undefined,
  ours: Readonly<Record<string, string>>,
): RequestInit | undefined {
  try {
    const own = typeof input === 'object' && 'headers' in input ? input.headers : undefined;
    const headers = new Headers(init?.headers ?? own);
    const isContinued = headers.has('traceparent');
    for (const [name, value] of Object.entries(ours)) {
      if (!headers.has(name) && !(isContinued && name === 'tracestate')) headers.set(name, value);
    }
    const merged: Record<string, unknown> = {};
    // `in`, because a Request may stand for an init: all it has, it inherits.
    for (const key in init) merged[key] = init[key as keyof RequestInit];
    return { ...merged, headers };
  } catch {
    return init;
  }
}
