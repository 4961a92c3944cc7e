/** Throughline's public page. Booting is apart, in `throughline/boot`: it alone brings the SDK. */

// spans
export { traceAsync, traceSync } from './span.ts';
export { tracer, type ThroughlineTracer } from './tracer.ts';
export { Trace, type TraceOptions } from './decorator.ts';
export { forceFlush } from './flush.ts';
export { tracingHealth, type TracingHealth } from './health.ts';
export type { AttributeInput } from './attributes.ts';
export type { Redactor } from './redaction.ts';

// http
export { withTracing, type RouteTracingOptions } from './http-tracing/index.ts';
export { traceApiClient, traceFetch, traceOutgoingRequest } from './http-tracing/index.ts';
export { traceServerAction, traceServerComponent } from './next/index.ts';

// database
export { traceDatabaseQuery, traceDatabaseTransaction } from './database-tracing/index.ts';
export { tracePrismaClient, tracePrismaOperation } from './database-tracing/index.ts';

// AI
export { traceAIChatCompletion, traceMLOperation, traceSemanticCache } from './ai-tracing/index.ts';

// propagation
export { baggage, extractTraceContext, injectTraceContext } from './propagation/index.ts';
