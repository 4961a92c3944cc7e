/**
 * The SQL words that steer sanitising and summaries. Everything else in a statement is just a name.
 * A word's traits say what may stand around it, so that the two readers need no grammar.
 */

/** An operand follows, so a sign after this word belongs to the number: `SELECT -1`, `BETWEEN -1 AND -2`. */
export const OPERAND = 1;
/** May stand right behind a string in valid SQL. Any other word there hints at a quote that was not escaped. */
export const CONNECTS = 2;
/** Opens a statement and is followed by what it acts on: `INSERT orders`. */
export const ACTS = 4;
/** Opens a statement and names the kind of thing first: `CREATE TABLE orders`. */
export const DEFINES = 8;
/** Opens a statement whose operands are settings, privileges or session objects, which no summary names. */
export const COMMANDS = 16;
/** A kind of thing: TABLE, VIEW, ROLE. */
export const OBJECT = 32;
/** Filler between an operation and its target: INTO, IF NOT EXISTS, ONLY. */
export const FILLER = 64;
/** Starts another clause, so it is never a target and ends a list of tables. */
export const CLAUSE = 128;
/** In a statement about accounts, shows that PASSWORD was not followed by a password: `PASSWORD EXPIRE`. */
export const HARMLESS = 256;
/** Changes how a sanitiser goes on. All other words it may pass over. */
export const WATCHED = 512;

/** A known word: its upper-case spelling, its letters' bytes in lower case, and its traits. */
export interface Keyword {
  readonly name: string;
  readonly letters: Uint8Array;
  readonly traits: number;
}

const GROUPS: readonly (readonly [traits: number, words: string])[] = [
  [OPERAND, 'WHEN NOT BETWEEN LIKE ILIKE IN BY RETURN CASE DISTINCT ALL'],
  [OPERAND | CONNECTS, 'AND OR XOR THEN ELSE'],
  [CONNECTS, 'AS END ESCAPE UESCAPE COLLATE IS ASC DESC DIV MOD REGEXP RLIKE SIMILAR GLOB AT CAST FORMAT SEPARATOR'],
  [CLAUSE, 'OPTION QUALIFY CONNECT MINUS FOR USING MATCHED TRUE FALSE'],
  [CLAUSE | OPERAND, 'OFFSET'],
  [CLAUSE | OPERAND | CONNECTS, 'WHERE HAVING LIMIT'],
  [CLAUSE | CONNECTS, 'GROUP ORDER WINDOW RETURNING UNION INTERSECT EXCEPT TO'],
  [CLAUSE | OPERAND | COMMANDS, 'SET VALUES'],
  [CLAUSE | COMMANDS, 'FETCH'],
  [CLAUSE | OPERAND | CONNECTS, 'SELECT'],
  [CONNECTS | FILLER, 'FROM ON INTO'],
  [CONNECTS, 'JOIN'],
  [
    0,
    'APPLY STRAIGHT_JOIN WITH RECURSIVE MATERIALIZED LATERAL IDENTIFIED PASSWORD SECRET KEY TRANSACTION TRAN WORK ROW',
  ],
  [
    FILLER,
    'IF EXISTS CONCURRENTLY ONLY IGNORE LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK ABORT FAIL TOP PERCENT OVERWRITE',
  ],
  [
    FILLER,
    'TEMP TEMPORARY UNLOGGED UNIQUE GLOBAL LOCAL VIRTUAL CLUSTERED NONCLUSTERED EXTERNAL FOREIGN FULLTEXT SPATIAL',
  ],
  [OBJECT | FILLER, 'TABLE TABLES'],
  [OBJECT, 'VIEW INDEX SCHEMA DATABASE SEQUENCE FUNCTION PROCEDURE PROC TRIGGER EVENT PACKAGE TYPE DOMAIN EXTENSION'],
  [
    OBJECT,
    'USER ROLE LOGIN CREDENTIAL POLICY RULE AGGREGATE SERVER PUBLICATION SUBSCRIPTION TABLESPACE SYNONYM STATISTICS',
  ],
  [ACTS, 'INSERT UPDATE DELETE MERGE UPSERT CALL EXEC EXECUTE USE DESCRIBE PRAGMA COPY'],
  [ACTS | FILLER, 'REPLACE'],
  [DEFINES, 'CREATE ALTER DROP TRUNCATE LOCK REFRESH RENAME'],
  [
    COMMANDS,
    'BEGIN COMMIT ROLLBACK SAVEPOINT RELEASE START SHOW EXPLAIN ANALYZE VACUUM GRANT REVOKE DENY LISTEN UNLISTEN',
  ],
  [
    COMMANDS,
    'NOTIFY PREPARE DEALLOCATE DECLARE CLOSE OPEN MOVE CHECKPOINT REINDEX CLUSTER COMMENT DO DISCARD RESET KILL',
  ],
  [COMMANDS, 'ATTACH DETACH LOAD OPTIMIZE FLUSH UNLOCK BACKUP RESTORE'],
  [HARMLESS, 'NULL DEFAULT EXPIRE HISTORY REUSE REQUIRE NEVER ENCRYPTED RANDOM'],
];

