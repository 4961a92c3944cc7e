/** Where a token ends, once it is known what it is. */
import { KIND_MASK, LETTER, PART } from './sql-dialect.ts';

/** Whether a digit stands at a position. */
export function isDigit(codes: Uint8Array, at: number): boolean {
  const code = codes[at] ?? 0;
  return code >= 48 && code <= 57;
}

/** The position behind the letters, digits and the like that start at `from`. */
export function endOfWord(codes: Uint8Array, classes: Uint8Array, from: number): number {
  let at = from;
  while (((classes[codes[at] ?? 0] ?? 0) & PART) !== 0) at++;
  return at;
}

/** The position behind all that hangs together with a digit, so that not even a malformed number leaves its tail. */
export function endOfNumber(codes: Uint8Array, classes: Uint8Array, from: number): number {
  let at = from;
  const hex = codes[at] === 48 && ((codes[at + 1] ?? 0) | 32) === 120;
  for (; ; at++) {
    const code = codes[at] ?? 0;
    if ((code >= 48 && code <= 57) || code === 46) continue;
    if (((classes[code] ?? 0) & KIND_MASK) !== LETTER) return at;
    if ((code | 32) !== 101 || hex) continue;
    const sign = codes[at + 1];
    if ((sign === 43 || sign === 45) && isDigit(codes, at + 2)) at++;
  }
}

/** The position behind a quoted name; -1 if it never ends. `doubles`: the closing quote twice stands for itself. */
export function endOfName(codes: Uint8Array, length: number, open: number, close: number, doubles: boolean): number {
  for (let at = open + 1; at < length; at++) {
    if (codes[at] !== close) continue;
    if (!doubles || codes[at + 1] !== close) return at + 1;
    at++;
  }
  return -1;
}

/**
 * The position behind a dollar-quoted string; -1 if it never ends. A tag holds no dollar, so only two dollars at the
 * tag's own distance can end the string, and no character is compared twice.
 */
export function endOfDollarQuote(text: string, start: number, bodyStart: number): number {
  const tag = text.slice(start, bodyStart);
  let dollar = text.indexOf('$', bodyStart);
  while (dollar >= 0) {
    const following = text.indexOf('$', dollar + 1);
    if (following - dollar === tag.length - 1 && text.startsWith(tag, dollar)) return following + 1;
    dollar = following;
  }
  return -1;
}

/** Whether blanks and line comments alone stand between two positions, and a line ends there. */
export function isLineBreak(codes: Uint8Array, from: number, to: number): boolean {
  let broken = false;
  let comment = false;
  for (let at = from; at < to; at++) {
    const code = codes[at];
    if (code === 10 || code === 13) {
      broken = true;
      comment = false;
    } else if (code === 45) comment = true;
    else if (code === 47 && !comment) return false;
  }
  return broken;
}

/** The position of the closing parenthesis if only a comma, integers, more commas and blanks are before it; else -1. */
export function endOfIntegers(codes: Uint8Array, from: number): number {
  let at = from;
  let commas = 0;
  for (; ; at++) {
    const code = codes[at] ?? 0;
    if (code === 44) commas++;
    else if ((code < 48 || code > 57) && code !== 32) return code === 41 && commas > 0 ? at : -1;
  }
}
