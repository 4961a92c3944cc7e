/**
 * The JSON of Jaeger's v1 query API, as Jaeger 2.20 writes it from OTLP spans: for the scripts, dashboards and agents that
 * speak it already. Pure.
 */
import {
  type Attribute,
  durationNano,
  kindName,
  type Resource,
  type Scope,
  type Span,
  type SpanEvent,
  serviceName,
  statusName,
  valueText,
} from './span.ts';

/** A typed key and value: Jaeger's attribute. An int64 beyond 2^53 - 1 has a string value. */
export interface JaegerTag {
  readonly key: string;
  readonly type: 'string' | 'bool' | 'int64' | 'float64' | 'binary';
  readonly value: string | boolean | number;
}

/** A pointer to a parent (`CHILD_OF`) or a linked span (`FOLLOWS_FROM`). */
export interface JaegerReference {
  readonly refType: 'CHILD_OF' | 'FOLLOWS_FROM';
  readonly traceID: string;
  readonly spanID: string;
}

/** One span; `startTime` and `duration` in whole microseconds. */
export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  /** W3C trace flags; absent when 0. */
  readonly flags?: number;
  readonly operationName: string;
  readonly references: readonly JaegerReference[];
  readonly startTime: number;
  readonly duration: number;
  readonly tags: readonly JaegerTag[];
  readonly logs: readonly { readonly timestamp: number; readonly fields: readonly JaegerTag[] }[];
  readonly processID: string;
  readonly warnings: null;
}

/** One sender. */
export interface JaegerProcess {
  readonly serviceName: string;
  readonly tags: readonly JaegerTag[];
}

/** One trace. */
export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, JaegerProcess>>;
  readonly warnings: null;
}

/** What went wrong with a request or a part of it. */
export interface JaegerError {
  readonly code?: number;
  readonly msg: string;
  readonly traceID?: string;
}

/** Every answer of the v1 API. */
export interface JaegerEnvelope<Data> {
  readonly data: Data | null;
  readonly total: number;
  readonly limit: 0;
  readonly offset: 0;
  readonly errors: readonly JaegerError[] | null;
}

/** The low byte of OTLP's flags is W3C's; the bits above it say how OTLP knows the parent (trace.proto, SpanFlags). */
const TRACE_FLAGS_MASK = 0xff;

function text(key: string, value: string): JaegerTag {
  return { key, type: 'string', value };
}

function toMicros(nano: bigint): number {
  return Number(nano / 1000n);
}

function toTag({ key, value }: Attribute): JaegerTag {
  switch (value.type) {
    case 'bool':
      return { key, type: 'bool', value: value.value };
    case 'int': {
      const number = Number(value.value);
      return { key, type: 'int64', value: Number.isSafeInteger(number) ? number : String(value.value) };
    }
    case 'double':
      // JSON has no NaN and no infinity.
      return { key, type: 'float64', value: Number.isFinite(value.value) ? value.value : String(value.value) };
    case 'bytes':
      return { key, type: 'binary', value: valueText(value) };
    default:
      return text(key, valueText(value));
  }
}

function scopeTags(scope: Scope): readonly JaegerTag[] {
  return [
    ...(scope.name === '' ? [] : [text('otel.scope.name', scope.name)]),
    ...(scope.version === '' ? [] : [text('otel.scope.version', scope.version)]),
  ];
}

function statusTags(span: Span): readonly JaegerTag[] {
  const status = statusName(span);
  return [
    ...(status === 'unset' ? [] : [text('otel.status_code', status.toUpperCase())]),
    ...(status === 'error' ? [{ key: 'error', type: 'bool', value: true } as const] : []),
    ...(span.status.message === '' ? [] : [text('otel.status_description', span.status.message)]),
  ];
}

/**
 * All tags of a span, in Jaeger's order: scope, attributes, kind, status, trace state.
 *
 * @param span any span
 * @returns the tags
 * @example
 * toJaegerTags(span); // [{ key: 'http.route', type: 'string', value: '/' }, { key: 'span.kind', ... }]
 */
export function toJaegerTags(span: Span): readonly JaegerTag[] {
  const kind = kindName(span);
  return [
    ...scopeTags(span.scope),
    ...span.attributes.map(toTag),
    ...(kind === 'unspecified' ? [] : [text('span.kind', kind)]),
    ...statusTags(span),
    ...(span.traceState === '' ? [] : [text('w3c.tracestate', span.traceState)]),
  ];
}

