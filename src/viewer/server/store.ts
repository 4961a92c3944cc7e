/**
 * The spans that arrived last, in memory, within two bounds: a number of spans and a size. The trace that has been quiet
 * for longest leaves first, and what left is counted.
 */
import type { Attribute, AttributeValue, Span } from './span.ts';
import { summarize, type TraceSummary } from './summary.ts';

/** A trace as it is now. A new object replaces it when spans arrive. */
export interface StoredTrace {
  readonly traceId: string;
  /** In order of first arrival. */
  readonly spans: readonly Span[];
  readonly summary: TraceSummary;
}

/** What the store holds, and what happened to the rest. All counts since start. */
export interface StoreStats {
  readonly traces: number;
  readonly spans: number;
  /** Estimated size of the spans held, in bytes. */
  readonly bytes: number;
  readonly maxSpans: number;
  readonly maxBytes: number;
  /** Every span ever added. */
  readonly receivedSpans: number;
  /** Spans that came again under the same id and took the earlier one's place. */
  readonly replacedSpans: number;
  readonly evictedSpans: number;
  readonly evictedTraces: number;
}

/** Bounds of a store. */
export interface StoreOptions {
  /** 50,000 by default. */
  readonly maxSpans?: number | undefined;
  /** Estimated bytes; 256 MiB by default. */
  readonly maxBytes?: number | undefined;
}

/** A bounded collection of traces. No method throws. */
export interface SpanStore {
  add(spans: readonly Span[]): void;
  get(traceId: string): StoredTrace | undefined;
  /** All traces, the one that started last first. */
  list(): readonly StoredTrace[];
  stats(): StoreStats;
}

interface Held {
  readonly span: Span;
  readonly bytes: number;
}

interface Entry {
  readonly traceId: string;
  readonly spans: Map<string, Held>;
  bytes: number;
  view: StoredTrace | undefined;
}

const DEFAULT_MAX_SPANS = 50_000;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
/** Rough cost of the objects themselves, so that a flood of tiny ones is bounded too. */
const SPAN_BYTES = 600;
const PART_BYTES = 100;

function valueBytes(value: AttributeValue): number {
  switch (value.type) {
    case 'string':
    case 'bytes':
      return PART_BYTES + value.value.length;
    case 'array':
      return value.value.reduce((sum, item) => sum + valueBytes(item), PART_BYTES);
    case 'map':
      return PART_BYTES + attributesBytes(value.value);
    default:
      return PART_BYTES;
  }
}

function attributesBytes(attributes: readonly Attribute[]): number {
  return attributes.reduce((sum, { key, value }) => sum + PART_BYTES + key.length + valueBytes(value), 0);
}

/** `counted` holds the resources and scopes that another span of the batch already pays for. */
function spanBytes(span: Span, counted: Set<object>): number {
  let bytes = SPAN_BYTES + span.name.length + span.traceState.length + span.status.message.length;
  bytes += attributesBytes(span.attributes);
  for (const event of span.events) bytes += PART_BYTES + event.name.length + attributesBytes(event.attributes);
  for (const link of span.links) bytes += PART_BYTES + link.traceState.length + attributesBytes(link.attributes);
  for (const shared of [span.resource, span.scope]) {
    if (!counted.has(shared)) bytes += PART_BYTES + attributesBytes(shared.attributes);
    counted.add(shared);
  }
  return bytes;
}

function byStartDescending(a: StoredTrace, b: StoredTrace): number {
  const difference = b.summary.startTimeUnixNano - a.summary.startTimeUnixNano;
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
}

function view(entry: Entry): StoredTrace {
  if (entry.view === undefined) {
    const spans = [...entry.spans.values()].map((held) => held.span);
    entry.view = { traceId: entry.traceId, spans, summary: summarize(spans) };
  }
  return entry.view;
}

/**
 * Makes an empty store. A span joins its trace whenever it comes; one that comes again replaces the earlier one.
 *
 * @param options the bounds; positive whole numbers
 * @returns the store
 * @throws RangeError when a bound is not a positive whole number
 * @example
 * const store = createStore({ maxSpans: 1_000 });
 */
export function createStore(options: StoreOptions = {}): SpanStore {
  const { maxSpans = DEFAULT_MAX_SPANS, maxBytes = DEFAULT_MAX_BYTES } = options;
  for (const [name, bound] of Object.entries({ maxSpans, maxBytes })) {
    if (!Number.isSafeInteger(bound) || bound < 1) {
      throw new RangeError(`${name} must be a positive whole number, got ${bound}`);
    }
  }
  /** The trace that has been quiet for longest first. */
  const entries = new Map<string, Entry>();
  const counts = { spans: 0, bytes: 0, receivedSpans: 0, replacedSpans: 0, evictedSpans: 0, evictedTraces: 0 };

  const put = (span: Span, bytes: number): void => {
    const entry = entries.get(span.traceId) ?? { traceId: span.traceId, spans: new Map(), bytes: 0, view: undefined };
    const earlier = entry.spans.get(span.spanId);
    entry.spans.set(span.spanId, { span, bytes });
    entry.view = undefined;
    entries.delete(span.traceId);
    entries.set(span.traceId, entry);
    entry.bytes += bytes - (earlier?.bytes ?? 0);
    counts.bytes += bytes - (earlier?.bytes ?? 0);
    counts.receivedSpans += 1;
    if (earlier === undefined) counts.spans += 1;
    else counts.replacedSpans += 1;
  };

  /** The last trace loses its first spans instead of everything: its end is what somebody is waiting for. */
  const shrink = (entry: Entry): void => {
    const [first] = entry.spans;
    if (first === undefined) return;
    const [spanId, held] = first;
    entry.spans.delete(spanId);
    entry.bytes -= held.bytes;
    entry.view = undefined;
    counts.bytes -= held.bytes;
    counts.spans -= 1;
    counts.evictedSpans += 1;
    if (entry.spans.size === 0) {
      entries.delete(entry.traceId);
      counts.evictedTraces += 1;
    }
  };

  const evict = (entry: Entry): void => {
    entries.delete(entry.traceId);
    counts.bytes -= entry.bytes;
    counts.spans -= entry.spans.size;
    counts.evictedSpans += entry.spans.size;
    counts.evictedTraces += 1;
  };

  return {
    add(spans) {
      const counted = new Set<object>();
      for (const span of spans) {
        put(span, spanBytes(span, counted));
        while (counts.spans > maxSpans || counts.bytes > maxBytes) {
          const [oldest] = entries.values();
          if (oldest === undefined) break;
          if (entries.size > 1) evict(oldest);
          else shrink(oldest);
        }
      }
    },
    get(traceId) {
      const entry = entries.get(traceId);
      return entry === undefined ? undefined : view(entry);
    },
    list: () => [...entries.values()].map(view).sort(byStartDescending),
    stats: () => ({ traces: entries.size, maxSpans, maxBytes, ...counts }),
  };
}
