/** The automatic instrumentations that an application on Next has use for, set so that nothing is told twice. */
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import type { Span } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { getRuntime } from '../runtime.ts';
import { guardHeaders } from './own-headers.ts';
import type { TargetPolicy } from './target-policy.ts';

/**
 * ioredis hands a command to the same method again when its connection is up, or up again: one command, one span. It is
 * known by its list of arguments, which goes along.
 */
function createRepeatFolder(): (span: Span, command: { readonly cmdArgs: object }) => void {
  const sent = new WeakSet();
  return (span, { cmdArgs }) => {
    const parent = (span as Partial<ReadableSpan>).parentSpanContext;
    if (sent.has(cmdArgs)) getRuntime().folds.set(span, { parent });
    else sent.add(cmdArgs);
  };
}

/**
 * Makes the instrumentations of drivers and clients: databases, caches, queues, outgoing HTTP.
 *
 * @param policy who may have what of the trace
 * @returns the instrumentations, not yet switched on
 */
export function createAutoInstrumentations(policy: TargetPolicy): Instrumentation[] {
  const carriesTrace = guardHeaders(policy);
  const off = { enabled: false };
  return getNodeAutoInstrumentations({
    // The SERVER span is opened elsewhere (`http-server.ts`); a second one from here would begin in mid-run (measured on Next 16.4).
    '@opentelemetry/instrumentation-http': {
      disableIncomingRequestInstrumentation: true,
      requireParentforOutgoingSpans: true,
      ignoreOutgoingRequestHook: carriesTrace,
    },
    '@opentelemetry/instrumentation-undici': { requireParentforSpans: true, ignoreRequestHook: carriesTrace },
    // Not `ignoreConnectSpans`: with it a query that waited for a connection runs in the context of the request that gave
    // the connection back, and its span hangs there (measured: 100 requests over 10 connections).
    '@opentelemetry/instrumentation-pg': { requireParentSpan: true },
    '@opentelemetry/instrumentation-ioredis': { requireParentSpan: true, requestHook: createRepeatFolder() },
    // Noise without a reader, or content that must not leave.
    '@opentelemetry/instrumentation-fs': off,
    '@opentelemetry/instrumentation-net': off,
    '@opentelemetry/instrumentation-dns': off,
    '@opentelemetry/instrumentation-router': off,
    '@opentelemetry/instrumentation-openai': off,
    '@opentelemetry/instrumentation-runtime-node': off,
    '@opentelemetry/instrumentation-host-metrics': off,
  });
}
