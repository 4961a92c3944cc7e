/**
 * Turns OTLP trace requests, in protobuf or JSON, into spans. A body that is not OTLP fails as a whole; a span whose ids
 * are invalid fails alone, so that one broken sender does not cost the rest of the batch.
 */
import type { MadeBy, SentBy } from './dictionaries.ts';
import { readOtlpProtobuf } from './otlp-body.ts';
import { readOtlpJson } from './otlp-json.ts';
import {
  type ExportTraceServiceRequest,
  ExportTraceServiceRequestSchema,
} from './proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { AnyValue, KeyValue } from './proto/generated/opentelemetry/proto/common/v1/common_pb.js';
import type { Span as OtlpSpan } from './proto/generated/opentelemetry/proto/trace/v1/trace_pb.js';
import type { Attribute, AttributeValue, Resource, Scope, Span } from './span.ts';

export { OtlpError } from './otlp-json.ts';

/** The spans of one request, and what was wrong with those that could not be taken. */
export interface DecodedTraces {
  readonly spans: readonly Span[];
  readonly rejectedSpans: number;
  /** Names the first rejected span's bad field; `''` when nothing was rejected. */
  readonly rejectedReason: string;
}

const EMPTY: AttributeValue = { type: 'empty' };
/** Of a valid trace id. */
export const TRACE_ID_BYTES = 16;
/** Of a valid span id. */
export const SPAN_ID_BYTES = 8;

/**
 * Our picture of one value.
 *
 * @param any as OTLP has it; it may be absent
 * @returns `empty` for what holds nothing
 * @example
 * toValue(undefined); // { type: 'empty' }
 */
export function toValue(any: AnyValue | undefined): AttributeValue {
  const held = any?.value;
  switch (held?.case) {
    case 'stringValue':
      return { type: 'string', value: held.value };
    case 'boolValue':
      return { type: 'bool', value: held.value };
    case 'intValue':
      return { type: 'int', value: held.value };
    case 'doubleValue':
      return { type: 'double', value: held.value };
    case 'bytesValue':
      // A copy: the reader's bytes are a window into the whole request, which they would keep alive.
      return { type: 'bytes', value: held.value.slice() };
    case 'arrayValue':
      return { type: 'array', value: held.value.values.map(toValue) };
    case 'kvlistValue':
      return { type: 'map', value: toAttributes(held.value.values) };
    default:
      // Includes stringValueStrindex: outside profiles it must be treated as absent (common.proto).
      return EMPTY;
  }
}

/**
 * Our picture of attributes.
 *
 * @param list as OTLP has them
 * @returns in the same order
 * @example
 * toAttributes(message.attributes)[0]?.key; // 'http.route'
 */
export function toAttributes(list: readonly KeyValue[]): readonly Attribute[] {
  return list.map(({ key, value }) => ({ key, value: toValue(value) }));
}

/**
 * Bytes as lower-case hex.
 *
 * @param bytes an id
 * @returns two digits a byte
 * @example
 * toHex(new Uint8Array([1, 255])); // '01ff'
 */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/**
 * Whether an id is one that OTLP calls invalid, or absent.
 *
 * @param bytes an id
 * @returns true for no bytes at all too
 * @example
 * isZero(new Uint8Array(8)); // true
 */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/**
 * The sender of a group of spans or log records.
 *
 * @param group as OTLP has it
 * @returns its own picture
 * @example
 * toResource(resourceSpans).attributes.length; // 1
 */
export function toResource(group: SentBy): Resource {
  return {
    attributes: toAttributes(group.resource?.attributes ?? []),
    droppedAttributesCount: group.resource?.droppedAttributesCount ?? 0,
    entityRefs: (group.resource?.entityRefs ?? []).map(({ schemaUrl, type, idKeys, descriptionKeys }) => ({
      schemaUrl,
      type,
      idKeys,
      descriptionKeys,
    })),
    schemaUrl: group.schemaUrl,
  };
}

/**
 * The instrumentation that made a group of spans or log records.
 *
 * @param group as OTLP has it
 * @returns its own picture
 * @example
 * toScope(scopeSpans).name; // ''
 */
export function toScope(group: MadeBy): Scope {
  return {
    name: group.scope?.name ?? '',
    version: group.scope?.version ?? '',
    attributes: toAttributes(group.scope?.attributes ?? []),
    droppedAttributesCount: group.scope?.droppedAttributesCount ?? 0,
    schemaUrl: group.schemaUrl,
  };
}

/**
 * Our picture of one span.
 *
 * @param span as OTLP has it, its ids valid
 * @param resource of its group
 * @param scope of its group
 * @returns the span
 * @example
 * toSpan(message, span.resource, span.scope).name; // 'GET /'
 */
