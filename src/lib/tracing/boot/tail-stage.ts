/**
 * Keeps what matters of the traces that were not sampled: their spans wait here until the root of this process ends, and
 * then leave together or not at all. Sampled spans pass by. What is dropped or evicted is counted.
 */
import { type Context, type SpanContext, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, Span as SdkSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { TracingCounters } from '../runtime.ts';
import type { ResolvedKeep } from '../sampling.ts';

/** Kept spans that are remembered, for work that begins below them after their root has ended (`after()`). */
const REMEMBERED_SPANS = 10_000;
/** What a span takes besides its texts, in bytes: measured 960 for one of the SDK with five attributes. */
const SPAN_BYTES = 900;

/** What one root of this process has under it. */
interface Group {
  readonly rootId: string;
  readonly beganAtMillis: number;
  readonly ended: ReadableSpan[];
  bytes: number;
  failed: boolean;
  decision: 'open' | 'kept' | 'dropped';
}

function sizeOf(span: ReadableSpan): number {
  let bytes = SPAN_BYTES + 2 * span.name.length;
  const add = (value: unknown): void => {
    bytes += typeof value === 'string' ? 2 * value.length : Array.isArray(value) ? 2 * String(value).length : 8;
  };
  for (const value of Object.values(span.attributes)) add(value);
  for (const event of span.events) for (const value of Object.values(event.attributes ?? {})) add(value);
  return bytes;
}

/** What the tail stage stands on. */
export interface TailStageParts {
  /** Gets the spans that are kept, as sampled ones. */
  readonly next: SpanProcessor;
  readonly keep: ResolvedKeep;
  readonly counters: TracingCounters;
  /** The parent a span is shown under. */
  readonly parentOf: (span: ReadableSpan) => SpanContext | undefined;
  /** The monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

/** Holds the spans of each root that was not sampled, within bounds, until it is known how the root ends. */
export class TailStage implements SpanProcessor {
  readonly #parts: TailStageParts;
  readonly #now: () => number;
  /** Those that wait, by the id of their root, the oldest first. */
  readonly #waiting = new Map<string, Group>();
  /** The group of each span that is open, and of each that has ended in a group that waits. */
  readonly #groups = new Map<string, Group>();
  /** Spans that were kept. */
  readonly #kept = new Set<string>();
  readonly #originals = new WeakMap<ReadableSpan, ReadableSpan>();
  #spans = 0;
  #bytes = 0;

  constructor(parts: TailStageParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
  }

  onStart(span: SdkSpan, parentContext: Context): void {
    const { traceFlags, spanId } = span.spanContext();
    if ((traceFlags & TraceFlags.SAMPLED) !== 0) {
      this.#parts.next.onStart(span, parentContext);
      return;
    }
    const group = this.#groupUnder(this.#parts.parentOf(span), spanId);
    this.#groups.set(spanId, group);
    this.#shrink();
  }

  /** The group of a new span. A remote parent may be one of ours all the same: behind `proxy.ts` Next goes on that way. */
  #groupUnder(parent: SpanContext | undefined, spanId: string): Group {
    const known = parent && this.#groups.get(parent.spanId);
    if (known !== undefined) return known;
    const isRoot = parent === undefined || parent.isRemote === true;
    const late = !isRoot && this.#kept.has(parent.spanId) ? 'kept' : 'dropped';
    const group: Group = {
      rootId: spanId,
      beganAtMillis: this.#now(),
      ended: [],
      bytes: 0,
      failed: false,
      decision: isRoot ? 'open' : late,
    };
    if (isRoot) this.#waiting.set(spanId, group);
    return group;
  }

  onEnd(span: ReadableSpan): void {
    const { traceFlags, spanId } = span.spanContext();
    if ((traceFlags & TraceFlags.SAMPLED) !== 0) {
      this.#parts.next.onEnd(span);
      return;
    }
    const group = this.#groups.get(spanId);
    if (group === undefined) return; // evicted, and counted then
    if (group.decision !== 'open') {
      this.#groups.delete(spanId);
      if (group.decision === 'kept') this.#pass(span);
      else this.#parts.counters.tailDropped += 1;
      return;
    }
    const bytes = sizeOf(span);
    group.ended.push(span);
    group.bytes += bytes;
    group.failed ||= span.status.code === SpanStatusCode.ERROR;
    this.#spans += 1;
    this.#bytes += bytes;
    if (spanId === group.rootId) this.#decide(group, this.#matters(group), 'tailDropped');
    else this.#shrink();
  }

  #matters(group: Group): boolean {
    const { errors, slowerThanMillis } = this.#parts.keep;
    return (errors && group.failed) || this.#now() - group.beganAtMillis > slowerThanMillis;
  }

  #decide(group: Group, kept: boolean, lost: 'tailDropped' | 'tailEvicted'): void {
    const { rootId, ended } = group;
    group.decision = kept ? 'kept' : 'dropped';
    this.#waiting.delete(rootId);
    this.#spans -= ended.length;
    this.#bytes -= group.bytes;
    if (!kept) this.#parts.counters[lost] += ended.length;
    for (const span of ended) {
      this.#groups.delete(span.spanContext().spanId);
      if (kept) this.#pass(span);
    }
    ended.length = 0;
  }

  #pass(span: ReadableSpan): void {
    this.#kept.add(span.spanContext().spanId);
    const [oldest] = this.#kept.size > REMEMBERED_SPANS ? this.#kept : [];
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.#parts.counters.tailKept += 1;
    const sampled = asSampled(span, this.#parts.parentOf(span));
    this.#originals.set(sampled, span);
    this.#parts.next.onEnd(sampled);
  }

  /** Decides early, by what is known, where a bound is reached: the oldest first. */
  #shrink(): void {
    const { maxSpans, maxBytes, maxAgeMillis } = this.#parts.keep;
    for (const group of this.#waiting.values()) {
      const isTooOld = this.#now() - group.beganAtMillis > maxAgeMillis;
      if (!isTooOld && this.#spans <= maxSpans && this.#bytes <= maxBytes) break;
      this.#decide(group, this.#matters(group), 'tailEvicted');
    }
    // Spans that nobody ends.
    while (this.#groups.size > 2 * maxSpans) {
      const [oldest] = this.#groups.keys();
      if (oldest === undefined) return;
      const group = this.#groups.get(oldest);
      if (group?.decision === 'open') this.#decide(group, this.#matters(group), 'tailEvicted');
      if (this.#groups.delete(oldest)) this.#parts.counters.tailEvicted += 1;
    }
  }

  /**
   * A span that has begun and will not be shown: another one tells what it would.
   *
   * @param span as it was begun
   */
  forget(span: ReadableSpan): void {
    this.#groups.delete(span.spanContext().spanId);
  }

  /**
   * The span behind one that was handed on as sampled.
   *
   * @param span as `next` got it
   * @returns the span itself, `undefined` where it was sampled from the start
   */
  originalOf(span: ReadableSpan): ReadableSpan | undefined {
    return this.#originals.get(span);
  }

  forceFlush(): Promise<void> {
    return this.#parts.next.forceFlush();
  }

  /** What still waits is decided by what is known. */
  shutdown(): Promise<void> {
    for (const group of this.#waiting.values()) this.#decide(group, this.#matters(group), 'tailEvicted');
    this.#groups.clear();
    return this.#parts.next.shutdown();
  }
}

/** The same span as one that was sampled: exporters leave the others behind. */
function asSampled(span: ReadableSpan, parent: SpanContext | undefined): ReadableSpan {
  const own = span.spanContext();
  const spanContext = { ...own, traceFlags: own.traceFlags | TraceFlags.SAMPLED };
  return Object.create(span, {
    spanContext: { value: () => spanContext },
    parentSpanContext: { value: parent, enumerable: true },
  }) as ReadableSpan;
}
