/**
 * Reads and writes trace context on whatever carries headers: a Request, a Headers object, a plain record, a Map.
 */
import {
  type Context,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapSetter,
  context,
  propagation,
} from '@opentelemetry/api';

/** Anything that headers can be read from: a Request (or NextRequest), Headers, a Map, Node's `req.headers`, a record. */
export type HeaderSource =
  | { readonly headers: unknown }
  | Pick<Headers, 'get' | 'forEach'>
  | ReadonlyMap<string, string>
  | Readonly<Record<string, string | readonly string[] | undefined>>;

const HEADER_LENGTH_LIMIT = 8192;

type Readable = { get(name: string): unknown; keys?: unknown; forEach?: unknown };

function isReadable(source: unknown): source is Readable {
  return typeof source === 'object' && source !== null && typeof (source as { get?: unknown }).get === 'function';
}

/** A request's own `headers`, unless what was given is itself the set of headers. */
function headersOf(source: unknown): unknown {
  if (isReadable(source) || typeof source !== 'object' || source === null) return source;
  const inner = (source as { headers?: unknown }).headers;
  return typeof inner === 'object' && inner !== null ? inner : source;
}

function readHeader(source: unknown, name: string): string | undefined {
  if (typeof source !== 'object' || source === null) return undefined;
  const value: unknown = isReadable(source)
    ? source.get(name)
    : ((source as Record<string, unknown>)[name] ?? findAnyCase(source as Record<string, unknown>, name));
  const text: unknown = Array.isArray(value) ? value.join(',') : value;
  return typeof text === 'string' && text.length <= HEADER_LENGTH_LIMIT ? text : undefined;
}

function findAnyCase(record: Record<string, unknown>, name: string): unknown {
  for (const key of Object.keys(record)) if (key.toLowerCase() === name) return record[key];
  return undefined;
}

function headerNames(source: unknown): string[] {
  if (typeof source !== 'object' || source === null) return [];
  const { forEach } = source as { forEach?: unknown };
  if (!isReadable(source) || typeof forEach !== 'function') return Object.keys(source);
  const names: string[] = [];
  (source as Pick<Headers, 'forEach'>).forEach((_value, name) => names.push(name));
  return names;
}

// The headers are looked up only when a propagator asks: on Next's side, reading them makes a route dynamic.
const getter: TextMapGetter<unknown> = {
  get: (carrier, key) => readHeader(headersOf(carrier), key.toLowerCase()),
  keys: (carrier) => headerNames(headersOf(carrier)),
};

const setter: TextMapSetter<Record<string, string>> = {
  set(carrier, key, value) {
    carrier[key] = value;
  },
};

/**
 * The trace context that a request brought along, ready to start a span from.
 *
 * @param source the Request, its headers, or a record of headers; names in any case, values over 8,192 characters are ignored
 * @param base the context to add to. Default: an empty one, so that nothing of the current request gets in
 * @returns a context with the remote span and baggage; `base` itself when there was nothing valid; never throws
 * @example
 * const parent = extractTraceContext({ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' });
 * trace.getSpanContext(parent)?.traceId; // '4bf92f3577b34da6a3ce929d0e0e4736'
 */
export function extractTraceContext(source: HeaderSource, base: Context = ROOT_CONTEXT): Context {
  try {
    return propagation.extract(base, source, getter);
  } catch {
    return base; // a carrier whose getters throw brought nothing
  }
}

/**
 * The headers to send so that the receiver continues this trace: `traceparent`, `tracestate` and, for targets on the
 * allow-list, `baggage`. Sent also when the trace is not sampled.
 *
 * @param from the context to send. Default: the active one
 * @returns a new record of headers, empty when there is no trace; never throws
 * @example
 * await fetch(url, { headers: { ...injectTraceContext() } });
 */
export function injectTraceContext(from: Context = context.active()): Record<string, string> {
  const headers: Record<string, string> = {};
  try {
    propagation.inject(from, headers, setter);
  } catch {
    return {}; // a propagator that fails sends nothing
  }
  return headers;
}
