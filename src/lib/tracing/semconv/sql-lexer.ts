/**
 * Splits SQL text into tokens, in one pass that never goes back further than the token it is in.
 * Both the sanitiser and the summary read through it, so neither can take a literal for something else.
 */
import { ENDLESS, skipComment } from './sql-comments.ts';
import { KIND_MASK, PART, type Dialect } from './sql-dialect.ts';
import { CONNECTS, findKeyword } from './sql-keywords.ts';
import { endOfDollarQuote, endOfName, endOfNumber, endOfWord, isDigit, isLineBreak } from './sql-scan.ts';
import { encodeText } from './sql-text.ts';

/** The text is read. */
export const END = 0;
/** A name or keyword without quotes. */
export const WORD = 1;
/** A quoted name: "x", `x`, [x]. */
export const QUOTED = 2;
/** A string literal, its prefix and quotes included. */
export const STRING = 3;
/** A number, and whatever hangs together with it. */
export const NUMBER = 4;
/** `$1`, `:1`, `@p1`, `?1`. */
export const PARAMETER = 5;
/** A bare `?`. */
export const PLACEHOLDER = 6;
/** Any other mark, one at a time. */
export const PUNCTUATION = 7;
/** From here on the text cannot be trusted: something is unfinished, or a quote was not escaped. */
export const BROKEN = 8;

const QUOTE = 39;
const BACKSLASH = 92;
const CLOSING_BRACKET = 93;
const ORDINARY_AFTER_STRING = ',);:|=<>]}';
/** A parameter's number is short (PostgreSQL allows 65535); longer digits are somebody's data. */
const PARAMETER_DIGITS = 5;

/** Reads one text; see the head of this file. Only the latest lexer is valid, since `encodeText` reuses its buffer. */
export class SqlLexer {
  /** Where the current token starts and ends. */
  start = 0;
  end = 0;
  kind: number = END;
  /** The last string may have ended too early (see `#doubt`): should the text prove broken, distrust all from there. */
  doubtful = false;
  readonly text: string;
  /** The text's characters as bytes, and zeros behind them. */
  readonly codes: Uint8Array;
  readonly dialect: Dialect;
  readonly #classes: Uint8Array;
  readonly #length: number;
  /** The last string was E'..', whose escapes hold in the strings that continue it. */
  #escapes = false;
  /** The last string holds a `\'` that another server setting would read differently. */
  #ambiguous = false;

  constructor(text: string, dialect: Dialect) {
    this.text = text;
    this.codes = encodeText(text);
    this.dialect = dialect;
    this.#classes = dialect.classes;
    this.#length = text.length;
  }

  /** Moves to the next token and returns its kind; `END` and `BROKEN` are final. */
  next(): number {
    const { codes } = this;
    const classes = this.#classes;
    const length = this.#length;
    let at = this.end;
    for (;;) {
      if (at >= length) return this.#take(END, length, length);
      const code = codes[at] ?? 0;
      // Numbers rather than names, because V8 makes a jump table of these only.
      switch ((classes[code] ?? 0) & KIND_MASK) {
        case 1: // BLANK
          at++;
          continue;
        case 2: {
          // LETTER
          let end = at + 1;
          while (((classes[codes[end] ?? 0] ?? 0) & PART) !== 0) end++;
          const after = codes[end];
          // A quote or & behind it may make a letter the prefix of a string.
          return after === QUOTE || after === 38 ? this.#prefixed(at, end) : this.#take(WORD, at, end);
        }
        case 3: // DIGIT
          return this.#number(at, at);
        case 4: // STRING_QUOTE
          return this.#string(at, at, code, this.dialect.backslash || this.#continuesEscapes(at));
        case 5: // NAME_QUOTE
          return this.#quoted(at, at, code);
        case 6: // BRACKET
          return this.#quoted(at, at, CLOSING_BRACKET);
        case 7: // DOLLAR
          return this.#dollar(at);
        case 15: // CURRENCY
          return this.#number(at, at + 1);
        case 11: // DOT
          // `t.5` is a name in MySQL, `.5` a number everywhere.
          if (isDigit(this.codes, at + 1) && !(at === this.end && (this.kind === WORD || this.kind === QUOTED))) {
            return this.#number(at, at + 1);
          }
          return this.#take(PUNCTUATION, at, at + 1);
        case 12: // SIGIL
          return this.#sigil(at);
        case 13: // QUESTION
          return this.dialect.numberedQuestions && isDigit(this.codes, at + 1)
            ? this.#sigil(at)
            : this.#take(PLACEHOLDER, at, at + 1);
        case 14: // UNSAFE
          return this.#take(BROKEN, at, length);
        case 10: // HASH_COMMENT
        case 8: // DASH
        case 9: {
          // SLASH
          const after = skipComment(codes, length, at, this.dialect);
          if (after === at) return this.#take(PUNCTUATION, at, at + 1);
          if (after === ENDLESS) return this.#take(BROKEN, at, length);
          at = after;
          continue;
        }
        default:
          return this.#take(PUNCTUATION, at, at + 1);
      }
    }
  }

