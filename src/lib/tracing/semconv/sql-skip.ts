/** The sanitiser's short cut through text that stays as it is. */
import { PART, SKIP_BLANK, STOP } from './sql-dialect.ts';
import { BLANK, type SqlEdits } from './sql-edits.ts';
import { isWatched } from './sql-keywords.ts';
import { END, PARAMETER, PUNCTUATION, QUOTED, STRING, WORD, type SqlLexer } from './sql-lexer.ts';
import { isDigit } from './sql-scan.ts';

const QUOTE = 39;
const CLOSING = 41;
const COMMA = 44;

/**
 * Passes over tokens that a sanitiser leaves as they are: names, plain marks, blanks. It only saves time: where it stops,
 * `lexer.next` goes on as if it had read those tokens itself. Not for use within a list or a secret.
 *
 * @param lexer stands on any token
 * @param edits takes the runs of blanks
 * @throws never
 */
export function skipNames(lexer: SqlLexer, edits: SqlEdits): void {
  const { codes, text, dialect } = lexer;
  const { classes, skips } = dialect;
  const { length } = text;
  // Behind a string most tokens matter, see #doubt.
  if (lexer.kind === END || (lexer.kind === STRING && codes[lexer.end] !== COMMA && codes[lexer.end] !== CLOSING))
    return;
  let { start, end, kind } = lexer;
  let at = end;
  let found = kind;
  scan: for (;;) {
    let next = at + 1;
    // Numbers rather than names, because V8 makes a jump table of these only.
    switch (skips[codes[at] ?? 0]) {
      case 3: // SKIP_BLANK
        while (skips[codes[next] ?? 0] === SKIP_BLANK) next++;
        if (next - at > 1 || codes[at] !== 32) {
          // Behind a blank only: a comment would belong to the run.
          if (at !== end || skips[codes[next] ?? 0] === STOP) break scan;
          edits.add(at, next, BLANK);
        }
        at = next;
        continue;
      case 2: {
        // SKIP_WORD
        while (((classes[codes[next] ?? 0] ?? 0) & PART) !== 0) next++;
        const after = codes[next];
        if (after === QUOTE || after === 38 || isWatched(codes, at, next)) break scan;
        found = WORD;
        break;
      }
      case 4: {
        // SKIP_QUOTED
        const quote = codes[at];
        while (codes[next] !== quote && next < length) next++;
        if (next >= length || codes[next + 1] === quote) break scan;
        next++;
        found = QUOTED;
        break;
      }
      case 5: // SKIP_DOT
        if (isDigit(codes, next)) break scan;
        found = PUNCTUATION;
        break;
      case 6: // SKIP_PARAMETER
        // One or two digits; others are left to `next`.
        if (!isDigit(codes, next)) break scan;
        next++;
        if (isDigit(codes, next)) next++;
        if (isDigit(codes, next)) break scan;
        found = PARAMETER;
        break;
      case 1: // SKIP_MARK
        found = PUNCTUATION;
        break;
      default:
        break scan;
    }
    kind = found;
    start = at;
    end = next;
    at = next;
  }
  // The blanks before the token that stopped us are noted again with that token.
  if (at > end && (at > end + 1 || codes[end] !== 32)) edits.count--;
  lexer.kind = kind;
  lexer.start = start;
  lexer.end = end;
}
