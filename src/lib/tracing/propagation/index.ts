/** Trace context and baggage, from and to the wire. */
export { baggage, type BaggageOfRequest } from './baggage.ts';
export { extractTraceContext, injectTraceContext, type HeaderSource } from './carrier.ts';
