/** A span of the browser, in the shape of OTLP/JSON, so that nothing has to be encoded when it leaves. */

/** What a span passes on to its children, here and at the server. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** OTLP's numbers. */
export const KIND = { internal: 1, client: 3 } as const;

type Value = string | number;
interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly intValue: number } | { readonly doubleValue: number };
}
interface Event {
  readonly timeUnixNano: string;
  readonly name: string;
}

/** A finished span, as OTLP/JSON writes it. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly Event[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: 2 };
}

/** How a span begins. */
export interface SpanStart {
  readonly kind?: number;
  /** Of the page's clock, `performance.now()`; now by default. */
  readonly startMillis?: number;
  readonly parent?: SpanContext | undefined;
  /** Another trace that this one follows from. */
  readonly link?: SpanContext | undefined;
  /** Whether a span without a parent is recorded. */
  readonly sampled: boolean;
  readonly attributes?: Readonly<Record<string, Value>>;
}

/** A span under way. */
export interface OpenSpan {
  readonly context: SpanContext;
  set(key: string, value: Value): void;
  addEvent(name: string, atMillis: number): void;
  /** The first call ends the span, any other does nothing. */
  end(outcome?: { readonly atMillis?: number; readonly failed?: boolean }): void;
}

/** An id that is not zero: a zero one is no id. */
function randomHex(bytes: number): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0'));
  const id = hex.join('');
  return /[^0]/.test(id) ? id : randomHex(bytes);
}

/** Milliseconds of the page's clock as Unix nanoseconds. The clock is good to a microsecond at best. */
function unixNano(millis: number): string {
  return `${Math.round((performance.timeOrigin + millis) * 1000)}000`;
}

function keyValue([key, value]: readonly [string, Value]): KeyValue {
  if (typeof value === 'string') return { key, value: { stringValue: value.slice(0, 1000) } };
  return { key, value: Number.isInteger(value) ? { intValue: value } : { doubleValue: value } };
}

/**
 * Begins a span.
 *
 * @param name low in cardinality: no path, no id
 * @param start when, below what, with which attributes
 * @param finish takes the span when it has ended; not called for one that is not sampled
 * @returns the span
 */
export function startSpan(name: string, start: SpanStart, finish: (span: FinishedSpan) => void): OpenSpan {
  const { kind = KIND.internal, startMillis = performance.now(), parent, link } = start;
  const attributes = new Map<string, Value>(Object.entries(start.attributes ?? {}));
  const events: Event[] = [];
  const context: SpanContext = {
    traceId: parent?.traceId ?? randomHex(16),
    spanId: randomHex(8),
    sampled: parent?.sampled ?? start.sampled,
  };
  let open = true;
  return {
    context,
    set: (key, value) => void attributes.set(key, value),
    addEvent: (event, atMillis) => void events.push({ timeUnixNano: unixNano(atMillis), name: event }),
    end({ atMillis = performance.now(), failed = false } = {}) {
      if (!open) return;
      open = false;
      if (!context.sampled) return;
      finish({
        traceId: context.traceId,
        spanId: context.spanId,
        ...(parent && { parentSpanId: parent.spanId }),
        name,
        kind,
        startTimeUnixNano: unixNano(startMillis),
        endTimeUnixNano: unixNano(Math.max(startMillis, atMillis)),
        attributes: [...attributes].map(keyValue),
        events,
        links: link === undefined ? [] : [{ traceId: link.traceId, spanId: link.spanId }],
        status: failed ? { code: 2 } : {},
      });
    },
  };
}

/**
 * Reads a `traceparent` (W3C Trace Context, section 3.2).
 *
 * @param text its value
 * @returns `undefined` for one that may not be continued
 */
export function parseTraceparent(text: string | null | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (!/[^0]/.test(traceId) || !/[^0]/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Writes a `traceparent`. */
export function traceparentOf({ traceId, spanId, sampled }: SpanContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
