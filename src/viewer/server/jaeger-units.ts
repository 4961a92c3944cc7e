/** Durations and times as Jaeger's APIs write them, to the nanosecond. */

const DURATION = /^(?:\d{1,15}(?:\.\d{0,9})?(?:ns|us|µs|μs|ms|s|m|h)){1,6}$/u;
const DURATION_PART = /(\d+(?:\.\d*)?)(ns|us|µs|μs|ms|s|m|h)/gu;
const NANO_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/iu;

/**
 * Reads a duration of Go.
 *
 * @param text as in `1.2s`, `100ms`, `5us` or `1h30m`
 * @returns nanoseconds; undefined when it is none
 * @example
 * durationText('1m0.5s'); // 60500000000n
 */
export function durationText(text: string): bigint | undefined {
  if (!DURATION.test(text)) return undefined;
  let nano = 0;
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) {
    nano += Number(amount) * (NANO_PER_UNIT[unit ?? ''] ?? 0);
  }
  return BigInt(Math.round(nano));
}

/**
 * Reads a time of RFC 3339, with the nanoseconds that `Date` cannot hold.
 *
 * @param text as in `2026-01-01T00:00:00.000000001Z`
 * @returns Unix nanoseconds; undefined when it is none
 * @example
 * timeText('1970-01-01T00:00:01.5Z'); // 1500000000n
 */
export function timeText(text: string): bigint | undefined {
  const [, seconds = '', fraction = '', zone = ''] = TIME.exec(text) ?? [];
  const millis = Date.parse(`${seconds}${zone}`);
  return Number.isNaN(millis) ? undefined : BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
