/** Rewrites one text: copies it in slices, and puts `?` where a literal stands. */
import { CredentialWatch, HIDE, SHOW } from './sql-credentials.ts';
import type { Dialect } from './sql-dialect.ts';
import { findKeyword, OPERAND, type Keyword } from './sql-keywords.ts';
import { BROKEN, END, NUMBER, PARAMETER, PLACEHOLDER, PUNCTUATION, SqlLexer, STRING, WORD } from './sql-lexer.ts';

// Where we stand in a list of values. A list is told as its first value, so that a thousand look like one.
const NO_LIST = 0;
const AFTER_IN = 1;
/** Between the parentheses of IN, with nothing but literals so far. */
const IN_LIST = 2;
/** Behind VALUES, or behind the comma between two rows. */
const BEFORE_ROW = 3;
const IN_ROW = 4;
const AFTER_ROW = 5;

export class SqlSanitizer {
  readonly #text: string;
  readonly #lexer: SqlLexer;
  readonly #credentials = new CredentialWatch();
  // V8 joins strings lazily, so a prefix costs nothing to keep and a long list nothing to take back.
  #out = '';
  /** Everything before this position is in `#out`, or left out for good. */
  #copied = 0;
  /** `#out` as it was before the last string that nothing speaks against. */
  #trusted = '';
  /** Where a sign stands that belongs to the number behind it. */
  #sign = -1;
  #list = NO_LIST;
  /** Values of this IN list, or rows of this VALUES list. */
  #items = 0;
  /** `#out` behind the first value, or behind the last row that is told. */
  #listOut = '';
  #depth = 0;
  #rowIsPlain = false;
  #rowsElided = false;

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#lexer = new SqlLexer(text, dialect);
  }

  run(): string {
    const text = this.#text;
    const lexer = this.#lexer;
    const credentials = this.#credentials;
    let previousKind: number = END;
    let previousKeyword: Keyword | undefined;
    for (;;) {
      const before = lexer.end;
      const kind = lexer.next();
      if (kind === END) return this.#out + text.slice(this.#copied, before);
      const { start } = lexer;
      if (start !== before) this.#foldBlanks(before, start);
      if (kind === BROKEN) {
        return `${lexer.doubtful ? this.#trusted : this.#out + text.slice(this.#copied, start)}?`;
      }
      const keyword = kind === WORD ? this.#keyword() : undefined;
      const verdict = credentials.active ? credentials.judge(lexer, keyword, start === before) : SHOW;
      if (verdict !== SHOW) {
        if (verdict === HIDE) this.#replace(kind, start);
        else this.#copied = lexer.end;
      } else if (kind === WORD) {
        credentials.observe(lexer, keyword);
        this.#word(keyword);
      } else if (kind === STRING || kind === NUMBER || kind === PLACEHOLDER) {
        this.#literal(kind, kind === NUMBER && this.#sign === start - 1 ? this.#sign : start);
      } else if (kind === PUNCTUATION) {
        const code = lexer.codes[start] ?? 0;
        if (code === 45 || code === 43) {
          const last = lexer.codes[before - 1];
          const unary = previousKind === PUNCTUATION ? last !== 41 && last !== 93 : previousKind === END;
          if (unary || ((previousKeyword?.traits ?? 0) & OPERAND) !== 0) this.#sign = start;
        }
        this.#punctuation(code);
      } else if (this.#list === IN_ROW) {
        if (kind !== PARAMETER) this.#rowIsPlain = false;
      } else {
        this.#list = NO_LIST;
      }
      previousKind = kind;
      previousKeyword = keyword;
    }
  }

  /** The current word's keyword, unless it is a part of a longer name (`u.password`, `:true`, `values.id`). */
  #keyword(): Keyword | undefined {
    const { codes, start, end } = this.#lexer;
    const keyword = findKeyword(codes, start, end);
    if (keyword === undefined) return undefined;
    const last = start > 0 ? codes[start - 1] : 0;
    const next = codes[end];
    return last === 46 || last === 58 || next === 46 ? undefined : keyword;
  }

  /** One blank stands for any run of blanks and comments; none at the start of the text. */
  #foldBlanks(from: number, to: number): void {
    if (to === from + 1 && from > 0 && this.#text.charCodeAt(from) === 32) return;
    if (from > 0) this.#out += `${this.#text.slice(this.#copied, from)} `;
    this.#copied = to;
  }

  #replace(kind: number, start: number): void {
    this.#out += this.#text.slice(this.#copied, start);
    if (kind === STRING && !this.#lexer.doubtful) this.#trusted = this.#out;
    this.#out += '?';
    this.#copied = this.#lexer.end;
  }

  #literal(kind: number, start: number): void {
    this.#replace(kind, start);
    if (this.#list === IN_LIST) {
      this.#items++;
      if (this.#items === 1) this.#listOut = this.#out;
    } else if (this.#list !== IN_ROW) {
      this.#list = NO_LIST;
    }
  }

  #word(keyword: Keyword | undefined): void {
    switch (keyword?.name) {
      case 'TRUE':
      case 'FALSE':
        this.#literal(WORD, this.#lexer.start);
        return;
      case 'IN':
        this.#list = AFTER_IN;
        return;
      case 'VALUES':
        this.#list = BEFORE_ROW;
        this.#items = 0;
        return;
      case 'ROW':
        if (this.#list === BEFORE_ROW) return;
        break;
      case 'NULL':
      case 'DEFAULT':
        if (this.#list === IN_ROW) return;
    }
    if (this.#list === IN_ROW) this.#rowIsPlain = false;
    else this.#list = NO_LIST;
  }

  #punctuation(code: number): void {
    switch (code) {
      case 43:
      case 45:
        if (this.#sign === this.#lexer.start && (this.#list === IN_LIST || this.#list === IN_ROW)) return;
        break;
      case 44:
        if (this.#list === AFTER_ROW) this.#list = BEFORE_ROW;
        if (this.#list === BEFORE_ROW || this.#list === IN_LIST || this.#list === IN_ROW) return;
        break;
      case 40:
        if (this.#openParenthesis()) return;
        break;
      case 41:
        if (this.#list === IN_ROW) {
          this.#depth--;
          if (this.#depth === 0) this.#endRow();
          return;
        }
        if (this.#list === IN_LIST && this.#items > 1) {
          this.#out = this.#listOut;
          this.#copied = this.#lexer.start;
        }
        break;
      case 59:
        this.#credentials.reset();
        break;
      case 61:
        this.#credentials.assign();
        break;
    }
    if (this.#list === IN_ROW) this.#rowIsPlain = false;
    else this.#list = NO_LIST;
  }

  #openParenthesis(): boolean {
    if (this.#list === AFTER_IN) {
      this.#list = IN_LIST;
      this.#items = 0;
      return true;
    }
    if (this.#list === BEFORE_ROW || (this.#list === IN_LIST && this.#items === 0)) {
      this.#list = IN_ROW;
      this.#depth = 1;
      this.#rowIsPlain = true;
      return true;
    }
    if (this.#list === IN_ROW) this.#depth++;
    return false;
  }

  #endRow(): void {
    const { end } = this.#lexer;
    this.#list = AFTER_ROW;
    this.#out += this.#text.slice(this.#copied, end);
    this.#copied = end;
    this.#items++;
    if (this.#items > 1 && this.#rowIsPlain) {
      if (!this.#rowsElided) this.#listOut += ', ...';
      this.#rowsElided = true;
      this.#out = this.#listOut;
    } else {
      this.#rowsElided = false;
      this.#listOut = this.#out;
    }
  }
}
