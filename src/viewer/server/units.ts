/** Numbers as people read them: each with its unit, no more digits than carry meaning. */

const NANO_PER_MILLI = 1e6;

/**
 * Writes a duration with the unit that fits it.
 *
 * @param nano nanoseconds, 0 or more
 * @returns as in `'0 ms'`, `'840 µs'`, `'12.3 ms'`, `'1.24 s'`, `'2 min 05 s'`
 * @example
 * formatDuration(12_340_000n); // '12.3 ms'
 */
export function formatDuration(nano: bigint): string {
  if (nano === 0n) return '0 ms';
  const value = Number(nano);
  if (value < 1e3) return `${value} ns`;
  // Each limit is where rounding would show the next unit's first number.
  if (value < 999_500) return `${threeDigits(value / 1e3)} µs`;
  if (value < 999.5e6) return `${threeDigits(value / NANO_PER_MILLI)} ms`;
  if (value < 59.95e9) return `${threeDigits(value / 1e9)} s`;
  const seconds = Math.round(value / 1e9);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/**
 * Writes a duration in milliseconds, always with two decimals, for columns that are compared by eye.
 *
 * @param nano nanoseconds, 0 or more
 * @returns as in `'182.40 ms'`
 * @example
 * formatMillis(182_400_000n); // '182.40 ms'
 */
export function formatMillis(nano: bigint): string {
  return `${(Number(nano) / NANO_PER_MILLI).toFixed(2)} ms`;
}

/**
 * Writes a whole number with a comma at each thousand, and the word it counts.
 *
 * @param count the number
 * @param noun its unit in the singular; an `s` is added when the number is not 1
 * @returns as in `'50,000 spans'`
 * @example
 * formatCount(1, 'span'); // '1 span'
 */
export function formatCount(count: number, noun?: string): string {
  const digits = count.toLocaleString('en-US');
  return noun === undefined ? digits : `${digits} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * Writes a moment in this machine's time zone.
 *
 * @param unixNano nanoseconds since 1970
 * @returns as in `{ local: '2026-11-21 07:46:03.120', utc: '2026-11-21T07:46:03.120Z' }`
 * @example
 * formatTime(0n).utc; // '1970-01-01T00:00:00.000Z'
 */
export function formatTime(unixNano: bigint): { readonly local: string; readonly utc: string } {
  const date = new Date(Number(unixNano / 1_000_000n));
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return { local: shifted.toISOString().slice(0, -1).replace('T', ' '), utc: date.toISOString() };
}
