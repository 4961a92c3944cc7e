/**
 * Time in a Worker. Its clock stands still while code runs and moves only with I/O, in whole milliseconds
 * (developers.cloudflare.com/workers/reference/security-model), so that many spans begin in the same instant.
 */
import type { TimeInput } from '@opentelemetry/api';

const NANOS_IN_MILLI = 1_000_000n;

function toNanos(millis: number): bigint {
  const whole = Math.floor(millis);
  return BigInt(whole) * NANOS_IN_MILLI + BigInt(Math.floor((millis - whole) * 1e6));
}

/** Gives out times in nanoseconds since the epoch. Within one millisecond each is later than the one before. */
export class Clock {
  readonly #millis: () => number;
  #last = 0n;

  constructor(millis: () => number) {
    this.#millis = millis;
  }

  /** What the clock says, in milliseconds since the epoch. */
  millis(): number {
    return this.#millis();
  }

  /** The time to write down: what the caller gave, else what the clock said. */
  nanos(millis: number, given?: TimeInput): bigint {
    if (Array.isArray(given)) return BigInt(given[0]) * 1000n * NANOS_IN_MILLI + BigInt(given[1]);
    if (given !== undefined) return toNanos(Number(given));
    const now = toNanos(millis);
    // The order of spans is kept, so that a viewer can tell it.
    this.#last = now <= this.#last && now > this.#last - NANOS_IN_MILLI ? this.#last + 1n : now;
    return this.#last;
  }
}
