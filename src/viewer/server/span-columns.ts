/** What one OTLP span puts into typed columns: everything that lists, facets, percentiles and sums read. Pure. */
import { toBinary } from '@bufbuild/protobuf';
import { operationTypes } from '../wire.ts';
import { readAiUsage } from './ai-usage.ts';
import { httpStatusOf, type Lookup, operationTypeOf, peerOf, routeOf, titleOf } from './operation-type.ts';
import { toAttributes } from './otlp.ts';
import { type Span as OtlpSpan, SpanSchema } from './proto/generated/opentelemetry/proto/trace/v1/trace_pb.js';

const AI = operationTypes.indexOf('ai');
/** As long as SQLite's integers go in a double: 104 days. */
const MAX_DURATION_NANO = 9_007_199_254_740_991n;
const MAX_MICROS = 9_007_199_254_740_991n;

/** Columns of one span. */
export interface SpanColumns {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentId: Uint8Array | null;
  readonly name: string;
  /** What a trace that begins with this span is called. */
  readonly title: string;
  readonly kind: number;
  /** Position in `operationTypes`. */
  readonly type: number;
  readonly startMicros: number;
  readonly startNano: bigint;
  readonly durationNano: number;
  readonly status: number;
  readonly events: number;
  readonly links: readonly { readonly traceId: Uint8Array; readonly spanId: Uint8Array }[];
  readonly aiCall: 0 | 1;
  readonly tokensIn: number | null;
  readonly tokensOut: number | null;
  readonly tokensCached: number | null;
  readonly tokensReasoning: number | null;
  readonly costUsd: number | null;
  readonly peer: string | null;
  readonly route: string | null;
  readonly httpStatus: number | null;
  readonly body: Uint8Array;
}

function lookupOf(span: OtlpSpan): Lookup {
  const values = new Map<string, string>();
  for (const { key, value } of span.attributes) {
    const held = value?.value;
    if (held === undefined || values.has(key)) continue;
    switch (held.case) {
      case 'stringValue':
        values.set(key, held.value);
        break;
      case 'intValue':
      case 'boolValue':
      case 'doubleValue':
        values.set(key, String(held.value));
        break;
      default:
    }
  }
  return (key) => values.get(key);
}

function hasParent(id: Uint8Array): boolean {
  return id.some((byte) => byte !== 0);
}

/**
 * Reads the columns of a span.
 *
 * @param span as OTLP has it, its ids valid
 * @returns the columns, the message itself among them
 * @example
 * columnsOf(message).durationNano;
 */
export function columnsOf(span: OtlpSpan): SpanColumns {
  const { name, kind, startTimeUnixNano: start, endTimeUnixNano: end } = span;
  const read = lookupOf(span);
  const outline = { name, kind };
  const operationType = operationTypeOf(outline, read);
  const type = operationTypes.indexOf(operationType);
  const duration = end > start ? end - start : 0n;
  const usage =
    type === AI ? readAiUsage({ attributes: toAttributes(span.attributes), startTimeUnixNano: start }) : undefined;
  const micros = start / 1000n;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentId: hasParent(span.parentSpanId) ? span.parentSpanId : null,
    name,
    title: titleOf(outline, read),
    kind,
    type,
    startMicros: Number(micros > MAX_MICROS ? MAX_MICROS : micros),
    startNano: BigInt.asIntN(64, start),
    durationNano: Number(duration > MAX_DURATION_NANO ? MAX_DURATION_NANO : duration),
    status: span.status?.code ?? 0,
    events: span.events.length,
    links: span.links,
    aiCall: usage === undefined ? 0 : 1,
    tokensIn: usage?.tokens?.input ?? null,
    tokensOut: usage?.tokens?.output ?? null,
    tokensCached: usage?.tokens?.cachedInput ?? null,
    tokensReasoning: usage?.tokens?.reasoning ?? null,
    costUsd: usage?.costUsd ?? null,
    peer: peerOf(outline, operationType, read) ?? null,
    route: routeOf(outline, read) ?? null,
    httpStatus: httpStatusOf(read) ?? null,
    body: toBinary(SpanSchema, span),
  };
}
