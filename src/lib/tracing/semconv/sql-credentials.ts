/**
 * Finds passwords that are not written as strings: `IDENTIFIED BY hunter2`, `PASSWORD "hunter2"`, `PRAGMA key = x`.
 * To the lexer those are names, which a sanitised statement keeps, so statements about accounts need a closer look.
 */
import { HARMLESS, type Keyword } from './sql-keywords.ts';
import { PUNCTUATION, QUOTED, WORD, type SqlLexer } from './sql-lexer.ts';

/** What to do with a token: show it, put `?` in its place, or leave it out because a `?` already stands for it. */
export const SHOW = 0;
export const HIDE = 1;
export const OMIT = 2;

const IDLE = 0;
/** The next operand is the secret. */
const EXPECTING = 1;
/** Not a statement about accounts as far as we know: only a quoted name would be a secret. */
const EXPECTING_QUOTED = 2;
/** Inside the secret: an unquoted one may hold marks that split it into several tokens. */
const INSIDE = 3;

export class CredentialWatch {
  /** Whether `judge` must see the next token. */
  active = false;
  #state = IDLE;
  /** The statement is about accounts or keys. */
  #account = false;
  #identified = false;
  #setsPassword = false;
  #opening = '';
  #previous = '';

  /** Notes the end of a statement. */
  reset(): void {
    this.#become(IDLE);
    this.#account = false;
    this.#identified = false;
    this.#setsPassword = false;
    this.#opening = '';
    this.#previous = '';
  }

  /** Reads a shown word; says what is expected behind it. */
  observe(lexer: SqlLexer, keyword: Keyword | undefined): void {
    const previous = this.#previous;
    const opens = this.#opening === '';
    if (keyword === undefined) {
      if (opens) this.#opening = '?';
      this.#previous = '';
      if (this.#account && namesSecret(lexer.text.slice(lexer.end - 8, lexer.end))) this.#become(EXPECTING);
      return;
    }
    const { name } = keyword;
    if (opens) this.#opening = name;
    // `CREATE OR REPLACE USER` is still CREATE followed by USER.
    if (name !== 'OR' && name !== 'REPLACE') this.#previous = name;
    switch (name) {
      case 'USER':
      case 'ROLE':
      case 'LOGIN':
        if (previous === 'CREATE' || previous === 'ALTER') this.#account = true;
        return;
      case 'CREDENTIAL':
      case 'PRAGMA':
      case 'ATTACH':
        if (name === 'CREDENTIAL' || opens) this.#account = true;
        return;
      case 'IDENTIFIED':
        this.#account = true;
        this.#identified = true;
        return;
      case 'BY':
      case 'AS':
      case 'USING':
      case 'REPLACE':
        if (this.#identified) this.#become(EXPECTING);
        return;
      case 'PASSWORD':
        if (previous === 'SET' && this.#opening === 'SET') this.#account = this.#setsPassword = true;
        if (previous === 'WITH' || previous === 'ENCRYPTED' || previous === 'BY') this.#account = true;
        this.#become(this.#account ? EXPECTING : EXPECTING_QUOTED);
        return;
      case 'TO':
        if (this.#setsPassword) this.#become(EXPECTING);
        return;
      case 'SECRET':
      case 'KEY':
        if (this.#account) this.#become(EXPECTING);
    }
  }

  /** Notes an `=`: `SET PASSWORD FOR somebody = hunter2`. */
  assign(): void {
    if (this.#setsPassword) this.#become(EXPECTING);
  }

  /** Decides on the token behind what `observe` saw. Only to be asked while `active`. */
  judge(lexer: SqlLexer, keyword: Keyword | undefined, touches: boolean): number {
    const { kind } = lexer;
    const mark = kind === PUNCTUATION ? lexer.text.charAt(lexer.start) : '';
    if (mark === ',' || mark === ')' || mark === ';') return this.#become(IDLE);
    if (this.#state === INSIDE) return touches ? OMIT : this.#become(IDLE);
    if (this.#state === EXPECTING_QUOTED) return kind === QUOTED ? this.#become(INSIDE) : this.#become(IDLE);
    if (mark === '=' || mark === '(' || (mark === ':' && lexer.text.charAt(lexer.end) === '=')) return SHOW;
    if (kind === WORD && keyword !== undefined) {
      // `IDENTIFIED BY PASSWORD 'hash'`, `IDENTIFIED BY VALUES 'hash'`, `= PASSWORD('x')`
      if (keyword.name === 'PASSWORD' || keyword.name === 'VALUES') return SHOW;
      if ((keyword.traits & HARMLESS) !== 0) return this.#become(IDLE);
    }
    return this.#become(INSIDE);
  }

  #become(state: number): number {
    this.#state = state;
    this.active = state !== IDLE;
    return state === INSIDE ? HIDE : SHOW;
  }
}

/** MASTER_PASSWORD, OLD_PASSWORD, REKEY, HEXKEY. */
function namesSecret(tail: string): boolean {
  const upper = tail.toUpperCase();
  return upper === 'PASSWORD' || upper.endsWith('KEY');
}
