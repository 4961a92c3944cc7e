/** Reads operations and their targets out of SQL, without a grammar: one state for each open parenthesis. */
import type { Dialect } from './sql-dialect.ts';
import { ACTS, CLAUSE, COMMANDS, DEFINES, FILLER, findKeyword, OBJECT, type Keyword } from './sql-keywords.ts';
import { BROKEN, END, NUMBER, PARAMETER, PLACEHOLDER, QUOTED, SqlLexer, STRING, WORD } from './sql-lexer.ts';

/** The conventions' limit for `db.query.summary`. */
const MAX_LENGTH = 255;
/** More names than any statement defines by WITH; a bound for what we keep. */
const MAX_CTES = 100;

/** A statement may open here, so UPDATE and the like are operations and no columns or privileges. */
const START = 1;
/** In a SELECT, before its FROM. Elsewhere FROM is a part of a function call, or names what is only read. */
const SELECTING = 2;
/** In the list of tables behind FROM: a comma or JOIN brings another. */
const LISTING = 4;
const EXPECT_TABLE = 8;
/** The operation's own target comes, perhaps behind filler words. */
const EXPECT_TARGET = 16;
/** A comma brings another target: `DROP TABLE a, b`. */
const TARGETS = 32;
/** The kind of thing comes: `CREATE [UNIQUE] INDEX`. */
const EXPECT_OBJECT = 64;
/** ... or the target itself: `TRUNCATE orders`. */
const OBJECT_OPTIONAL = 128;
const CTE_NAME = 256;
const CTE_AS = 512;
const CTE_BODY = 1024;
const CTE_NEXT = 2048;
const CTE = CTE_NAME | CTE_AS | CTE_BODY | CTE_NEXT;
/** Behind EXPLAIN and its options. */
const EXPLAINING = 4096;
/** BEGIN and its kin take one more word: TRANSACTION. */
const SUFFIX = 8192;
/** Nothing more of this statement is told. */
const DONE = 16384;

