/**
 * The trace context of a message: what is written into it and what is read from it. Works with no SDK at all: then the
 * ids are made here.
 */
import { type Span, type SpanContext, TraceFlags, context, createTraceState, trace } from '@opentelemetry/api';
import { guarded, sayOnce } from '../guard.ts';

/** What rides in a message under `_trace`. The names are those on the wire. */
export interface TraceCarrier {
  /** 32 hex digits. */
  readonly trace_id: string;
  /** 16 hex digits: the span that sent the message, the parent of whoever handles it. */
  readonly span_id: string;
  /** The parent of that span. */
  readonly parent_span_id?: string;
  /** The same as W3C Trace Context writes it. */
  readonly traceparent: string;
  readonly tracestate?: string;
  /** How many deliveries there were before the message was sent on, to a queue of dead letters for example. */
  readonly attempt?: number;
  /** The queue that the message was first sent to. */
  readonly queue?: string;
  /** When it was first sent, in milliseconds since the epoch. */
  readonly sent_at?: number;
}

/** Where the ids of a message come from; left out, from the active span, or new ones. */
export interface TraceContextOptions {
  /** 32 hex digits. */
  readonly traceId?: string | null | undefined;
  /** 16 hex digits: the parent of the span that sends. */
  readonly parentSpanId?: string | null | undefined;
  /** Puts a text, bytes, or anything else that has no room for a field, into an envelope. Default: `false`. */
  readonly envelope?: boolean | undefined;
}

/** Where the carrier stands in a message. */
export const CARRIER_KEY = '_trace';
// W3C Trace Context, section 3.3.1.5: what every platform must carry on.
const TRACESTATE_LIMIT = 512;
const QUEUE_NAME_LIMIT = 256;
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

function randomHex(bytes: number): string {
  const random = new Uint8Array(bytes);
  try {
    crypto.getRandomValues(random);
  } catch {
    // No generator here, or not at this time: an id need not be secret.
    for (let index = 0; index < bytes; index += 1) random[index] = Math.floor(Math.random() * 256);
  }
  random[0] = (random[0] ?? 0) | 1; // an id of zeros is none
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The active span's context, where there is a real one. */
export function activeSpanContext(): SpanContext | undefined {
  const active = trace.getSpanContext(context.active());
  return active !== undefined && trace.isSpanContextValid(active) ? active : undefined;
}

/** The parent of a span. The API does not tell it: SDK 2.x and 3.x have a context, 1.x an id. */
export function parentSpanIdOf(span: Span | undefined): string | undefined {
  const { parentSpanContext, parentSpanId } = (span ?? {}) as {
    parentSpanContext?: { spanId?: string };
    parentSpanId?: string;
  };
  return parentSpanContext?.spanId ?? parentSpanId;
}

/**
 * Writes the carrier of a span.
 *
 * @param sender the span that sends
 * @param parentSpanId its parent
 * @returns the carrier
 */
export function carrierOf(sender: SpanContext, parentSpanId?: string): TraceCarrier {
  const { traceId, spanId, traceFlags } = sender;
  const tracestate = sender.traceState?.serialize();
  return {
    trace_id: traceId,
    span_id: spanId,
    ...(parentSpanId === undefined ? {} : { parent_span_id: parentSpanId }),
    traceparent: `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`,
    ...(tracestate ? { tracestate } : {}),
  };
}

/**
 * The span that a carrier tells of.
 *
 * @param carrier as `extractTraceContext` gives it
 * @returns its context, remote
 */
export function spanContextOf(carrier: TraceCarrier): SpanContext {
  const flags = Number.parseInt(TRACEPARENT.exec(carrier.traceparent)?.[3] ?? '01', 16);
  return {
    traceId: carrier.trace_id,
    spanId: carrier.span_id,
    traceFlags: flags & TraceFlags.SAMPLED,
    ...(carrier.tracestate === undefined ? {} : { traceState: createTraceState(carrier.tracestate) }),
    isRemote: true,
  };
}

function idFrom(value: unknown, form: RegExp): string | undefined {
  if (typeof value !== 'string' || value.length > 32) return undefined;
  const id = value.toLowerCase();
  return form.test(id) ? id : undefined;
}

function countFrom(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}

function textFrom(value: unknown, limit: number): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= limit ? value : undefined;
}

