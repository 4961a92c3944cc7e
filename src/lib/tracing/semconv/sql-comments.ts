/** Where comments end, which every system sees differently. */
import type { Dialect } from './sql-dialect.ts';

const NEWLINE = 10;
const RETURN = 13;
const HASH = 35;
const STAR = 42;
const DASH = 45;
const SLASH = 47;

/** What `skipComment` returns for a comment that never ends, or whose end we cannot know. */
export const ENDLESS = -1;

/**
 * Finds the end of the comment that starts at a `-`, `/` or `#`.
 *
 * @param codes the statement's bytes
 * @param length how many they are
 * @param start where the mark stands
 * @param dialect what counts as a comment
 * @returns the position behind the comment, the same position if there is none, or `ENDLESS`
 * @throws never
 * @example skipComment(encodeText('-- x\n1'), 6, 0, dialectOf('postgresql')) // 5
 */
export function skipComment(codes: Uint8Array, length: number, start: number, dialect: Dialect): number {
  const next = codes[start + 1] ?? 0;
  if (codes[start] === SLASH) return next === STAR ? skipBlock(codes, length, start, dialect) : start;
  if (codes[start] !== HASH) {
    if (next !== DASH) return start;
    const spaced = (codes[start + 2] ?? 0) <= 32;
    if (!spaced && dialect.spacedDashes) return start;
    if (!spaced && dialect.unknown) return ENDLESS;
  }
  for (let at = start + 1; at < length; at++) {
    const code = codes[at];
    if (code === NEWLINE) return at + 1;
    if (code === RETURN && codes[at + 1] !== NEWLINE) {
      if (dialect.carriageReturnEnds === true) return at + 1;
      if (dialect.carriageReturnEnds === undefined) return ENDLESS;
    }
  }
  return length;
}

function skipBlock(codes: Uint8Array, length: number, start: number, dialect: Dialect): number {
  const mark = codes[start + 2];
  // `/*! ... */` and MariaDB's `/*M! ... */` are run as SQL, depending on the server's version.
  const runs = dialect.executableComments && (mark === 33 || (mark === 77 && codes[start + 3] === 33));
  let depth = 1;
  for (let at = start + 2; at < length; at++) {
    const code = codes[at];
    if (code === STAR && codes[at + 1] === SLASH) {
      at++;
      depth--;
      if (depth === 0) return at + 1;
    } else if (code === SLASH && codes[at + 1] === STAR) {
      if (dialect.unknown) return ENDLESS;
      if (dialect.nestedComments) {
        at++;
        depth++;
      }
    } else if (runs && (code === 39 || code === 34 || code === 96)) {
      // A string in there may hold the comment's end, or may be no string at all.
      return ENDLESS;
    }
  }
  return ENDLESS;
}
