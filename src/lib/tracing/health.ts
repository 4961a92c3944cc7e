/** Whether the tracing itself works: its counters, and a test span. */
import { trace } from '@opentelemetry/api';
import { type TracingCounters, getRuntime } from './runtime.ts';
import { getTracer } from './span.ts';

/** The state of the tracing, fit to be served as JSON. */
export interface TracingHealth {
  /** `up`: spans arrive, as far as is known. `degraded`: the last batch could not be delivered. `off`: nothing is booted. */
  readonly status: 'up' | 'degraded' | 'off';
  /** Milliseconds since the epoch at which boot finished; `null` when nothing was booted. */
  readonly startedAtUnixMillis: number | null;
  readonly counters: Readonly<TracingCounters>;
  /** A span that was made and ended for this answer. */
  readonly testSpan: {
    readonly traceId: string;
    /** Whether the sampler kept it: with a low ratio it often does not, and that is no fault. */
    readonly sampled: boolean;
    /** Whether the export queue took it. */
    readonly accepted: boolean;
  };
}

/**
 * Makes and ends a test span and reports how the tracing is doing. Never waits for the network.
 *
 * @returns counters since the start of the process and what became of the test span; never throws
 * @example
 * tracingHealth().counters.dropped; // 0
 */
export function tracingHealth(): TracingHealth {
  const { counters, failing, startedAtUnixMillis } = getRuntime();
  const queuedBefore = counters.queued;
  let spanContext = trace
    .wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 })
    .spanContext();
  try {
    const span = getTracer().startSpan('tracing health check', { attributes: { 'throughline.health_check': true } });
    spanContext = span.spanContext();
    span.end();
  } catch {
    // Then the answer is that it was not accepted.
  }
  return {
    status: startedAtUnixMillis === undefined ? 'off' : failing ? 'degraded' : 'up',
    startedAtUnixMillis: startedAtUnixMillis ?? null,
    counters: { ...counters },
    testSpan: {
      traceId: spanContext.traceId,
      sampled: (spanContext.traceFlags & 1) === 1,
      accepted: counters.queued > queuedBefore,
    },
  };
}
