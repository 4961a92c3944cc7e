/**
 * Finds passwords that are not written as strings: `IDENTIFIED BY hunter2`, `PASSWORD "hunter2"`, `PRAGMA key = x`.
 * To the lexer those are names, which a sanitised statement keeps, so statements about accounts need a closer look.
 */
import { HARMLESS, type Keyword } from './sql-keywords.ts';
import { PUNCTUATION, QUOTED, STRING, WORD, type SqlLexer } from './sql-lexer.ts';

/** The token is no secret. */
export const SHOW = 0;
/** A `?` takes the token's place. */
export const HIDE = 1;
/** The token goes, because a `?` already stands for it. */
export const OMIT = 2;

const IDLE = 0;
/** The next operand is the secret. */
const EXPECTING = 1;
/** Not a statement about accounts as far as we know: only a quoted name would be a secret. */
const EXPECTING_QUOTED = 2;
/** Inside the secret: an unquoted one may hold marks that split it into several tokens. */
const INSIDE = 3;
/** `DECRYPTION BY PASSWORD = x` names a secret, `ORDER BY password` does not. */
const EXPECTING_EQUALS = 4;

const ENDS = ',;)';

/** Watches one text for secrets. */
export class CredentialWatch {
  /** Whether only words marked WATCHED, and a `;`, are of interest now. */
  idle = false;
  /** Whether `judge` must see the next token. */
  active = false;
  #state = IDLE;
  /** The statement is about accounts or keys. */
  #sensitive = false;
  #identified = false;
  #setsPassword = false;
  /** The statement's first word. */
  #opening = '';

  /** Notes the end of a statement. */
  reset(): void {
    this.#sensitive = false;
    this.#identified = false;
    this.#setsPassword = false;
    this.#opening = '';
    this.#become(IDLE);
  }

  /**
   * Reads a word that is shown, and tells from it whether a secret comes next.
   *
   * @param lexer stands on the word
   * @param keyword the word, if it is a keyword
   * @param previous the keyword right before it, or an empty string
   */
  observe(lexer: SqlLexer, keyword: Keyword | undefined, previous: string): void {
    const opens = this.#opening === '';
    const name = keyword?.name ?? '?';
    if (opens) this.#opening = name;
    this.#become(this.#expectation(lexer, name, previous, opens));
  }

  #expectation(lexer: SqlLexer, name: string, previous: string, opens: boolean): number {
    switch (name) {
      case 'USER':
      case 'ROLE':
      case 'LOGIN':
        // REPLACE: CREATE OR REPLACE USER
        if (previous === 'CREATE' || previous === 'ALTER' || previous === 'REPLACE') this.#sensitive = true;
        return IDLE;
      case 'PRAGMA':
      case 'ATTACH':
        if (opens) this.#sensitive = true;
        return IDLE;
      case 'CREDENTIAL':
        this.#sensitive = true;
        return IDLE;
      case 'IDENTIFIED':
        this.#sensitive = this.#identified = true;
        return IDLE;
      case 'BY':
      case 'AS':
      case 'USING':
      case 'REPLACE':
        return this.#identified ? EXPECTING : IDLE;
      case 'PASSWORD':
        // Not `UPDATE users SET password`, which sets a column.
        if (previous === 'SET' && this.#opening === 'SET') this.#sensitive = this.#setsPassword = true;
        if (previous === 'ENCRYPTED') this.#sensitive = true;
        if (this.#sensitive) return EXPECTING;
        return previous === 'WITH' || previous === 'BY' ? EXPECTING_EQUALS : EXPECTING_QUOTED;
      case 'TO':
        return this.#setsPassword ? EXPECTING : IDLE;
      case 'SECRET':
      case 'KEY':
        return this.#sensitive ? EXPECTING : IDLE;
      case '?':
        return this.#sensitive && namesSecret(lexer.text.slice(lexer.start, lexer.end).slice(-8)) ? EXPECTING : IDLE;
      default:
        return IDLE;
    }
  }

  /** Notes an `=`: `SET PASSWORD FOR somebody = hunter2`. */
  assign(): void {
    if (this.#setsPassword) this.#become(EXPECTING);
  }

  /**
   * Decides on the token behind what `observe` saw. Only to be asked while `active`.
   *
   * @param lexer stands on the token
   * @param keyword the token's keyword, if it is one
   * @param touches whether no blank is before it
   * @returns `SHOW`, `HIDE` or `OMIT`
   */
  judge(lexer: SqlLexer, keyword: Keyword | undefined, touches: boolean): number {
    const { kind, codes, start, end } = lexer;
    const mark = kind === PUNCTUATION ? lexer.text.charAt(start) : '';
    if (mark === ',' || mark === ')' || mark === ';') {
      // In `PASSWORD hun;ter2` the mark is a part of the secret.
      const ends =
        this.#state !== INSIDE || !touches || (codes[end] ?? 0) <= 32 || ENDS.includes(lexer.text.charAt(end));
      return ends ? this.#become(IDLE) : OMIT;
    }
    if (this.#state === INSIDE) return touches ? OMIT : this.#become(IDLE);
    if (this.#state === EXPECTING_EQUALS && mark === '=') {
      this.#sensitive = true;
      return this.#become(EXPECTING);
    }
    if (this.#state !== EXPECTING) return this.#become(kind === QUOTED ? INSIDE : IDLE);
    if (mark === '=' || mark === '(' || (mark === ':' && codes[end] === 61)) return SHOW;
    if (kind === WORD && keyword !== undefined) {
      // `IDENTIFIED BY PASSWORD 'hash'`, `IDENTIFIED BY VALUES 'hash'`, `= PASSWORD('x')`
      if (keyword.name === 'PASSWORD' || keyword.name === 'VALUES') return SHOW;
      if ((keyword.traits & HARMLESS) !== 0) return this.#become(IDLE);
    }
    this.#become(kind === STRING ? IDLE : INSIDE);
    return HIDE;
  }

  #become(state: number): number {
    this.#state = state;
    this.active = state !== IDLE;
    this.idle = state === IDLE && !this.#sensitive && this.#opening !== '';
    return state === INSIDE ? HIDE : SHOW;
  }
}

/** MASTER_PASSWORD, OLD_PASSWORD, REKEY, HEXKEY. */
function namesSecret(tail: string): boolean {
  const upper = tail.toUpperCase();
  return upper === 'PASSWORD' || upper.endsWith('KEY');
}
