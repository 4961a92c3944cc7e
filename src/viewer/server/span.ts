/**
 * The viewer's own picture of a span: everything that OTLP carries, in plain immutable objects. Decoders write it, every
 * other module reads it.
 */
import type { JsonValue } from '../wire.ts';

/**
 * One attribute value with its OTLP type, so that an integer stays an integer and an empty list stays a list.
 * `empty` is OTLP's "no value set".
 */
export type AttributeValue =
  | { readonly type: 'empty' }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'array'; readonly value: readonly AttributeValue[] }
  | { readonly type: 'map'; readonly value: readonly Attribute[] };

/** A key with its value. Attributes are lists: order and repeated keys survive. */
export interface Attribute {
  readonly key: string;
  readonly value: AttributeValue;
}

/** Which attributes of a resource name one entity (OTLP, in development). */
export interface EntityRef {
  readonly schemaUrl: string;
  readonly type: string;
  readonly idKeys: readonly string[];
  readonly descriptionKeys: readonly string[];
}

/** Who sent the span. All spans of one OTLP `ResourceSpans` share one object. */
export interface Resource {
  readonly attributes: readonly Attribute[];
  readonly droppedAttributesCount: number;
  readonly entityRefs: readonly EntityRef[];
  readonly schemaUrl: string;
}

/** The instrumentation that made the span. All spans of one OTLP `ScopeSpans` share one object. */
export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: readonly Attribute[];
  readonly droppedAttributesCount: number;
  readonly schemaUrl: string;
}

/** Something that happened at one moment of a span. */
export interface SpanEvent {
  readonly timeUnixNano: bigint;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly droppedAttributesCount: number;
}

/** A span of this or another trace that belongs to the story. */
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: readonly Attribute[];
  readonly droppedAttributesCount: number;
  readonly flags: number;
}

/** One finished span. Ids are lower-case hex; `parentSpanId` is `''` for a root; times are Unix nanoseconds. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  /** OTLP's number (see `kindName`), kept as sent even when it is one we do not know. */
  readonly kind: number;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly attributes: readonly Attribute[];
  readonly droppedAttributesCount: number;
  readonly events: readonly SpanEvent[];
  readonly droppedEventsCount: number;
  readonly links: readonly SpanLink[];
  readonly droppedLinksCount: number;
  readonly status: { readonly code: number; readonly message: string };
  readonly resource: Resource;
  readonly scope: Scope;
}

/** What Jaeger calls a service that did not give its name. */
export const NO_SERVICE_NAME = 'OTLPResourceNoServiceName';

const STATUS_OK = 1;
const STATUS_ERROR = 2;
const KIND_NAMES = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/** The word for a span's kind. */
export type KindName = (typeof KIND_NAMES)[number];

/**
 * Names a span's kind.
 *
 * @param span any span
 * @returns the kind in lower case; `'unspecified'` for 0 and for numbers that OTLP does not define
 * @example
 * kindName({ ...span, kind: 2 }); // 'server'
 */
export function kindName(span: Pick<Span, 'kind'>): KindName {
  return KIND_NAMES[span.kind] ?? 'unspecified';
}

/**
 * Names a span's status.
 *
 * @param span any span
 * @returns `'unset'` also for codes that OTLP does not define
 * @example
 * statusName({ ...span, status: { code: 2, message: 'timeout' } }); // 'error'
 */
export function statusName(span: Pick<Span, 'status'>): 'unset' | 'ok' | 'error' {
  if (span.status.code === STATUS_ERROR) return 'error';
  return span.status.code === STATUS_OK ? 'ok' : 'unset';
}

/**
 * Names the service that sent a span: its resource's `service.name`.
 *
 * @param span any span
 * @returns the name, or `NO_SERVICE_NAME` when it is absent or empty
 * @example
 * serviceName(span); // 'web'
 */
export function serviceName(span: Pick<Span, 'resource'>): string {
  const found = span.resource.attributes.find((attribute) => attribute.key === 'service.name')?.value;
  return (found === undefined ? '' : valueText(found)) || NO_SERVICE_NAME;
}

/**
 * How long a span took.
 *
 * @param span any span
 * @returns nanoseconds; 0 for a span that has no end or ends before it starts (clock moved)
 * @example
 * durationNano({ startTimeUnixNano: 5n, endTimeUnixNano: 8n }); // 3n
 */
export function durationNano(span: Pick<Span, 'startTimeUnixNano' | 'endTimeUnixNano'>): bigint {
  return span.endTimeUnixNano > span.startTimeUnixNano ? span.endTimeUnixNano - span.startTimeUnixNano : 0n;
}

/**
 * What JSON can hold of a value: integers beyond 2^53 - 1 and non-finite doubles as strings, bytes as base64.
 *
 * @param value any attribute value
 * @returns the value as JSON
 * @example
 * jsonOf({ type: 'array', value: [{ type: 'int', value: 1n }] }); // [1]
 */
export function jsonOf(value: AttributeValue): JsonValue {
  switch (value.type) {
    case 'empty':
      return null;
    case 'int':
      return Number.isSafeInteger(Number(value.value)) ? Number(value.value) : String(value.value);
    case 'double':
      return Number.isFinite(value.value) ? value.value : String(value.value);
    case 'bytes':
      return Buffer.from(value.value).toString('base64');
    case 'array':
      return value.value.map(jsonOf);
    case 'map':
      // fromEntries defines own properties, so a key named __proto__ is only a key.
      return Object.fromEntries(value.value.map((attribute) => [attribute.key, jsonOf(attribute.value)]));
    default:
      return value.value;
  }
}

/**
 * A value as one string: strings as they are, bytes as base64, lists and maps as JSON, an empty value as `''`.
 *
 * @param value any attribute value
 * @returns the text, of any length
 * @example
 * valueText({ type: 'array', value: [{ type: 'int', value: 1n }] }); // '[1]'
 */
export function valueText(value: AttributeValue): string {
  switch (value.type) {
    case 'empty':
      return '';
    case 'array':
    case 'map':
      return JSON.stringify(jsonOf(value));
    default: {
      const text = jsonOf(value);
      return typeof text === 'string' ? text : String(value.value);
    }
  }
}