/**
 * Reads what stands under `_trace`. Everything is checked: whoever may write to the queue may write anything.
 *
 * @param value anything
 * @returns the carrier, or `undefined` when it is none
 * @throws what a getter throws
 */
export function readCarrier(value: unknown): TraceCarrier | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const given = value as Record<string, unknown>;
  const whole = typeof given['traceparent'] === 'string' ? TRACEPARENT.exec(given['traceparent']) : null;
  // A writer in another language may leave `traceparent` out.
  const traceId = whole?.[1] ?? idFrom(given['trace_id'], TRACE_ID);
  const spanId = whole?.[2] ?? idFrom(given['span_id'], SPAN_ID);
  if (traceId === undefined || spanId === undefined) return undefined;
  const parent = idFrom(given['parent_span_id'], SPAN_ID);
  const tracestate = textFrom(given['tracestate'], TRACESTATE_LIMIT);
  const attempt = countFrom(given['attempt']);
  const queue = textFrom(given['queue'], QUEUE_NAME_LIMIT);
  const sentAt = countFrom(given['sent_at']);
  return {
    trace_id: traceId,
    span_id: spanId,
    ...(parent === undefined ? {} : { parent_span_id: parent }),
    traceparent: `00-${traceId}-${spanId}-${whole?.[3] ?? '01'}`,
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(queue === undefined ? {} : { queue }),
    ...(sentAt === undefined ? {} : { sent_at: sentAt }),
  };
}

/**
 * Reads a carrier that travels as text, in the options of a BullMQ job.
 *
 * @param text JSON, or anything else
 * @returns the carrier, or `undefined` when it is none; never throws
 */
export function parseCarrier(text: unknown): TraceCarrier | undefined {
  try {
    return typeof text === 'string' ? readCarrier(JSON.parse(text)) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes the trace id of a new unit of work.
 *
 * @returns the active span's trace id where there is one, so that page and queues share a trace; else a new one of 32 hex
 *   digits; never throws
 * @example
 * await traceAsync('order', async () => generateTraceId()); // '00000000000000000000000000000002'
 */
export function generateTraceId(): string {
  return guarded('reading the active span', activeSpanContext)?.traceId ?? randomHex(16);
}

/**
 * The trace id that a message brought.
 *
 * @param traceContext as `extractTraceContext` gives it
 * @returns its trace id; without a context the one of `generateTraceId`, so that a message without one begins a trace
 * @example
 * getTraceId({ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' });
 * // '4bf92f3577b34da6a3ce929d0e0e4736'
 */
export function getTraceId(traceContext: Pick<TraceCarrier, 'trace_id'> | null | undefined): string {
  return traceContext?.trace_id ?? generateTraceId();
}

/**
 * The carrier for a message that is sent now: of the active span where it belongs to the wanted trace, else with a new
 * span id, which then stands in logs alone.
 *
 * @param options the wanted ids
 * @returns a carrier; never throws
 */
export function newCarrier({ traceId, parentSpanId }: TraceContextOptions = {}): TraceCarrier {
  const parent = idFrom(parentSpanId, SPAN_ID);
  const wanted = idFrom(traceId, TRACE_ID);
  if (traceId != null && wanted === undefined) {
    sayOnce('warn', 'addTraceContext got a trace id that is not 32 hex digits; another one was used');
  }
  const active = guarded('reading the active span', activeSpanContext);
  if (active !== undefined && (wanted ?? active.traceId) === active.traceId) {
    return carrierOf(active, parent ?? parentSpanIdOf(trace.getActiveSpan()));
  }
  const made = { traceId: wanted ?? randomHex(16), spanId: randomHex(8), traceFlags: TraceFlags.SAMPLED };
  return carrierOf(made, parent);
}
