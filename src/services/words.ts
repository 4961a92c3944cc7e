/** Words of texts, for searching and for telling questions apart. */

const little = new Set(
  'a an and any are as at be been but by can could do does for from get had has have how i if in into is it its me my no not of on or our should so some take than that the their them there these they this to us was we what when where which who will with would you your'.split(
    ' ',
  ),
);
const wordLimit = 8;

/**
 * The words of a text, in lower case, each once: letters and digits alone, so that none is a wildcard to a database.
 *
 * @returns at most eight words
 */
export function wordsOf(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [])].slice(0, wordLimit);
}

/** The words that say what a text is about: `wordsOf` without the little ones between. */
export function tellingWords(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  return [...new Set(words.filter((word) => !little.has(word)))].slice(0, wordLimit);
}
