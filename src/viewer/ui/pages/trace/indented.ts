/** JSON in a text, over several lines. */

/** A longer text is shown as it came: nobody reads it line by line. */
const MOST = 64 * 1024;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A text in quotes, a bracket or comma or colon, or whatever stands between them. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Indents a list or map. Its values stay as they were written: parsed and written anew, a number of twenty digits would be
 * another one.
 *
 * @returns undefined for what is no JSON
 */
export function indented(text: string): string | undefined {
  if (text.length > MOST || !/^\s*[[{]/.test(text) || !isJson(text)) return undefined;
  const tokens = text.match(TOKENS) ?? [];
  let depth = 0;
  let written = '';
  for (const [at, token] of tokens.entries()) {
    const isEmpty = (token === '{' && tokens[at + 1] === '}') || (token === '[' && tokens[at + 1] === ']');
    if (token === '}' || token === ']') {
      depth -= 1;
      written += /[{[]/.test(written.at(-1) ?? '') ? token : `\n${'  '.repeat(depth)}${token}`;
    } else if (token === '{' || token === '[') {
      depth += 1;
      written += isEmpty ? token : `${token}\n${'  '.repeat(depth)}`;
    } else if (token === ',') written += `,\n${'  '.repeat(depth)}`;
    else written += token === ':' ? ': ' : token;
  }
  return written;
}
