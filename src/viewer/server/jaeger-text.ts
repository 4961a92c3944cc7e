/**
 * The filter's three operators over text. Patterns are RE2's, whose engine takes time in proportion to the text whatever the
 * pattern is: Node's own can be kept busy for ever by a pattern of somebody else's making.
 * Source: Jaeger's RFC 0005, section 5.3.
 */
import { RE2JS } from 're2js';

/** A word as it may be listed: letters and digits. */
const WORD = /^[\p{L}\p{N}]+$/u;
const WORDS = /[\p{L}\p{N}]+/gu;
/** What stands outside a class and is written with a backslash, as engines differ in it. */
const ESCAPED_ANCHORS = 'AzZbB';

/** The pattern without its classes, literals and escapes: each is `.`, and an escaped anchor is `^`. */
function skeletonOf(pattern: string): string {
  return pattern
    .replaceAll(/\\Q[^]*?(?:\\E|$)/gu, '.')
    .replaceAll(/\\(.)/gsu, (_, letter: string) => (ESCAPED_ANCHORS.includes(letter) ? '^' : '.'))
    .replaceAll(/\[\^?\]?(?:\[:[^\]]*:\]|[^\]])*\]/gu, '.');
}

/**
 * Reads a pattern of the filter.
 *
 * @param pattern RE2's syntax, case-sensitive; anchors, word boundaries, lazy quantifiers and folded case are refused as in Jaeger
 * @returns why it is none; undefined when it is one
 * @example
 * patternFault('^GET'); // 'a pattern is found anywhere and has no anchors'
 */
export function patternFault(pattern: string): string | undefined {
  const skeleton = skeletonOf(pattern);
  if (/[\^$]/u.test(skeleton)) return 'a pattern is found anywhere and has no anchors';
  if (/[*+?}]\?/u.test(skeleton)) return 'a pattern has no lazy quantifiers';
  if (/\(\?[a-zA-Z]*i/u.test(skeleton)) return 'a pattern tells upper from lower case';
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return `the pattern cannot be read (${error instanceof Error ? error.message : String(error)})`;
  }
}

/**
 * Whether a pattern is found in a text.
 *
 * @param pattern without a fault
 * @returns a function of the text
 * @example
 * patternOf('a.c')('xxabcx'); // true
 */
export function patternOf(pattern: string): (text: string) => boolean {
  const compiled = RE2JS.compile(pattern);
  return (text) => compiled.matcher(text).find();
}

/**
 * Whether a text can be listed as a word.
 *
 * @param text any text
 * @returns false for an empty one and for one with a space or a sign in it
 * @example
 * isWord('refund-policy'); // false
 */
export function isWord(text: string): boolean {
  return WORD.test(text);
}

/**
 * Whether words are in a text, whatever their case.
 *
 * @param words each of letters and digits
 * @param inOrder they must stand next to each other, in this order
 * @returns a function of the text
 * @example
 * wordsOf(['refund', 'policy'], true)('Our Refund-Policy.'); // true
 */
export function wordsOf(words: readonly string[], inOrder: boolean): (text: string) => boolean {
  const wanted = words.map((word) => word.toLowerCase());
  return (text) => {
    const there = text.toLowerCase().match(WORDS) ?? [];
    // No word holds a space, so that a run of words is a run of text.
    if (inOrder) return ` ${there.join(' ')} `.includes(` ${wanted.join(' ')} `);
    const known = new Set(there);
    return wanted.every((word) => known.has(word));
  };
}