export function toSpan(span: OtlpSpan, resource: Resource, scope: Scope): Span {
  return {
    traceId: toHex(span.traceId),
    spanId: toHex(span.spanId),
    // Some senders fill the absent parent with zeros; that is a root.
    parentSpanId: isZero(span.parentSpanId) ? '' : toHex(span.parentSpanId),
    traceState: span.traceState,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
    attributes: toAttributes(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map(({ timeUnixNano, name, attributes, droppedAttributesCount }) => ({
      timeUnixNano,
      name,
      attributes: toAttributes(attributes),
      droppedAttributesCount,
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) => ({
      traceId: toHex(link.traceId),
      spanId: toHex(link.spanId),
      traceState: link.traceState,
      attributes: toAttributes(link.attributes),
      droppedAttributesCount: link.droppedAttributesCount,
      flags: link.flags,
    })),
    droppedLinksCount: span.droppedLinksCount,
    status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
    resource,
    scope,
  };
}

/**
 * What is wrong with a span's ids: the wrong length or all zeros are invalid (trace.proto).
 *
 * @param span as OTLP has it
 * @returns field and fault; undefined for valid ids
 * @example
 * idFault(message); // undefined
 */
export function idFault({ traceId, spanId, parentSpanId }: OtlpSpan): string | undefined {
  if (traceId.length !== TRACE_ID_BYTES) return `traceId: expected ${TRACE_ID_BYTES} bytes, got ${traceId.length}`;
  if (isZero(traceId)) return 'traceId: all zeros';
  if (spanId.length !== SPAN_ID_BYTES) return `spanId: expected ${SPAN_ID_BYTES} bytes, got ${spanId.length}`;
  if (isZero(spanId)) return 'spanId: all zeros';
  if (parentSpanId.length !== 0 && parentSpanId.length !== SPAN_ID_BYTES) {
    return `parentSpanId: expected ${SPAN_ID_BYTES} bytes or none, got ${parentSpanId.length}`;
  }
  return undefined;
}

function toSpans(request: ExportTraceServiceRequest): DecodedTraces {
  const spans: Span[] = [];
  let rejectedSpans = 0;
  let rejectedReason = '';
  for (const [r, resourceSpans] of request.resourceSpans.entries()) {
    const resource = toResource(resourceSpans);
    for (const [s, scopeSpans] of resourceSpans.scopeSpans.entries()) {
      const scope = toScope(scopeSpans);
      for (const [i, span] of scopeSpans.spans.entries()) {
        const fault = idFault(span);
        if (fault === undefined) spans.push(toSpan(span, resource, scope));
        else {
          rejectedSpans += 1;
          rejectedReason ||= `resourceSpans[${r}].scopeSpans[${s}].spans[${i}].${fault}`;
        }
      }
    }
  }
  return { spans, rejectedSpans, rejectedReason };
}

/**
 * Decodes the body of an OTLP/HTTP trace request in protobuf.
 *
 * @param body the bytes, already decompressed; not kept
 * @returns the spans, and how many were left out for invalid ids
 * @throws OtlpError when the bytes are not an `ExportTraceServiceRequest`
 * @example
 * decodeTracesProtobuf(new Uint8Array()).spans; // []
 */
export function decodeTracesProtobuf(body: Uint8Array): DecodedTraces {
  return toSpans(readRequestProtobuf(body));
}

/**
 * As `decodeTracesProtobuf`, the message itself.
 *
 * @param body the bytes; parts of the message are windows into them
 * @returns the request
 * @throws OtlpError when the bytes are not an `ExportTraceServiceRequest`
 * @example
 * readRequestProtobuf(new Uint8Array()).resourceSpans; // []
 */
export function readRequestProtobuf(body: Uint8Array): ExportTraceServiceRequest {
  return readOtlpProtobuf(ExportTraceServiceRequestSchema, body);
}

/**
 * Decodes the body of an OTLP/HTTP trace request in JSON (the mapping is told at `readOtlpJson`).
 *
 * @param text the JSON text
 * @returns the spans, and how many were left out for invalid ids
 * @throws OtlpError naming the path of the first field that is wrong, as in `resourceSpans[0].scopeSpans[0].spans[2].kind`
 * @example
 * decodeTracesJson('{"resourceSpans":[]}').spans; // []
 */
export function decodeTracesJson(text: string): DecodedTraces {
  return toSpans(readRequestJson(text));
}

/**
 * As `decodeTracesJson`, the message itself.
 *
 * @param text the JSON text
 * @returns the request
 * @throws OtlpError naming the path of the first field that is wrong
 * @example
 * readRequestJson('{}').resourceSpans; // []
 */
export function readRequestJson(text: string): ExportTraceServiceRequest {
  return readOtlpJson(ExportTraceServiceRequestSchema, text);
}
