/**
 * Spans as OTLP/JSON, as the Collector's pdata writes it: ids in lower-case hex, 64-bit integers as strings, enums as
 * numbers, what is zero or empty left out. For exports, Jaeger's v3 API and forwarding.
 */
import type { Attribute, AttributeValue, Resource, Scope, Span } from './span.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

/** An OTLP trace message: what `/v1/traces` takes. */
export interface OtlpTraces {
  readonly resourceSpans: readonly JsonObject[];
}

/** Leaves out what protobuf would not write. */
function compact(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const isSet = (value: Json | undefined): boolean =>
    value !== undefined &&
    value !== 0 &&
    value !== '' &&
    value !== '0' &&
    !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isSet(value))) as JsonObject;
}

function toValue(value: AttributeValue): Json {
  switch (value.type) {
    case 'string':
      return { stringValue: value.value };
    case 'bool':
      return { boolValue: value.value };
    case 'int':
      return { intValue: String(value.value) };
    case 'double':
      // JSON has no NaN and no infinity; the mapping writes them as text.
      return { doubleValue: Number.isFinite(value.value) ? value.value : String(value.value) };
    case 'bytes':
      return { bytesValue: Buffer.from(value.value).toString('base64') };
    case 'array':
      return { arrayValue: { values: value.value.map(toValue) } };
    case 'map':
      return { kvlistValue: { values: toAttributes(value.value) } };
    default:
      return {};
  }
}

function toAttributes(attributes: readonly Attribute[]): readonly JsonObject[] {
  return attributes.map(({ key, value }) => ({ key, value: toValue(value) }));
}

function toSpan(span: Span): JsonObject {
  return compact({
    traceId: span.traceId,
    spanId: span.spanId,
    traceState: span.traceState,
    parentSpanId: span.parentSpanId,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startTimeUnixNano),
    endTimeUnixNano: String(span.endTimeUnixNano),
    attributes: toAttributes(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) =>
      compact({
        timeUnixNano: String(event.timeUnixNano),
        name: event.name,
        attributes: toAttributes(event.attributes),
        droppedAttributesCount: event.droppedAttributesCount,
      }),
    ),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) =>
      compact({
        traceId: link.traceId,
        spanId: link.spanId,
        traceState: link.traceState,
        attributes: toAttributes(link.attributes),
        droppedAttributesCount: link.droppedAttributesCount,
        flags: link.flags,
      }),
    ),
    droppedLinksCount: span.droppedLinksCount,
    status: compact({ message: span.status.message, code: span.status.code }),
  });
}

function toResource(resource: Resource): JsonObject {
  return compact({
    attributes: toAttributes(resource.attributes),
    droppedAttributesCount: resource.droppedAttributesCount,
    entityRefs: resource.entityRefs.map(({ schemaUrl, type, idKeys, descriptionKeys }) =>
      compact({ schemaUrl, type, idKeys, descriptionKeys }),
    ),
  });
}

function toScope(scope: Scope): JsonObject {
  return compact({
    name: scope.name,
    version: scope.version,
    attributes: toAttributes(scope.attributes),
    droppedAttributesCount: scope.droppedAttributesCount,
  });
}

/** Groups in order of first appearance. */
function groupBy<Key extends object>(spans: readonly Span[], keyOf: (span: Span) => Key): readonly [Key, Span[]][] {
  const groups = new Map<Key, Span[]>();
  for (const span of spans) {
    const group = groups.get(keyOf(span));
    if (group === undefined) groups.set(keyOf(span), [span]);
    else group.push(span);
  }
  return [...groups];
}

/**
 * Writes spans as one OTLP/JSON message.
 *
 * @param spans any spans; those that share a resource object and a scope object are grouped
 * @returns what `JSON.stringify` and then `/v1/traces` take
 * @example
 * JSON.stringify(toOtlpTraces(spans));
 */
export function toOtlpTraces(spans: readonly Span[]): OtlpTraces {
  return {
    resourceSpans: groupBy(spans, (span) => span.resource).map(([resource, ofResource]) => ({
      resource: toResource(resource),
      scopeSpans: groupBy(ofResource, (span) => span.scope).map(([scope, ofScope]) => ({
        scope: toScope(scope),
        spans: ofScope.map(toSpan),
        ...(scope.schemaUrl !== '' && { schemaUrl: scope.schemaUrl }),
      })),
      ...(resource.schemaUrl !== '' && { schemaUrl: resource.schemaUrl }),
    })),
  };
}
