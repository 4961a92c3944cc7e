/**
 * Start times finer than a millisecond. The SDK takes them from `Date.now()` (`sdk-trace`, `Span.ts`), so that the statements of
 * one transaction begin in the same instant and a viewer cannot tell their order.
 */
import type { HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

const NANOS_IN_MILLI = 1_000_000;

/** Refines start times by the monotonic clock, and follows the wall clock where the two drift apart. */
export class FineClock {
  #offsetMillis: number;
  /** The last time given out: within a millisecond no span begins before another that was there first. */
  #lastMillis = 0;

  constructor(originMillis = performance.timeOrigin) {
    this.#offsetMillis = originMillis;
  }

  /** The wall clock, in milliseconds, inside the millisecond that began at `startMillis`. */
  #within(startMillis: number): number {
    const now = performance.now();
    const fine = this.#offsetMillis + now;
    const earliest = Math.max(startMillis, this.#lastMillis < startMillis + 1 ? this.#lastMillis : 0);
    const within = fine >= earliest && fine < startMillis + 1 ? fine : earliest;
    if (within !== fine) this.#offsetMillis = within - now;
    this.#lastMillis = within;
    return within;
  }

  /**
   * Refines the start time of a span that has just started. The SDK measures its end from there.
   *
   * @param span a span in `onStart`; one whose start time was given by the caller is left alone
   */
  refine(span: ReadableSpan): void {
    const [seconds, nanos] = span.startTime;
    const given = Reflect.get(span, '_startTimeProvided') === true;
    if (given || nanos % NANOS_IN_MILLI !== 0) return;
    const startMillis = seconds * 1000 + nanos / NANOS_IN_MILLI;
    const fineNanos = nanos + Math.floor((this.#within(startMillis) - startMillis) * NANOS_IN_MILLI);
    (span as { startTime: HrTime }).startTime = [seconds, fineNanos];
  }
}
