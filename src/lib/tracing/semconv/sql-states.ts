/** What a summary may expect next, as bits: several may hold at once, for each open parenthesis. */
import { ACTS, DEFINES } from './sql-keywords.ts';

/** A statement may open here, so UPDATE and the like are operations and no columns or privileges. */
export const START = 1;
/** In a SELECT, before its FROM. Elsewhere FROM is a part of a function call, or names what is only read. */
export const SELECTING = 2;
/** In the list of tables behind FROM: a comma or JOIN brings another. */
export const LISTING = 4;
/** A table comes, or a parenthesis with tables or a SELECT. */
export const EXPECT_TABLE = 8;
/** The operation's own target comes, perhaps behind filler words. */
export const EXPECT_TARGET = 16;
/** A comma brings another target: `DROP TABLE a, b`. */
export const TARGETS = 32;
/** The kind of thing comes: `CREATE [UNIQUE] INDEX`. */
export const EXPECT_OBJECT = 64;
/** ... or the target itself: `TRUNCATE orders`. */
export const OBJECT_OPTIONAL = 128;
/** Behind WITH or a comma: the name of a common table expression (CTE) comes. */
export const CTE_NAME = 256;
/** Behind that name: column names may come, then AS. */
export const CTE_AS = 512;
/** Behind AS: the parenthesis with the statement comes. */
export const CTE_BODY = 1024;
/** Behind that parenthesis: a comma and another name, or the statement that all was for. */
export const CTE_NEXT = 2048;
/** Anywhere in the head of a WITH clause. */
export const CTE = CTE_NAME | CTE_AS | CTE_BODY | CTE_NEXT;
/** Behind EXPLAIN and its options. */
export const EXPLAINING = 4096;
/** BEGIN and its kin take one more word: TRANSACTION. */
export const SUFFIX = 8192;
/** Nothing more of this statement is told. */
export const DONE = 16384;
/** The text ends with the target that comes, as far as a summary is concerned. */
export const LAST = 32768;

/** What may come behind the word that opens a statement. */
export function stateAfter(name: string, traits: number): number {
  if ((traits & ACTS) !== 0) return EXPECT_TARGET;
  switch (name) {
    case 'TRUNCATE':
    case 'LOCK':
      return EXPECT_OBJECT | OBJECT_OPTIONAL | TARGETS;
    case 'DROP':
      return EXPECT_OBJECT | TARGETS;
    case 'EXPLAIN':
      return START | EXPLAINING;
    case 'BEGIN':
    case 'RELEASE':
      return START | SUFFIX;
    case 'COMMIT':
    case 'ROLLBACK':
    case 'START':
      return SUFFIX;
    case 'GRANT':
    case 'REVOKE':
    case 'DENY':
    case 'COMMENT':
      return DONE;
    default:
      return (traits & DEFINES) === 0 ? 0 : EXPECT_OBJECT;
  }
}

/** What may come behind an opening parenthesis, given what might have come in its place. */
export function stateInside(outside: number): number {
  const inside = outside & (DONE | START | EXPLAINING);
  if ((outside & EXPECT_TABLE) !== 0) return inside | START | LISTING | EXPECT_TABLE;
  return (outside & CTE_BODY) === 0 ? inside : inside | START;
}

/** Whether a kind of thing has statements in it. */
export function isRoutine(name: string): boolean {
  return name === 'FUNCTION' || name === 'PROCEDURE' || name === 'PROC' || name === 'TRIGGER' || name === 'EVENT';
}
