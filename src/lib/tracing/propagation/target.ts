/**
 * Where an outgoing call goes. The helpers put the host into the context before headers are written, so that the
 * propagator can keep baggage from strangers; calls of automatic instrumentations tell it by their span's attributes.
 */
import { type Context, SpanKind, createContextKey, trace } from '@opentelemetry/api';
import { ATTR } from '../semconv/names.ts';

const TARGET = createContextKey('throughline.target');

/**
 * Names the host that headers made from this context will be sent to.
 *
 * @param from the context of the call
 * @param host host name without port
 * @returns the context to write headers from
 */
export function withTargetHost(from: Context, host: string): Context {
  return from.setValue(TARGET, host);
}

/**
 * The host that headers made from this context will be sent to.
 *
 * @param from the context of the call
 * @returns the host name, or `undefined` when nobody said
 */
export function targetHostOf(from: Context): string | undefined {
  const named = from.getValue(TARGET);
  if (typeof named === 'string') return named;
  const span = trace.getSpan(from) as { kind?: SpanKind; attributes?: Record<string, unknown> } | undefined;
  // On a SERVER span it is our own address, not the one that is called.
  if (span?.kind !== SpanKind.CLIENT && span?.kind !== SpanKind.PRODUCER) return undefined;
  const address = span.attributes?.[ATTR.SERVER_ADDRESS];
  return typeof address === 'string' ? address : undefined;
}