/** Adds the traits that cut across the groups above. */
const ALSO: Readonly<Record<string, number>> = {
  IN: WATCHED,
  VALUES: WATCHED,
  TRUE: WATCHED,
  FALSE: WATCHED,
  USER: WATCHED,
  ROLE: WATCHED,
  LOGIN: WATCHED,
  CREDENTIAL: WATCHED,
  IDENTIFIED: WATCHED,
  PASSWORD: WATCHED,
  OR: FILLER,
  NOT: FILLER,
  ALL: FILLER,
  RECURSIVE: FILLER,
  MATERIALIZED: FILLER | CONNECTS,
  FOR: HARMLESS,
  FROM: HARMLESS,
  WHERE: HARMLESS,
  AS: HARMLESS,
  TO: HARMLESS,
  IS: HARMLESS,
  DEFAULT: OPERAND,
  RETURNING: OPERAND,
};

/** Words by length and first letter: nearly every ordinary name meets an empty bucket and costs one look. */
const BUCKETS: Keyword[][] = Array.from({ length: 16 * 32 }, () => []);
const WATCHED_BUCKETS = new Uint8Array(16 * 32);
for (const [traits, words] of GROUPS) {
  for (const name of words.split(' ')) {
    const bucket = BUCKETS[(name.length << 5) | (name.charCodeAt(0) & 31)];
    if (((ALSO[name] ?? 0) & WATCHED) !== 0) WATCHED_BUCKETS[(name.length << 5) | (name.charCodeAt(0) & 31)] = 1;
    const letters = Uint8Array.from(name, (letter) => letter.charCodeAt(0) | 32);
    bucket?.push({ name, letters, traits: traits | (ALSO[name] ?? 0) });
  }
}

/**
 * Looks up the word between two positions, whatever its case.
 *
 * @param codes the statement's bytes, see `encodeText`
 * @param start where the word starts
 * @param end where it ends, exclusive
 * @returns the keyword, or undefined for any other word
 * @throws never
 * @example findKeyword(encodeText('select 1'), 0, 6)?.name // 'SELECT'
 */
export function findKeyword(codes: Uint8Array, start: number, end: number): Keyword | undefined {
  const length = end - start;
  if (length > 15) return undefined;
  const bucket = BUCKETS[(length << 5) | ((codes[start] ?? 0) & 31)];
  if (bucket === undefined) return undefined;
  for (let index = 0; index < bucket.length; index++) {
    const keyword = bucket[index];
    if (keyword !== undefined && spells(keyword.letters, codes, start)) return keyword;
  }
  return undefined;
}

/** Whether the word between two positions is one of those that change how a sanitiser goes on. */
export function isWatched(codes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length > 15 || WATCHED_BUCKETS[(length << 5) | ((codes[start] ?? 0) & 31)] !== 1) return false;
  return ((findKeyword(codes, start, end)?.traits ?? 0) & WATCHED) !== 0;
}

function spells(letters: Uint8Array, codes: Uint8Array, start: number): boolean {
  for (let at = 0; at < letters.length; at++) {
    // Bit 32 is all that divides the cases of a letter, and no other character of a word falls on a letter by it.
    if (((codes[start + at] ?? 0) | 32) !== letters[at]) return false;
  }
  return true;
}