  #take(kind: number, start: number, end: number): number {
    const found = this.kind === STRING && this.#doubt(kind, start, end) ? BROKEN : kind;
    this.kind = found;
    this.start = start;
    this.end = found === BROKEN ? this.#length : end;
    return found;
  }

  /**
   * Judges what follows a string. In `'it's'` the string ends after `it`, and `s` behind it is somebody's text, as is
   * `Brien` in `'O' Brien'`. A name directly behind a string, or behind one whose end hangs on a server setting,
   * is proof enough; other oddities count only once the text turns out to be broken.
   */
  #doubt(kind: number, start: number, end: number): boolean {
    if (kind === END || kind === STRING || kind === BROKEN) return false;
    const touches = start === this.end;
    if (kind === WORD) {
      if (((findKeyword(this.codes, start, end)?.traits ?? 0) & CONNECTS) !== 0) return false;
      this.doubtful = true;
      return touches || this.#ambiguous;
    }
    if (touches && !ORDINARY_AFTER_STRING.includes(this.text.charAt(start))) this.doubtful = true;
    return false;
  }

  /** PostgreSQL reads strings with a line break between them as one, so the second has the escapes of the first. */
  #continuesEscapes(open: number): boolean {
    return this.kind === STRING && this.#escapes && isLineBreak(this.codes, this.end, open);
  }

  /** Reads a word that a quote or & touches: E'..', N'..', B'..', X'..', U&'..', U&"..". */
  #prefixed(start: number, end: number): number {
    const { codes, dialect } = this;
    const letter = end - start === 1 ? (codes[start] ?? 0) | 32 : 0;
    if (codes[end] === QUOTE) {
      if (letter === 101 && dialect.postgres) return this.#string(start, end, QUOTE, true);
      if (letter === 110 || letter === 98 || letter === 120) return this.#string(start, end, QUOTE, dialect.backslash);
      // Oracle's q'[it's]' ends where its own brackets say, which no other system follows.
      if (dialect.unknown && ((codes[end - 1] ?? 0) | 32) === 113) return this.#take(BROKEN, start, end);
    } else if (letter === 117 && !dialect.backslash) {
      const quote = codes[end + 1];
      if (quote === QUOTE) return this.#string(start, end + 1, quote, false);
      if (quote === 34 && !dialect.unknown) return this.#quoted(start, end + 1, quote);
    }
    return this.#take(WORD, start, end);
  }

  #number(start: number, from: number): number {
    return this.#take(NUMBER, start, endOfNumber(this.codes, this.#classes, from));
  }

  #string(start: number, open: number, quote: number, backslash: boolean): number {
    const { codes, dialect } = this;
    const length = this.#length;
    let ambiguous = false;
    for (let at = open + 1; at < length; at++) {
      const code = codes[at];
      if (code === quote) {
        if (!backslash && codes[at - 1] === BACKSLASH) ambiguous = true;
        if (ambiguous && dialect.unknown) break;
        if (codes[at + 1] === quote) {
          at++;
          continue;
        }
        const taken = this.#take(STRING, start, at + 1);
        this.#escapes = dialect.postgres && backslash;
        this.#ambiguous = ambiguous && dialect.backslashVaries && !this.#escapes;
        return taken;
      }
      if (code === BACKSLASH && backslash) {
        at++;
        if (codes[at] === quote) ambiguous = true;
      }
    }
    return this.#take(BROKEN, start, length);
  }

  #quoted(start: number, open: number, close: number): number {
    const doubles = close !== CLOSING_BRACKET || this.dialect.doubledBracket;
    const end = endOfName(this.codes, this.#length, open, close, doubles);
    return this.#take(end < 0 ? BROKEN : QUOTED, start, end);
  }

  #dollar(start: number): number {
    const { codes, dialect } = this;
    if (isDigit(this.codes, start + 1)) {
      if (dialect.money) return this.#number(start, start + 1);
      let at = start + 2;
      while (isDigit(this.codes, at)) at++;
      return this.#take(at - start > PARAMETER_DIGITS + 1 ? NUMBER : PARAMETER, start, at);
    }
    if (dialect.money && codes[start + 1] === 46) return this.#number(start, start + 1);
    if (dialect.dollarQuotes) {
      let at = start + 1;
      while (codes[at] !== 36 && ((this.#classes[codes[at] ?? 0] ?? 0) & PART) !== 0) at++;
      if (codes[at] === 36) {
        const end = endOfDollarQuote(this.text, start, at + 1);
        return this.#take(end < 0 ? BROKEN : STRING, start, end);
      }
    }
    const end = dialect.postgres ? start + 1 : endOfWord(this.codes, this.#classes, start + 1);
    return this.#take(end > start + 1 ? WORD : PUNCTUATION, start, end);
  }

  #sigil(start: number): number {
    const doubled = this.codes[start] === 64 && this.codes[start + 1] === 64;
    const from = start + (doubled ? 2 : 1);
    const end = endOfWord(this.codes, this.#classes, from);
    if (end === from) return this.#take(PUNCTUATION, start, start + 1);
    const digits = isDigit(this.codes, from) ? end - from : 0;
    return this.#take(digits > (this.dialect.unknown ? 0 : PARAMETER_DIGITS) ? NUMBER : PARAMETER, start, end);
  }
}
