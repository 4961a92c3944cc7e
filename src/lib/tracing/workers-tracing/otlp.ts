/** Spans as OTLP over JSON wants them, and nothing personal in them (opentelemetry-proto, "JSON Protobuf Encoding"). */
import type { Attributes } from '@opentelemetry/api';
import { toJson } from '../attributes.ts';
import { truncate } from '../json.ts';
import { REDACTED, isSecretName, redactText } from '../redaction.ts';
import { getRuntime } from '../runtime.ts';
import { SCOPE } from '../span.ts';
import type { ResolvedWorkersConfig } from './options.ts';
import type { RecordingSpan } from './recording-span.ts';

interface KeyValue {
  readonly key: string;
  readonly value: object;
}

/** A request to the collector. */
export interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: KeyValue[] };
    readonly scopeSpans: { readonly scope: RecordingSpan['parts']['scope']; readonly spans: object[] }[];
  }[];
}

function encodeValue(value: unknown, name: string): object {
  if (Array.isArray(value)) return { arrayValue: { values: value.map((item) => encodeValue(item, name)) } };
  if (isSecretName(name)) return { stringValue: REDACTED };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Number.isSafeInteger(value)) return { intValue: value };
  if (typeof value === 'number' && Number.isFinite(value)) return { doubleValue: value };
  const { attributeValueLengthLimit } = getRuntime().settings;
  const text = typeof value === 'string' ? value : toJson(value, attributeValueLengthLimit);
  return { stringValue: truncate(redactText(text), attributeValueLengthLimit) };
}

function encodeAttributes(attributes: Attributes = {}): KeyValue[] {
  return (
    Object.entries(attributes)
      .filter(([, value]) => value != null)
      // A name made from data is data.
      .map(([name, value]) => ({ key: redactText(name), value: encodeValue(value, name) }))
  );
}

/** Bits 8 and 9 say whether the parent is in another process (opentelemetry-proto, `SpanFlags`). */
function flagsOf(traceFlags: number, isRemote = false): number {
  return traceFlags | 0x100 | (isRemote ? 0x200 : 0);
}

function encodeSpan(span: RecordingSpan): object {
  const { parentSpanContext, spanContext } = span.parts;
  const { traceId, spanId, traceState, traceFlags } = spanContext;
  const { code, message } = span.status;
  return {
    traceId,
    spanId,
    ...(parentSpanContext && { parentSpanId: parentSpanContext.spanId }),
    ...(traceState && { traceState: traceState.serialize() }),
    flags: flagsOf(traceFlags, parentSpanContext?.isRemote),
    name: redactText(span.name),
    kind: span.kind + 1,
    startTimeUnixNano: String(span.startNanos),
    endTimeUnixNano: String(span.endNanos),
    attributes: encodeAttributes(span.attributes),
    events: span.events.map(({ name, nanos, attributes }) => ({
      name: redactText(name),
      timeUnixNano: String(nanos),
      attributes: encodeAttributes(attributes),
    })),
    links: span.links.map(({ context: to, attributes }) => ({
      traceId: to.traceId,
      spanId: to.spanId,
      flags: flagsOf(to.traceFlags, to.isRemote),
      attributes: encodeAttributes(attributes),
    })),
    status: { code, ...(message !== undefined && { message: redactText(message) }) },
  };
}

/**
 * Makes one request to the collector.
 *
 * @param spans that have ended
 * @param config what describes this Worker
 * @returns the request, ready for `JSON.stringify`
 */
export function encodeSpans(spans: readonly RecordingSpan[], config: ResolvedWorkersConfig): OtlpRequest {
  const scopes = new Map<string, { scope: RecordingSpan['parts']['scope']; spans: object[] }>();
  for (const span of spans) {
    const { scope } = span.parts;
    const id = `${scope.name} ${scope.version}`;
    const entry = scopes.get(id) ?? { scope, spans: [] };
    entry.spans.push(encodeSpan(span));
    scopes.set(id, entry);
  }
  const attributes = encodeAttributes({
    'cloud.provider': 'cloudflare',
    'cloud.platform': 'cloudflare.workers',
    'telemetry.sdk.language': 'webjs',
    'telemetry.sdk.name': SCOPE.name,
    'telemetry.sdk.version': SCOPE.version,
    ...config.resourceAttributes,
  });
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [...scopes.values()] }] };
}
