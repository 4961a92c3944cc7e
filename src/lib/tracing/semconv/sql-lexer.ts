/**
 * Splits SQL text into tokens, in one pass that never goes back further than the token it is in.
 * Both the sanitiser and the summary read through it, so neither can take a literal for something else.
 */
import { ENDLESS, skipComment } from './sql-comments.ts';
import {
  BLANK,
  BRACKET,
  CURRENCY,
  DASH,
  DIGIT,
  DOLLAR,
  DOT,
  HASH_COMMENT,
  KIND_MASK,
  LETTER,
  NAME_QUOTE,
  PART,
  QUESTION,
  SIGIL,
  SLASH,
  STRING_QUOTE,
  UNSAFE,
  type Dialect,
} from './sql-dialect.ts';
import { CONNECTS, findKeyword } from './sql-keywords.ts';
import { encodeText } from './sql-text.ts';

export const END = 0;
export const WORD = 1;
/** A quoted name: "x", `x`, [x]. */
export const QUOTED = 2;
export const STRING = 3;
export const NUMBER = 4;
/** `$1`, `:1`, `@p1`, `?1`. */
export const PARAMETER = 5;
/** A bare `?`. */
export const PLACEHOLDER = 6;
export const PUNCTUATION = 7;
/** From here on the text cannot be trusted: something is unfinished, or a quote was not escaped. */
export const BROKEN = 8;

const QUOTE = 39;
const BACKSLASH = 92;
const CLOSING_BRACKET = 93;
const ORDINARY_AFTER_STRING = ',);:|=<>]}';
/** A parameter's number is short (PostgreSQL allows 65535); longer digits are somebody's data. */
const PARAMETER_DIGITS = 5;

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
      switch ((classes[code] ?? 0) & KIND_MASK) {
        case BLANK:
          at++;
          continue;
        case LETTER: {
          let end = at + 1;
          while (((classes[codes[end] ?? 0] ?? 0) & PART) !== 0) end++;
          const after = codes[end];
          // A quote or & behind it may make a letter the prefix of a string.
          return after === QUOTE || after === 38 ? this.#prefixed(at, end) : this.#take(WORD, at, end);
        }
        case DIGIT:
          return this.#number(at, at);
        case STRING_QUOTE:
          return this.#string(at, at, code, this.dialect.backslash || (this.kind === STRING && this.#escapes));
        case NAME_QUOTE:
          return this.#quoted(at, at, code);
        case BRACKET:
          return this.#quoted(at, at, CLOSING_BRACKET);
        case DOLLAR:
          return this.#dollar(at);
        case CURRENCY:
          return this.#number(at, at + 1);
        case DOT:
          // `t.5` is a name in MySQL, `.5` a number everywhere.
          if (this.#isDigit(at + 1) && !(at === this.end && (this.kind === WORD || this.kind === QUOTED))) {
            return this.#number(at, at + 1);
          }
          return this.#take(PUNCTUATION, at, at + 1);
        case SIGIL:
          return this.#sigil(at);
        case QUESTION:
          return this.dialect.numberedQuestions && this.#isDigit(at + 1)
            ? this.#sigil(at)
            : this.#take(PLACEHOLDER, at, at + 1);
        case UNSAFE:
          return this.#take(BROKEN, at, length);
        case HASH_COMMENT:
        case DASH:
        case SLASH: {
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

  #isDigit(at: number): boolean {
    const code = this.codes[at] ?? 0;
    return code >= 48 && code <= 57;
  }

  #skipWord(from: number): number {
    const { codes } = this;
    let at = from;
    while (((this.#classes[codes[at] ?? 0] ?? 0) & PART) !== 0) at++;
    return at;
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

  /** Takes all that hangs together with the first digit, so that not even the tail of a malformed number is left. */
  #number(start: number, from: number): number {
    const { codes } = this;
    let at = from;
    const hex = codes[at] === 48 && ((codes[at + 1] ?? 0) | 32) === 120;
    for (; ; at++) {
      const code = codes[at] ?? 0;
      if ((code >= 48 && code <= 57) || code === 46) continue;
      if (((this.#classes[code] ?? 0) & KIND_MASK) !== LETTER) break;
      if ((code | 32) !== 101 || hex) continue;
      const sign = codes[at + 1];
      if ((sign === 43 || sign === 45) && this.#isDigit(at + 2)) at++;
    }
    return this.#take(NUMBER, start, at);
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
    const { codes } = this;
    const length = this.#length;
    const doubles = close !== CLOSING_BRACKET || this.dialect.doubledBracket;
    for (let at = open + 1; at < length; at++) {
      if (codes[at] !== close) continue;
      if (!doubles || codes[at + 1] !== close) return this.#take(QUOTED, start, at + 1);
      at++;
    }
    return this.#take(BROKEN, start, length);
  }

  #dollar(start: number): number {
    const { codes, dialect } = this;
    if (this.#isDigit(start + 1)) {
      if (dialect.money) return this.#number(start, start + 1);
      let at = start + 2;
      while (this.#isDigit(at)) at++;
      return this.#take(at - start > PARAMETER_DIGITS + 1 ? NUMBER : PARAMETER, start, at);
    }
    if (dialect.money && codes[start + 1] === 46) return this.#number(start, start + 1);
    if (dialect.dollarQuotes) {
      let at = start + 1;
      while (codes[at] !== 36 && ((this.#classes[codes[at] ?? 0] ?? 0) & PART) !== 0) at++;
      if (codes[at] === 36) return this.#dollarQuoted(start, at + 1);
    }
    const end = dialect.postgres ? start + 1 : this.#skipWord(start + 1);
    return this.#take(end > start + 1 ? WORD : PUNCTUATION, start, end);
  }

  /** A tag holds no dollar, so only a pair of dollars at the tag's own distance can end the string. */
  #dollarQuoted(start: number, bodyStart: number): number {
    const { text } = this;
    const tag = text.slice(start, bodyStart);
    let dollar = text.indexOf('$', bodyStart);
    while (dollar >= 0) {
      const following = text.indexOf('$', dollar + 1);
      if (following - dollar === tag.length - 1 && text.startsWith(tag, dollar)) {
        return this.#take(STRING, start, following + 1);
      }
      dollar = following;
    }
    return this.#take(BROKEN, start, this.#length);
  }

  #sigil(start: number): number {
    const doubled = this.codes[start] === 64 && this.codes[start + 1] === 64;
    const from = start + (doubled ? 2 : 1);
    const end = this.#skipWord(from);
    if (end === from) return this.#take(PUNCTUATION, start, start + 1);
    const digits = this.#isDigit(from) ? end - from : 0;
    return this.#take(digits > (this.dialect.unknown ? 0 : PARAMETER_DIGITS) ? NUMBER : PARAMETER, start, end);
  }
}