export class SqlSummarizer {
  readonly #text: string;
  readonly #lexer: SqlLexer;
  readonly #dialect: Dialect;
  readonly #ctes = new Set<string>();
  readonly #stack: number[] = [];
  #state = START;
  #summary = '';
  /** Length of the summary before the last string that nothing speaks against. */
  #trusted = 0;
  #full = false;
  #cteName = '';
  #previous = '';
  /** Where the name ended that was read last, to know a function body from a table. */
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
        if (kind === STRING || kind === NUMBER) this.#state &= ~(START | EXPECT_TABLE | CTE);
        else if (kind === PARAMETER || kind === PLACEHOLDER) this.#state &= ~(EXPECT_TABLE | CTE);
        else this.#punctuation((this.#lexer.codes[this.#lexer.start] ?? 0));
        if (kind === STRING) this.#state &= ~EXPECT_TARGET;
        kind = this.#advance();
      }
    }
    if (kind !== BROKEN) kind = this.#readOn();
    return kind === BROKEN && this.#lexer.doubtful ? this.#summary.slice(0, this.#trusted) : this.#summary;
  }

  #advance(): number {
    const kind = this.#lexer.next();
    if (kind === STRING && !this.#lexer.doubtful) this.#trusted = this.#summary.length;
    return kind;
  }

  /** A full summary is good only if the text turns out well where a string made it doubtful. */
  #readOn(): number {
    let { kind } = this.#lexer;
    while (this.#lexer.doubtful && kind !== END && kind !== BROKEN) kind = this.#lexer.next();
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
      if (kind !== END && (this.#lexer.codes[this.#lexer.start] ?? 0) === 46 && this.#lexer.end === end + dots + 1) dots++;
      else if (dots > 0 && (kind === WORD || kind === QUOTED)) {
        end = this.#lexer.end;
        dots = 0;
      } else break;
      kind = this.#advance();
    }
    if (!isTable || this.#ctes.size === 0 || !this.#ctes.has(foldName(this.#text.slice(start, end)))) {
      this.#append(start, end);
    }
    return kind;
  }

  #quoted(): number {
    const state = this.#state;
    this.#previous = '';
    if ((state & CTE_NAME) !== 0) {
      this.#defineCte();
    } else if ((state & EXPECT_TABLE) !== 0) {
      this.#state &= ~(EXPECT_TABLE | START);
      return this.#name(true);
    } else if ((state & (EXPECT_TARGET | OBJECT_OPTIONAL)) !== 0) {
      return this.#target();
    } else {
      this.#state &= ~(START | CTE | EXPECT_OBJECT);
    }
    return this.#advance();
  }

  #target(): number {
    this.#state &= ~(EXPECT_TARGET | EXPECT_OBJECT | OBJECT_OPTIONAL | START);
    return this.#name(false);
  }

  #defineCte(): void {
    this.#cteName = foldName(this.#text.slice(this.#lexer.start, this.#lexer.end));
    this.#state ^= CTE_NAME | CTE_AS;
  }

  #word(): number {
    const { start, end } = this.#lexer;
    const part = start > 0 && this.#lexer.codes[start - 1] === 46;
    const keyword = part ? undefined : findKeyword(this.#lexer.codes, start, end);
    const name = keyword?.name ?? '';
    const traits = keyword?.traits ?? 0;
    const previous = this.#previous;
    this.#previous = name;
    if ((this.#state & CTE) !== 0 && this.#readCte(name)) return this.#advance();
    if ((this.#state & EXPECT_TABLE) !== 0) {
      if (name === 'ONLY' || name === 'LATERAL') return this.#advance();
      this.#state &= ~EXPECT_TABLE;
      if ((traits & CLAUSE) === 0) {
        this.#state &= ~START;
        return this.#name(true);
      }
    }
    if ((this.#state & EXPECT_TARGET) !== 0) {
      if ((traits & FILLER) !== 0) return this.#advance();
      if ((traits & CLAUSE) === 0) return this.#target();
      this.#state &= ~EXPECT_TARGET;
    }
    if ((this.#state & EXPECT_OBJECT) !== 0) return this.#object(name, traits);
    if ((this.#state & SUFFIX) !== 0) {
      this.#state &= ~SUFFIX;
      if (name === 'TRANSACTION' || name === 'TRAN' || name === 'WORK') {
        this.#appendToken();
        return this.#advance();
      }
    }
    if (keyword === undefined) {
      if ((this.#state & EXPLAINING) === 0) this.#state &= ~START;
    } else {
      this.#keyword(keyword, previous);
    }
    return this.#advance();
  }

  /** Whether the word belongs to the head of a WITH clause. Any other word ends that head. */
  #readCte(name: string): boolean {
    const state = this.#state;
    if ((state & CTE_NAME) !== 0) {
      if (name !== 'RECURSIVE') this.#defineCte();
      return true;
    }
    if ((state & CTE_AS) !== 0 && name === 'AS') {
      if (this.#ctes.size < MAX_CTES) this.#ctes.add(this.#cteName);
      this.#state ^= CTE_AS | CTE_BODY;
      return true;
    }
    if ((state & CTE_BODY) !== 0 && (name === 'NOT' || name === 'MATERIALIZED')) return true;
    if ((state & CTE_NEXT) !== 0) this.#state |= START;
    this.#state &= ~CTE;
    return false;
  }

  /** Reads the kind of thing behind CREATE, ALTER, DROP and their like. */
  #object(name: string, traits: number): number {
    const optional = (this.#state & OBJECT_OPTIONAL) !== 0;
    if ((traits & OBJECT) !== 0) {
      this.#appendToken();
      this.#state = (this.#state & (TARGETS | DONE)) | EXPECT_TARGET;
      // A table or a view may be made from a SELECT, which is worth telling; no other thing is.
      if (name !== 'TABLE' && name !== 'VIEW') this.#state |= DONE;
      const routine = name === 'FUNCTION' || name.startsWith('PROC') || name === 'TRIGGER' || name === 'EVENT';
      if (routine && !this.#dialect.postgres) return this.#routine();
    } else if (name === 'MATERIALIZED') {
      this.#appendToken();
    } else if ((traits & FILLER) === 0) {
      if (optional) return this.#target();
      this.#state = DONE;
    }
    return this.#advance();
  }

  /** Where bodies are not quoted, the statements in them would pass for statements of ours. */
  #routine(): number {
    let kind = this.#advance();
    while (
      kind === WORD &&
      ((findKeyword(this.#lexer.codes, this.#lexer.start, this.#lexer.end)?.traits ?? 0) & FILLER) !== 0
    ) {
      kind = this.#advance();
    }
    if (kind === WORD || kind === QUOTED) kind = this.#name(false);
    this.#finished = true;
    return kind;
  }

  #keyword({ name, traits }: Keyword, previous: string): void {
    const state = this.#state;
    if ((state & DONE) !== 0) return;
    if (name === 'SELECT') {
      this.#appendToken();
      this.#state = SELECTING;
    } else if (name === 'FROM') {
      if ((state & SELECTING) !== 0 && previous !== 'DISTINCT') this.#state = LISTING | EXPECT_TABLE;
    } else if (name === 'JOIN' || name === 'APPLY' || name === 'STRAIGHT_JOIN') {
      if ((state & LISTING) !== 0) this.#state |= EXPECT_TABLE;
    } else if (name === 'WITH') {
      this.#state = (state & ~START) | CTE_NAME;
    } else if ((state & START) !== 0 && (traits & (ACTS | DEFINES | COMMANDS)) !== 0) {
      this.#operation(name, traits);
    } else {
      if ((traits & CLAUSE) !== 0) this.#state &= ~(LISTING | TARGETS);
      if ((state & EXPLAINING) === 0) this.#state &= ~START;
    }
  }

  #operation(name: string, traits: number): void {
    if (name === 'ANALYZE' && (this.#state & EXPLAINING) !== 0) return;
    // VALUES opens a statement of its own, but in `FROM (VALUES ...)` it stands for a table without a name.
    if (name === 'VALUES' && this.#stack.length > 0) {
      this.#state = 0;
      return;
    }
    this.#appendToken();
    if ((traits & ACTS) !== 0) this.#state = EXPECT_TARGET;
    else if (name === 'TRUNCATE' || name === 'LOCK') this.#state = EXPECT_OBJECT | OBJECT_OPTIONAL | TARGETS;
    else if ((traits & DEFINES) !== 0) this.#state = EXPECT_OBJECT | (name === 'DROP' ? TARGETS : 0);
    else if (name === 'EXPLAIN') this.#state = START | EXPLAINING;
    else if (name === 'BEGIN' || name === 'RELEASE') this.#state = START | SUFFIX;
    else if (name === 'COMMIT' || name === 'ROLLBACK' || name === 'START') this.#state = SUFFIX;
    else if (name === 'GRANT' || name === 'REVOKE' || name === 'DENY' || name === 'COMMENT') this.#state = DONE;
    else this.#state = 0;
  }

  #punctuation(code: number): void {
    const state = this.#state;
    switch (code) {
      case 40: {
        let inner = state & (DONE | START | EXPLAINING);
        if ((state & EXPECT_TABLE) !== 0) inner |= START | LISTING | EXPECT_TABLE;
        if ((state & CTE_BODY) !== 0) {
          inner |= START;
          this.#state ^= CTE_BODY | CTE_NEXT;
        }
        this.#state &= ~(EXPECT_TABLE | CTE_NAME);
        this.#stack.push(this.#state);
        this.#state = inner;
        return;
      }
      case 41:
        this.#state = this.#stack.pop() ?? 0;
        return;
      case 44:
        if ((state & CTE_NEXT) !== 0) this.#state ^= CTE_NEXT | CTE_NAME;
        else if ((state & LISTING) !== 0) this.#state |= EXPECT_TABLE;
        else if ((state & TARGETS) !== 0) this.#state |= EXPECT_TARGET;
        return;
      case 59:
        this.#stack.length = 0;
        this.#ctes.clear();
        this.#state = START;
        this.#previous = '';
        return;
      default:
        this.#state &= ~(EXPECT_TABLE | CTE);
    }
  }
}

/** Quotes and case aside, for comparing a table with the names from WITH. */
function foldName(name: string): string {
  const quoted = name.length > 1 && '"`['.includes(name.charAt(0));
  return (quoted ? name.slice(1, -1) : name).toLowerCase();
}
