/**
 * What one database system reads differently from another, as data for the lexer.
 * Sources: PostgreSQL 18 "Lexical Structure" and scan.l, MySQL 9 "Language Structure", SQLite tokenize.c,
 * Transact-SQL "Constants" and "Identifiers".
 */

import { WIDE_BLANK, WIDE_CURRENCY, WIDE_LETTER, WIDE_QUOTE } from './sql-text.ts';

/** The SQL systems with a reading of their own; values are those of `db.system.name`. */
export type SqlSystem = 'postgresql' | 'mysql' | 'mariadb' | 'sqlite' | 'microsoft.sql_server';

/** What a character may start; zero is a mark that stands for itself. The low four bits of a class; `PART` is added where it may continue a word. */
export const BLANK = 1;
export const LETTER = 2;
export const DIGIT = 3;
export const STRING_QUOTE = 4;
export const NAME_QUOTE = 5;
export const BRACKET = 6;
export const DOLLAR = 7;
export const DASH = 8;
export const SLASH = 9;
export const HASH_COMMENT = 10;
export const DOT = 11;
export const SIGIL = 12;
export const QUESTION = 13;
/** Starts an amount of money. */
export const CURRENCY = 15;
/** Means different things in systems we cannot tell apart, or nothing in any: all that follows is hidden. */
export const UNSAFE = 14;
export const KIND_MASK = 15;
export const PART = 16;

export interface Dialect {
  /** Class of each byte that `encodeText` gives. */
  readonly classes: Uint8Array;
  /** `\'` does not end a string. */
  readonly backslash: boolean;
  /** A server setting can turn `backslash` around (standard_conforming_strings, NO_BACKSLASH_ESCAPES). */
  readonly backslashVaries: boolean;
  /** E'..' strings, and function bodies in quotes rather than between BEGIN and END. */
  readonly postgres: boolean;
  readonly dollarQuotes: boolean;
  /** `$5` and `£5` are amounts of money. */
  readonly money: boolean;
  readonly nestedComments: boolean;
  /** `--` needs a blank behind it to start a comment. */
  readonly spacedDashes: boolean;
  /** A comment that starts with `!` is run as SQL. */
  readonly executableComments: boolean;
  /** A carriage return alone ends a line comment; undefined where we do not know. */
  readonly carriageReturnEnds: boolean | undefined;
  /** `]]` stands for `]` inside brackets. */
  readonly doubledBracket: boolean;
  /** `?1` is a parameter. */
  readonly numberedQuestions: boolean;
  /** Not one of the systems above: whatever two systems read differently is UNSAFE. */
  readonly unknown: boolean;
}

function classify(changes: Readonly<Record<string, number>>): Uint8Array {
  const classes = new Uint8Array(256);
  for (const blank of '\t\n\v\f\r ') classes[blank.charCodeAt(0)] = BLANK;
  for (let code = 48; code < 58; code++) classes[code] = DIGIT | PART;
  for (let code = 65; code < 91; code++) classes[code] = classes[code + 32] = LETTER | PART;
  const marks: Readonly<Record<string, number>> = {
    _: LETTER | PART,
    "'": STRING_QUOTE,
    '"': NAME_QUOTE,
    '`': NAME_QUOTE,
    $: DOLLAR | PART,
    '-': DASH,
    '/': SLASH,
    '.': DOT,
    '?': QUESTION,
    '\\': UNSAFE,
  };
  classes[WIDE_LETTER] = classes[WIDE_CURRENCY] = LETTER | PART;
  classes[WIDE_BLANK] = BLANK;
  classes[WIDE_QUOTE] = UNSAFE;
  for (const [mark, kind] of [...Object.entries(marks), ...Object.entries(changes)]) {
    classes[mark.codePointAt(0) === 164 ? WIDE_CURRENCY : mark.charCodeAt(0)] = kind;
  }
  return classes;
}

const PLAIN = {
  backslash: false,
  backslashVaries: false,
  postgres: false,
  dollarQuotes: false,
  money: false,
  nestedComments: false,
  spacedDashes: false,
  executableComments: false,
  carriageReturnEnds: false,
  doubledBracket: false,
  numberedQuestions: false,
  unknown: false,
};

const POSTGRESQL: Dialect = {
  ...PLAIN,
  classes: classify({}),
  backslashVaries: true,
  postgres: true,
  dollarQuotes: true,
  nestedComments: true,
  carriageReturnEnds: true,
};

const MARIADB: Dialect = {
  ...PLAIN,
  classes: classify({ '"': STRING_QUOTE, '#': HASH_COMMENT, '@': SIGIL }),
  backslash: true,
  backslashVaries: true,
  spacedDashes: true,
  executableComments: true,
};

const DIALECTS: ReadonlyMap<string, Dialect> = new Map<SqlSystem, Dialect>([
  ['postgresql', POSTGRESQL],
  ['mariadb', MARIADB],
  // MySQL 9 writes JavaScript routines in dollar quotes.
  ['mysql', { ...MARIADB, dollarQuotes: true }],
  ['sqlite', { ...PLAIN, numberedQuestions: true, classes: classify({ '[': BRACKET, '@': SIGIL, ':': SIGIL }) }],
  [
    'microsoft.sql_server',
    {
      ...PLAIN,
      classes: classify({ '[': BRACKET, '@': SIGIL | PART, '#': LETTER | PART, '¤': CURRENCY }),
      money: true,
      nestedComments: true,
      carriageReturnEnds: undefined,
      doubledBracket: true,
    },
  ],
]);

const UNKNOWN: Dialect = {
  ...PLAIN,
  classes: classify({ '"': STRING_QUOTE, '#': UNSAFE, '[': UNSAFE, '@': SIGIL, '¤': CURRENCY }),
  backslashVaries: true,
  dollarQuotes: true,
  money: true,
  executableComments: true,
  carriageReturnEnds: undefined,
  unknown: true,
};

/** The reading rules of a system; for any name not in `SqlSystem`, the ones that hide most. */
export function dialectOf(system: string): Dialect {
  return DIALECTS.get(system) ?? UNKNOWN;
}