/**
 * The fields of an event: its name first, under `event`, unless an attribute has that key.
 *
 * @param event any event
 * @returns the fields
 * @example
 * toJaegerFields(event); // [{ key: 'event', type: 'string', value: 'exception' }, ...]
 */
export function toJaegerFields(event: SpanEvent): readonly JaegerTag[] {
  const hasOwn = event.name === '' || event.attributes.some(({ key }) => key === 'event');
  return [...(hasOwn ? [] : [text('event', event.name)]), ...event.attributes.map(toTag)];
}

/**
 * The sender of a span: its resource without `service.name`.
 *
 * @param resource any resource
 * @returns the process; a resource without a service name gets `OTLPResourceNoServiceName`
 * @example
 * toJaegerProcess(span.resource); // { serviceName: 'web', tags: [] }
 */
export function toJaegerProcess(resource: Resource): JaegerProcess {
  return {
    serviceName: serviceName({ resource }),
    tags: resource.attributes.filter(({ key }) => key !== 'service.name').map(toTag),
  };
}

function toReferences(span: Span): readonly JaegerReference[] {
  const { traceId, parentSpanId } = span;
  const parent: readonly JaegerReference[] =
    parentSpanId === '' ? [] : [{ refType: 'CHILD_OF', traceID: traceId, spanID: parentSpanId }];
  const links = span.links.map((link): JaegerReference => {
    const type = link.attributes.find(({ key }) => key === 'opentracing.ref_type')?.value;
    const isChild = type !== undefined && valueText(type) === 'child_of';
    return { refType: isChild ? 'CHILD_OF' : 'FOLLOWS_FROM', traceID: link.traceId, spanID: link.spanId };
  });
  return [...parent, ...links];
}

/** Gives equal processes one id, `p1` for the first. */
function createProcessTable() {
  const processes: Record<string, JaegerProcess> = {};
  const byResource = new Map<Resource, string>();
  const byContent = new Map<string, string>();
  const idOf = (resource: Resource): string => {
    const known = byResource.get(resource);
    if (known !== undefined) return known;
    const process = toJaegerProcess(resource);
    const content = JSON.stringify(process);
    const id = byContent.get(content) ?? `p${byContent.size + 1}`;
    byContent.set(content, id);
    byResource.set(resource, id);
    processes[id] = process;
    return id;
  };
  return { processes, idOf };
}

/**
 * Maps a trace to Jaeger's v1 JSON.
 *
 * @param traceId 32 hex digits
 * @param spans the trace's spans; they keep their order
 * @returns the trace
 * @example
 * toJaegerTrace(trace.traceId, trace.spans).spans[0]?.operationName; // 'GET /'
 */
export function toJaegerTrace(traceId: string, spans: readonly Span[]): JaegerTrace {
  const { processes, idOf } = createProcessTable();
  const mapped = spans.map((span): JaegerSpan => {
    const flags = span.flags & TRACE_FLAGS_MASK;
    return {
      traceID: span.traceId,
      spanID: span.spanId,
      ...(flags !== 0 && { flags }),
      operationName: span.name,
      references: toReferences(span),
      startTime: toMicros(span.startTimeUnixNano),
      duration: toMicros(durationNano(span)),
      tags: toJaegerTags(span),
      logs: span.events.map((event) => ({ timestamp: toMicros(event.timeUnixNano), fields: toJaegerFields(event) })),
      processID: idOf(span.resource),
      warnings: null,
    };
  });
  return { traceID: traceId, spans: mapped, processes, warnings: null };
}

/**
 * Wraps data as every answer of the v1 API is wrapped.
 *
 * @param data the answer, or null beside an error
 * @param total how many there are; Jaeger leaves it 0 for traces
 * @param errors what was missing or wrong; null for nothing
 * @returns the envelope
 * @example
 * toJaegerEnvelope(['web'], 1); // { data: ['web'], total: 1, limit: 0, offset: 0, errors: null }
 */
export function toJaegerEnvelope<Data>(
  data: Data | null,
  total = 0,
  errors: readonly JaegerError[] | null = null,
): JaegerEnvelope<Data> {
  return { data, total, limit: 0, offset: 0, errors };
}
