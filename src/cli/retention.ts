/** Reads `--retention spans=1000000,bytes=2GB,age=7d`: what the viewer keeps. */

/** The bounds that were given. */
export interface GivenRetention {
  maxSpans?: number;
  maxBytes?: number;
  maxAgeHours?: number;
}

const BYTES: Readonly<Record<string, number>> = { '': 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };
const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 168 };
/** SQLite itself takes some: less than this keeps nothing. */
const LEAST_BYTES = 1024 ** 2;

function fail(part: string, expected: string): never {
  throw new Error(`--retention: ${expected}, got "${part}"`);
}

function amountOf(part: string, text: string, units: Readonly<Record<string, number>>, expected: string): number {
  const [, amount, unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?)([a-z]*)$/iu.exec(text) ?? [];
  const factor = units[unit] ?? units[unit.toUpperCase()];
  if (amount === undefined || factor === undefined) return fail(part, expected);
  return Number(amount) * factor;
}

/**
 * Reads the option.
 *
 * @param text as it was given; undefined when it was not
 * @returns the bounds it names; the others stay as they are
 * @throws Error in one sentence that says what is expected
 */
export function readRetention(text: string | undefined): GivenRetention {
  const given: GivenRetention = {};
  for (const part of text?.split(',') ?? []) {
    const [name, value = ''] = part.trim().split('=');
    if (name === 'spans') {
      if (!/^[1-9]\d{0,11}$/u.test(value)) fail(part, 'spans takes a whole number, as in spans=1000000');
      given.maxSpans = Number(value);
    } else if (name === 'bytes') {
      const expected = 'bytes takes a size of at least 1MB, as in bytes=2GB or bytes=500MB';
      const bytes = Math.round(amountOf(part, value, BYTES, expected));
      if (bytes < LEAST_BYTES) fail(part, expected);
      given.maxBytes = bytes;
    } else if (name === 'age') {
      const expected = 'age takes hours, days or weeks, as in age=12h, age=7d or age=2w';
      const hours = amountOf(part, value, HOURS, expected);
      if (hours <= 0) fail(part, expected);
      given.maxAgeHours = hours;
    } else fail(part, 'expected spans=N, bytes=N or age=N, with commas between');
  }
  return given;
}
