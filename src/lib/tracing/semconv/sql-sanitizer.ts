/** Decides which parts of a text to replace, and copies the rest. */
import { CredentialWatch, HIDE, SHOW } from './sql-credentials.ts';
import type { Dialect } from './sql-dialect.ts';
import { BLANK, ELLIPSIS, MARK, NOTHING, SqlEdits } from './sql-edits.ts';
import { findKeyword, OPERAND, type Keyword } from './sql-keywords.ts';
import { BROKEN, END, NUMBER, PARAMETER, PLACEHOLDER, PUNCTUATION, SqlLexer, STRING, WORD } from './sql-lexer.ts';
import { endOfIntegers } from './sql-scan.ts';
import { skipNames } from './sql-skip.ts';

// Where we stand in a list of values. A list is told as its first value, so that a thousand look like one.
const NO_LIST = 0;
const AFTER_IN = 1;
/** Between the parentheses of IN, with nothing but literals so far. */
const IN_LIST = 2;
/** Behind VALUES, or behind the comma between two rows. */
const BEFORE_ROW = 3;
const IN_ROW = 4;
const AFTER_ROW = 5;

const OPENING = 40;
const CLOSING = 41;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const SEMICOLON = 59;
const EQUALS = 61;
const CLOSING_BRACKET = 93;

