/** The public page of the viewer's server. */
export { type ApiOptions, createApi } from './api.ts';
export { startViewer, type Viewer, type ViewerOptions } from './main.ts';
export { decodeTracesJson, decodeTracesProtobuf, type DecodedTraces, OtlpError } from './otlp.ts';
export { createPages, type PagesOptions } from './pages.ts';
export { createReceiver, type ReceiverOptions } from './receiver.ts';
export type { Attribute, AttributeValue, Resource, Scope, Span, SpanEvent, SpanLink } from './span.ts';
export { createStore, type SpanStore, type StoredTrace, type StoreOptions, type StoreStats } from './store.ts';
export { summarize, type TraceSummary } from './summary.ts';
export { formatTraceText } from './text.ts';
export { buildRows, type RowPlace, type TraceRow } from './tree.ts';
export { toJaegerEnvelope, toJaegerTrace, type JaegerEnvelope, type JaegerTrace } from './jaeger.ts';
