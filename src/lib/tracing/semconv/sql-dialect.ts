/**
 * What one database system reads differently from another, as data for the lexer.
 * Sources: PostgreSQL 18 "Lexical Structure" and scan.l, MySQL 9 "Language Structure", SQLite tokenize.c,
 * Transact-SQL "Constants" and "Identifiers".
 */
import { WIDE_BLANK, WIDE_CURRENCY, WIDE_LETTER, WIDE_QUOTE } from './sql-text.ts';

/** The SQL systems with a reading of their own; values are those of `db.system.name`. */
export type SqlSystem = 'postgresql' | 'mysql' | 'mariadb' | 'sqlite' | 'microsoft.sql_server';

// What a byte starts; zero is a mark that stands for itself. `SqlLexer.next` repeats these numbers.
const BLANK = 1;
/** Starts a word. */
export const LETTER = 2;
const DIGIT = 3;
const STRING_QUOTE = 4;
const NAME_QUOTE = 5;
const BRACKET = 6;
const DOLLAR = 7;
const DASH = 8;
const SLASH = 9;
const HASH_COMMENT = 10;
const DOT = 11;
const SIGIL = 12;
const QUESTION = 13;
/** Starts an amount of money. */
const CURRENCY = 15;
/** Means different things in systems we cannot tell apart, or nothing in any: all that follows is hidden. */
const UNSAFE = 14;
/** The bits of a class that say what the byte starts. */
export const KIND_MASK = 15;
/** The bit of a class that says the byte may continue a word. */
export const PART = 16;

/** How one system reads SQL. */
export interface Dialect {
  /** Class of each byte that `encodeText` gives. */
  readonly classes: Uint8Array;
  /** What `skipNames` does about each byte. */
  readonly skips: Uint8Array;
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

// What `skipNames` does about a byte; it repeats these numbers.

/** The byte needs a closer look. */
export const STOP = 0;
const SKIP_MARK = 1;
const SKIP_WORD = 2;
/** A blank. */
export const SKIP_BLANK = 3;
const SKIP_QUOTED = 4;
const SKIP_DOT = 5;
const SKIP_PARAMETER = 6;

/** Marks that mean nothing to a sanitiser outside of a list and of statements about accounts. */
const PLAIN_MARKS = '(),=<>*%|&!~^:@#[]{}';

function planSkips(classes: Uint8Array, dollarParameters: boolean): Uint8Array {
  return classes.map((each, code) => {
    switch (each & KIND_MASK) {
      case LETTER:
        return SKIP_WORD;
      case BLANK:
        return SKIP_BLANK;
      case NAME_QUOTE:
        return SKIP_QUOTED;
      case DOT:
        return SKIP_DOT;
      case DOLLAR:
        return dollarParameters ? SKIP_PARAMETER : STOP;
      case 0:
        return PLAIN_MARKS.includes(String.fromCharCode(code)) ? SKIP_MARK : STOP;
      default:
        return STOP;
    }
  });
}

/** A dialect without what follows from the rest. */
type Rules = Omit<Dialect, 'skips'>;

function complete(rules: Rules): Dialect {
  return { ...rules, skips: planSkips(rules.classes, rules.postgres) };
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

const POSTGRESQL: Rules = {
  ...PLAIN,
  classes: classify({}),
  backslashVaries: true,
  postgres: true,
  dollarQuotes: true,
  nestedComments: true,
  carriageReturnEnds: true,
};

const MARIADB: Rules = {
  ...PLAIN,
  classes: classify({ '"': STRING_QUOTE, '#': HASH_COMMENT, '@': SIGIL }),
  backslash: true,
  backslashVaries: true,
  spacedDashes: true,
  executableComments: true,
};

const SQLITE: Rules = {
  ...PLAIN,
  classes: classify({ '[': BRACKET, '@': SIGIL, ':': SIGIL }),
  numberedQuestions: true,
};

const SQL_SERVER: Rules = {
  ...PLAIN,
  classes: classify({ '[': BRACKET, '@': SIGIL | PART, '#': LETTER | PART, '¤': CURRENCY }),
  money: true,
  nestedComments: true,
  carriageReturnEnds: undefined,
  doubledBracket: true,
};

const UNKNOWN: Rules = {
  ...PLAIN,
  classes: classify({ '"': STRING_QUOTE, '#': UNSAFE, '[': UNSAFE, '@': SIGIL, '¤': CURRENCY }),
  backslashVaries: true,
  dollarQuotes: true,
  money: true,
  executableComments: true,
  carriageReturnEnds: undefined,
  unknown: true,
};

const DIALECTS: ReadonlyMap<string, Dialect> = new Map<SqlSystem, Dialect>([
  ['postgresql', complete(POSTGRESQL)],
  ['mariadb', complete(MARIADB)],
  // MySQL 9 writes JavaScript routines in dollar quotes.
  ['mysql', complete({ ...MARIADB, dollarQuotes: true })],
  ['sqlite', complete(SQLITE)],
  ['microsoft.sql_server', complete(SQL_SERVER)],
]);
const OTHER = complete(UNKNOWN);

/** The reading rules of a system; for any name not in `SqlSystem`, the ones that hide most. */
export function dialectOf(system: string): Dialect {
  return DIALECTS.get(system) ?? OTHER;
}