/** Sanitises one text. */
export class SqlSanitizer {
  readonly #text: string;
  readonly #lexer: SqlLexer;
  readonly #credentials = new CredentialWatch();
  readonly #edits = new SqlEdits();
  /** The last string that nothing speaks against, and the number of edits before it. */
  #trustedUntil = 0;
  #trustedEdits = 0;
  /** Where a sign stands that belongs to the number behind it. */
  #sign = -1;
  #list = NO_LIST;
  /** Values of this IN list, or rows of this VALUES list. */
  #items = 0;
  /** The end of the first value or of the last row that is told, and the number of edits before it. */
  #toldUntil = 0;
  #toldEdits = 0;
  #depth = 0;
  #rowIsPlain = false;

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#lexer = new SqlLexer(text, dialect);
  }

  run(): string {
    const lexer = this.#lexer;
    const credentials = this.#credentials;
    for (;;) {
      if (this.#list === NO_LIST && credentials.idle) skipNames(lexer, this.#edits);
      const { start: previousStart, end: before, kind: previousKind } = lexer;
      const kind = lexer.next();
      const { start } = lexer;
      if (start !== before) this.#foldBlanks(before, start, kind);
      if (kind === END) return this.#edits.apply(this.#text);
      if (kind === BROKEN) return this.#cut(start);
      const keyword = kind === WORD ? this.#keyword() : undefined;
      const verdict = credentials.active ? credentials.judge(lexer, keyword, start === before) : SHOW;
      if (verdict !== SHOW) {
        this.#replace(kind, start, verdict === HIDE ? MARK : NOTHING);
      } else if (kind === STRING || kind === NUMBER || kind === PLACEHOLDER) {
        this.#literal(kind, kind === NUMBER && this.#sign === start - 1 ? this.#sign : start);
      } else if (kind === PUNCTUATION) {
        const code = lexer.codes[start] ?? 0;
        if ((code === PLUS || code === MINUS) && this.#takesOperand(previousKind, previousStart, before)) {
          this.#sign = start;
        }
        this.#punctuation(code);
      } else if (kind === WORD) {
        const previous = previousKind === WORD ? findKeyword(lexer.codes, previousStart, before) : undefined;
        credentials.observe(lexer, keyword, previous?.name ?? '');
        this.#word(keyword);
      } else if (kind !== PARAMETER || this.#list !== IN_ROW) {
        this.#spoilList();
      }
    }
  }

  /** Whether a sign behind the previous token belongs to the number behind it: `= -1`, `(-1`, `LIMIT -1`. */
  #takesOperand(kind: number, start: number, end: number): boolean {
    if (kind === WORD) return ((findKeyword(this.#lexer.codes, start, end)?.traits ?? 0) & OPERAND) !== 0;
    const last = this.#lexer.codes[end - 1];
    return kind === END || (kind === PUNCTUATION && last !== CLOSING && last !== CLOSING_BRACKET);
  }

  /** The current word's keyword, unless it is a part of a longer name (`u.password`, `:true`, `values.id`). */
  #keyword(): Keyword | undefined {
    const { codes, start, end } = this.#lexer;
    const keyword = findKeyword(codes, start, end);
    if (keyword === undefined) return undefined;
    const last = start > 0 ? codes[start - 1] : 0;
    return last === 46 || last === 58 || codes[end] === 46 ? undefined : keyword;
  }

  /** One blank stands for any run of blanks and comments, and none at either end of the text. */
  #foldBlanks(from: number, to: number, kind: number): void {
    if (from === 0 || kind === END) this.#edits.add(from, to, NOTHING);
    else if (to !== from + 1 || this.#text.charCodeAt(from) !== 32) this.#edits.add(from, to, BLANK);
  }

  #replace(kind: number, start: number, replacement: number): void {
    if (kind === STRING && !this.#lexer.doubtful) {
      this.#trustedUntil = start;
      this.#trustedEdits = this.#edits.count;
    }
    this.#edits.add(start, this.#lexer.end, replacement);
  }

  #literal(kind: number, start: number): void {
    this.#replace(kind, start, MARK);
    if (this.#list === IN_LIST) {
      this.#items++;
      if (this.#items === 1) {
        this.#tell();
        this.#skipIntegers();
      }
    } else if (this.#list !== IN_ROW) {
      this.#list = NO_LIST;
    }
  }

  /** Passes over the rest of a list that holds only integers: they will be folded, so none needs an edit. */
  #skipIntegers(): void {
    const lexer = this.#lexer;
    const close = endOfIntegers(lexer.codes, lexer.end);
    // A doubtful text keeps its lists, see #fold.
    if (lexer.doubtful || close <= lexer.end) return;
    lexer.end = close;
    this.#items++;
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
        if (this.#list !== BEFORE_ROW) this.#spoilList();
        return;
      case 'NULL':
      case 'DEFAULT':
        if (this.#list !== IN_ROW) this.#spoilList();
        return;
      default:
        this.#spoilList();
    }
  }

  #punctuation(code: number): void {
    const list = this.#list;
    if (code === SEMICOLON) this.#credentials.reset();
    else if (code === EQUALS) this.#credentials.assign();
    if (list === NO_LIST) return;
    if (code === COMMA) {
      if (list === AFTER_ROW) this.#list = BEFORE_ROW;
      else if (list === AFTER_IN) this.#list = NO_LIST;
    } else if (code === OPENING) {
      this.#openParenthesis();
    } else if (code === CLOSING) {
      if (list !== IN_ROW) {
        if (list === IN_LIST && this.#items > 1) this.#fold(this.#lexer.start, NOTHING);
        this.#list = NO_LIST;
      } else {
        this.#depth--;
        if (this.#depth === 0) this.#endRow();
      }
    } else if (this.#sign !== this.#lexer.start) {
      this.#spoilList();
    }
  }

  #openParenthesis(): void {
    if (this.#list === AFTER_IN) {
      this.#list = IN_LIST;
      this.#items = 0;
    } else if (this.#list === BEFORE_ROW || (this.#list === IN_LIST && this.#items === 0)) {
      this.#list = IN_ROW;
      this.#depth = 1;
      this.#rowIsPlain = true;
    } else {
      if (this.#list === IN_ROW) this.#depth++;
      this.#spoilList();
    }
  }

  #endRow(): void {
    const { end } = this.#lexer;
    this.#list = AFTER_ROW;
    this.#items++;
    if (this.#items > 1 && this.#rowIsPlain) this.#fold(end, ELLIPSIS);
    else this.#tell();
  }

  /** Something other than a value: a list of IN ends here for us, and a row will be told as it is. */
  #spoilList(): void {
    if (this.#list === IN_ROW) this.#rowIsPlain = false;
    else this.#list = NO_LIST;
  }

  #tell(): void {
    this.#toldUntil = this.#lexer.end;
    this.#toldEdits = this.#edits.count;
  }

  /** Leaves out all between what was told last and a position. A doubtful text keeps its edits, it may be cut there. */
  #fold(until: number, replacement: number): void {
    if (this.#lexer.doubtful) return;
    this.#edits.count = this.#toldEdits;
    this.#edits.add(this.#toldUntil, until, replacement);
  }

  /** Hides all from where the text cannot be trusted. */
  #cut(start: number): string {
    const { doubtful } = this.#lexer;
    if (doubtful) this.#edits.count = this.#trustedEdits;
    this.#edits.add(doubtful ? this.#trustedUntil : start, this.#text.length, MARK);
    return this.#edits.apply(this.#text);
  }
}
