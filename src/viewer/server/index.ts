/** The public page of the viewer's server. */
export { type ApiOptions, createApi } from './api.ts';
export { isLoopback } from './host-guard.ts';
export { readForwardHeaders } from './forward.ts';
export { startViewer, type Viewer, type ViewerOptions, type ViewerStats } from './main.ts';
export { decodeTracesJson, decodeTracesProtobuf, type DecodedTraces, OtlpError } from './otlp.ts';
export { type DatabaseStore, type DatabaseStoreOptions, openStore } from './database-store.ts';
export { createPageFiles, type PageFilesOptions } from './page-files.ts';
export { type OtlpTraces, toOtlpTraces } from './otlp-encode.ts';
export { createReceiver, type ReceiverOptions } from './receiver.ts';
export type { Attribute, AttributeValue, Resource, Scope, Span, SpanEvent, SpanLink } from './span.ts';
export { formatTraceText } from './text.ts';
export { buildRows, type RowPlace, type TraceRow } from './tree.ts';
export { toJaegerEnvelope, toJaegerTrace, type JaegerEnvelope, type JaegerTrace } from './jaeger.ts';
