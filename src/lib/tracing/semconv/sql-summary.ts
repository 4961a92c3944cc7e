/** Reads operations and their targets out of SQL, without a grammar: one state for each open parenthesis. */
import { CteNames } from './sql-cte.ts';
import type { Dialect } from './sql-dialect.ts';
import { ACTS, CLAUSE, COMMANDS, DEFINES, FILLER, findKeyword, OBJECT, type Keyword } from './sql-keywords.ts';
import { BROKEN, END, NUMBER, PARAMETER, PLACEHOLDER, QUOTED, SqlLexer, STRING, WORD } from './sql-lexer.ts';
import * as is from './sql-states.ts';

/** The conventions' limit for `db.query.summary`. */
const MAX_LENGTH = 255;

/** Summarises one text. */
export class SqlSummarizer {
  readonly #text: string;
  readonly #lexer: SqlLexer;
  readonly #dialect: Dialect;
  readonly #ctes = new CteNames();
  readonly #stack: number[] = [];
  #state = is.START;
  #summary = '';
  /** Length of the summary before the last string that nothing speaks against. */
  #trusted = 0;
  #full = false;
  #previous = '';
  #finished = false;

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#dialect = dialect;
    this.#lexer = new SqlLexer(text, dialect);
  }

  run(): string {
    let kind = this.#advance();
    while (kind !== END && kind !== BROKEN && !this.#full && !this.#finished) {
      if (kind === WORD) kind = this.#word();
      else if (kind === QUOTED) kind = this.#quoted();
      else {
        if (kind === STRING || kind === NUMBER) this.#state &= ~(is.START | is.EXPECT_TABLE | is.CTE);
        else if (kind === PARAMETER || kind === PLACEHOLDER) this.#state &= ~(is.EXPECT_TABLE | is.CTE);
        else this.#punctuation(this.#lexer.codes[this.#lexer.start] ?? 0);
        if (kind === STRING) this.#state &= ~is.EXPECT_TARGET;
        kind = this.#advance();
      }
    }
    // A full summary is good only if the text turns out well where a string made it doubtful.
    while (this.#lexer.doubtful && kind !== END && kind !== BROKEN) kind = this.#lexer.next();
    return kind === BROKEN && this.#lexer.doubtful ? this.#summary.slice(0, this.#trusted) : this.#summary;
  }

  #advance(): number {
    const kind = this.#lexer.next();
    if (kind === STRING && !this.#lexer.doubtful) this.#trusted = this.#summary.length;
    return kind;
  }

  #append(start: number, end: number): void {
    const length = this.#summary.length + end - start + (this.#summary === '' ? 0 : 1);
    if (this.#full || length > MAX_LENGTH) {
      this.#full = true;
      return;
    }
    const part = this.#text.slice(start, end);
    this.#summary = this.#summary === '' ? part : `${this.#summary} ${part}`;
  }

  #appendToken(): void {
    this.#append(this.#lexer.start, this.#lexer.end);
  }

  /** Reads a name with its qualifiers (`shop.orders`, `[a].[b]`, `db..t`) and moves behind it. */
  #name(isTable: boolean): number {
    const { start } = this.#lexer;
    let { end } = this.#lexer;
    let kind = this.#advance();
    let dots = 0;
    while (this.#lexer.start === end + dots) {
      if (this.#lexer.codes[this.#lexer.start] === 46 && this.#lexer.end === end + dots + 1) dots++;
      else if (dots > 0 && (kind === WORD || kind === QUOTED)) {
        end = this.#lexer.end;
        dots = 0;
      } else break;
      kind = this.#advance();
    }
    if (!isTable || !this.#ctes.has(this.#text, start, end)) this.#append(start, end);
    return kind;
  }

  #quoted(): number {
    const state = this.#state;
    this.#previous = '';
    if ((state & is.CTE_NAME) !== 0) {
      this.#defineCte();
    } else if ((state & is.EXPECT_TABLE) !== 0) {
      this.#state &= ~(is.EXPECT_TABLE | is.START);
      return this.#name(true);
    } else if ((state & (is.EXPECT_TARGET | is.OBJECT_OPTIONAL)) !== 0) {
      return this.#target();
    } else {
      this.#state &= ~(is.START | is.CTE | is.EXPECT_OBJECT);
    }
    return this.#advance();
  }

  #target(): number {
    this.#finished = (this.#state & is.LAST) !== 0;
    this.#state &= ~(is.EXPECT_TARGET | is.EXPECT_OBJECT | is.OBJECT_OPTIONAL | is.START);
    return this.#name(false);
  }

  #defineCte(): void {
    this.#ctes.name(this.#text.slice(this.#lexer.start, this.#lexer.end));
    this.#state ^= is.CTE_NAME | is.CTE_AS;
  }

  #word(): number {
    const { start, end } = this.#lexer;
    const part = start > 0 && this.#lexer.codes[start - 1] === 46;
    const keyword = part ? undefined : findKeyword(this.#lexer.codes, start, end);
    const name = keyword?.name ?? '';
    const traits = keyword?.traits ?? 0;
    const previous = this.#previous;
    this.#previous = name;
    if ((this.#state & is.CTE) !== 0 && this.#readCte(name)) return this.#advance();
    if ((this.#state & is.EXPECT_TABLE) !== 0) {
      if (name === 'ONLY' || name === 'LATERAL') return this.#advance();
      this.#state &= ~is.EXPECT_TABLE;
      if ((traits & CLAUSE) === 0) {
        this.#state &= ~is.START;
        return this.#name(true);
      }
    }
    if ((this.#state & is.EXPECT_TARGET) !== 0) {
      if ((traits & FILLER) !== 0) return this.#advance();
      if ((traits & CLAUSE) === 0) return this.#target();
      this.#state &= ~is.EXPECT_TARGET;
    }
    if ((this.#state & is.EXPECT_OBJECT) !== 0) return this.#object(name, traits);
    if ((this.#state & is.SUFFIX) !== 0) {
      this.#state &= ~is.SUFFIX;
      if (name === 'TRANSACTION' || name === 'TRAN' || name === 'WORK') {
        this.#appendToken();
        return this.#advance();
      }
    }
    if (keyword === undefined) {
      if ((this.#state & is.EXPLAINING) === 0) this.#state &= ~is.START;
    } else {
      this.#keyword(keyword, previous);
    }
    return this.#advance();
  }

  /** Whether the word belongs to the head of a WITH clause. Any other word ends that head. */
  #readCte(name: string): boolean {
    const state = this.#state;
    if ((state & is.CTE_NAME) !== 0) {
      if (name !== 'RECURSIVE') this.#defineCte();
      return true;
    }
    if ((state & is.CTE_AS) !== 0 && name === 'AS') {
      this.#ctes.define();
      this.#state ^= is.CTE_AS | is.CTE_BODY;
      return true;
    }
    if ((state & is.CTE_BODY) !== 0 && (name === 'NOT' || name === 'MATERIALIZED')) return true;
    if ((state & is.CTE_NEXT) !== 0) this.#state |= is.START;
    this.#state &= ~is.CTE;
    return false;
  }

  /** Reads the kind of thing behind CREATE, ALTER, DROP and their like. */
  #object(name: string, traits: number): number {
    const optional = (this.#state & is.OBJECT_OPTIONAL) !== 0;
    if ((traits & OBJECT) !== 0) {
      this.#appendToken();
      this.#state = (this.#state & (is.TARGETS | is.DONE)) | is.EXPECT_TARGET;
      // A table or a view may be made from a SELECT, which is worth telling; no other thing is.
      if (name !== 'TABLE' && name !== 'VIEW') this.#state |= is.DONE;
      // Where bodies are not quoted, the statements in them would pass for statements of ours.
      if (is.isRoutine(name) && !this.#dialect.postgres) this.#state |= is.LAST;
    } else if (name === 'MATERIALIZED') {
      this.#appendToken();
    } else if ((traits & FILLER) === 0) {
      if (optional) return this.#target();
      this.#state = is.DONE;
    }
    return this.#advance();
  }

  #keyword({ name, traits }: Keyword, previous: string): void {
    const state = this.#state;
    if ((state & is.DONE) !== 0) return;
    if (name === 'SELECT') {
      this.#appendToken();
      this.#state = is.SELECTING;
    } else if (name === 'FROM') {
      if ((state & is.SELECTING) !== 0 && previous !== 'DISTINCT') this.#state = is.LISTING | is.EXPECT_TABLE;
    } else if (name === 'JOIN' || name === 'APPLY' || name === 'STRAIGHT_JOIN') {
      if ((state & is.LISTING) !== 0) this.#state |= is.EXPECT_TABLE;
    } else if (name === 'WITH') {
      this.#state = (state & ~is.START) | is.CTE_NAME;
    } else if ((state & is.START) !== 0 && (traits & (ACTS | DEFINES | COMMANDS)) !== 0) {
      this.#operation(name, traits);
    } else {
      if ((traits & CLAUSE) !== 0 && name !== 'USING') this.#state &= ~(is.LISTING | is.TARGETS);
      if ((state & is.EXPLAINING) === 0) this.#state &= ~is.START;
    }
  }

  #operation(name: string, traits: number): void {
    if (name === 'ANALYZE' && (this.#state & is.EXPLAINING) !== 0) return;
    // VALUES opens a statement of its own, but in `FROM (VALUES ...)` it stands for a table without a name.
    if (name === 'VALUES' && this.#stack.length > 0) {
      this.#state = 0;
      return;
    }
    this.#appendToken();
    this.#state = is.stateAfter(name, traits);
  }

  #punctuation(code: number): void {
    const state = this.#state;
    switch (code) {
      case 40:
        if ((state & is.CTE_BODY) !== 0) this.#state ^= is.CTE_BODY | is.CTE_NEXT;
        this.#stack.push(this.#state & ~(is.EXPECT_TABLE | is.CTE_NAME));
        this.#state = is.stateInside(state);
        return;
      case 41:
        this.#state = this.#stack.pop() ?? 0;
        return;
      case 44:
        if ((state & is.CTE_NEXT) !== 0) this.#state ^= is.CTE_NEXT | is.CTE_NAME;
        else if ((state & is.LISTING) !== 0) this.#state |= is.EXPECT_TABLE;
        else if ((state & is.TARGETS) !== 0) this.#state |= is.EXPECT_TARGET;
        return;
      case 59:
        this.#stack.length = 0;
        this.#ctes.clear();
        this.#state = is.START;
        this.#previous = '';
        return;
      default:
        this.#state &= ~(is.EXPECT_TABLE | is.CTE);
    }
  }
}
