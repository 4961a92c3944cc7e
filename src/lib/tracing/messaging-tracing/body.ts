/**
 * Where the carrier stands in a message: beside the fields of an object, or in an envelope around anything else. Queues
 * such as Cloudflare's have no headers, so the body is the only place.
 */
import { guarded } from '../guard.ts';
import {
  CARRIER_KEY,
  type TraceCarrier,
  type TraceContextOptions,
  newCarrier,
  parseCarrier,
  readCarrier,
} from './carrier.ts';

/** A message with its carrier. */
export interface Traced {
  readonly _trace: TraceCarrier;
}

/** Where BullMQ keeps what its telemetry gave it. */
interface Metadata {
  readonly metadata?: unknown;
}

const BODY_KEY = '_body';
const BYTES_KEY = '_bytes';
const ENVELOPE_KEYS = new Set<string>([CARRIER_KEY, BODY_KEY, BYTES_KEY]);
const CHUNK = 8192;

/** An object whose fields are all there is to it: a copy with one field more is as good. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Of any realm: what a sandbox has parsed has the sandbox's own Object.prototype.
  return prototype === null || (Object.getPrototypeOf(prototype) === null && !Array.isArray(value));
}

function encodeBytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) parts.push(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
  return btoa(parts.join(''));
}

function decodeBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Bytes become text: an envelope has to go through JSON. */
function envelopeOf(body: unknown, carrier: TraceCarrier): Record<string, unknown> {
  const kind = tagOf(body);
  if (kind !== 'Uint8Array' && kind !== 'ArrayBuffer') return { [CARRIER_KEY]: carrier, [BODY_KEY]: body };
  const text = encodeBytes(kind === 'Uint8Array' ? (body as Uint8Array) : new Uint8Array(body as ArrayBuffer));
  return { [CARRIER_KEY]: carrier, [BODY_KEY]: text, [BYTES_KEY]: kind };
}

/**
 * Puts a carrier into a message.
 *
 * @param message anything
 * @param carrier what to put into it
 * @param envelope whether what has no room for a field gets an envelope
 * @returns a copy with the carrier; the message itself where it has one already, or has no room
 */
export function withCarrier(message: unknown, carrier: TraceCarrier, envelope: boolean): unknown {
  if (isPlain(message)) {
    return Object.hasOwn(message, CARRIER_KEY) ? message : { ...message, [CARRIER_KEY]: carrier };
  }
  return envelope && message !== undefined ? envelopeOf(message, carrier) : message;
}

/**
 * The carrier in the fields of a message's body.
 *
 * @param body anything
 * @returns the carrier, or `undefined`
 * @throws what a getter throws
 */
export function carrierIn(body: unknown): TraceCarrier | undefined {
  return isPlain(body) && Object.hasOwn(body, CARRIER_KEY) ? readCarrier(body[CARRIER_KEY]) : undefined;
}

function openBody(body: unknown): unknown {
  if (!isPlain(body) || carrierIn(body) === undefined) return body;
  if (Object.hasOwn(body, BODY_KEY) && Object.keys(body).every((key) => ENVELOPE_KEYS.has(key))) {
    const { [BODY_KEY]: inner, [BYTES_KEY]: kind } = body;
    if (typeof kind !== 'string' || typeof inner !== 'string') return inner;
    const bytes = decodeBytes(inner);
    return kind === 'ArrayBuffer' ? bytes.buffer : bytes;
  }
  const { [CARRIER_KEY]: _carrier, ...rest } = body;
  return rest;
}

/**
 * Takes the carrier out of a message's body, as `traceProcess` does before it hands a message on.
 *
 * @param body what was received
 * @returns the body as it was before it was sent: without the field, or out of its envelope; the same object where there
 *   is no carrier; never throws
 * @example
 * withoutTraceContext({ zip: '78729', _trace: { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' } });
 * // { zip: '78729' }
 */
export function withoutTraceContext<M>(body: M): M {
  const opened = guarded('taking the trace context out of a message', () => ({ body: openBody(body) }));
  return opened === undefined ? body : (opened.body as M);
}

/**
 * Adds trace context to a message, under `_trace`. With no SDK the ids are made here; inside a span they are the span's.
 *
 * @param message the body of a message. A context that is there already is never overwritten
 * @param options `traceId` and `parentSpanId`, hex; `envelope` for a body that is no plain object
 * @returns a copy of the message with `_trace`; the message itself where it has one, or is no plain object; never throws
 * @example
 * const job = addTraceContext({ zip_code: '78729' }, { traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
 * job._trace.trace_id; // '4bf92f3577b34da6a3ce929d0e0e4736'
 */
export function addTraceContext<M extends object>(message: M, options?: TraceContextOptions): M & Traced;
export function addTraceContext(message: unknown, options?: TraceContextOptions): unknown;
export function addTraceContext(message: unknown, options?: TraceContextOptions): unknown {
  const given = options ?? {};
  const added = guarded('adding trace context to a message', () => ({
    message: withCarrier(message, newCarrier(given), given.envelope === true),
  }));
  return added === undefined ? message : added.message;
}

/**
 * The trace context that a message brought along.
 *
 * @param message the body, or the message as a queue delivers it, with its content in `body` or `data`
 * @returns the context, checked; `undefined` where there is none; never throws
 * @example
 * const traceContext = extractTraceContext({
 *   body: { zip_code: '78729', _trace: { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' } },
 * });
 * traceContext?.traceparent; // '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
 */
export function extractTraceContext(message: unknown): TraceCarrier | undefined {
  return guarded('reading the trace context of a message', () => {
    if (typeof message !== 'object' || message === null) return undefined;
    const { body, data, opts } = message as { body?: unknown; data?: unknown; opts?: { telemetry?: Metadata } };
    const found = carrierIn(message) ?? carrierIn(body) ?? carrierIn(data);
    return found ?? parseCarrier(opts?.telemetry?.metadata);
  });
}
