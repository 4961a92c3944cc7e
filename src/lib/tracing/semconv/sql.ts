/** SQL text made fit for telemetry: `db.query.text` without its values, and `db.query.summary`. */
import { dialectOf, type SqlSystem } from './sql-dialect.ts';
import { SqlSanitizer } from './sql-sanitizer.ts';
import { SqlSummarizer } from './sql-summary.ts';

export type { SqlSystem } from './sql-dialect.ts';

const SQL_SYSTEMS = new Set<unknown>([
  'postgresql',
  'mysql',
  'mariadb',
  'sqlite',
  'microsoft.sql_server',
] satisfies SqlSystem[]);

/**
 * Whether a database speaks SQL that is known here.
 *
 * @param system the value of `db.system.name`
 * @returns `false` for anything else, such as `redis`
 * @example
 * isSqlSystem('redis'); // false
 */
export function isSqlSystem(system: unknown): system is SqlSystem {
  return SQL_SYSTEMS.has(system);
}

/** How to read the text. */
export interface SqlOptions {
  /** The system that runs the statement; the default is `postgresql`. */
  system?: SqlSystem | undefined;
}

/**
 * Replaces every literal of a statement by `?`, removes comments and folds blanks, so that the text may leave the
 * process. Parameters (`$1`, `?`, `:name`, `@p1`) and quoted names stay. `IN (1, 2, 3)` becomes `IN (?)`, and rows
 * behind the first become `, ...` where they hold only values: `VALUES (?, ?), ...`. Passwords are hidden however
 * they are quoted. From the place where a text becomes unfinished or proves malformed, all of it is one `?`.
 *
 * A system that is not in `SqlSystem` is read so that it hides most: double-quoted text is a string, and where systems
 * disagree about what ends a string or a comment (`\'`, `#`, `[`, `--x`, nested comments) the rest is hidden.
 *
 * The time it takes grows in proportion to the text, whatever the text.
 *
 * @param text the statement, or several separated by `;`
 * @param options `system`, one of `SqlSystem`; the default is `postgresql`
 * @returns the sanitised text
 * @throws never
 * @see https://opentelemetry.io/docs/specs/semconv/db/database-spans/#sanitization-of-dbquerytext
 * @example
 * sanitizeSql("SELECT * FROM users WHERE name = 'Ada' AND id IN (1, 2)");
 * // 'SELECT * FROM users WHERE name = ? AND id IN (?)'
 */
export function sanitizeSql(text: string, options?: SqlOptions): string {
  return new SqlSanitizer(text, dialectOf(options?.system ?? 'postgresql')).run();
}

/**
 * Tells a statement in a few words of low cardinality, fit for a span's name: its operations and what they act on, in
 * their order and spelling. Names from WITH are not told, since they are no tables; of UPDATE, DELETE and MERGE only
 * the table that changes. A summary holds no literal: a table written in single quotes is left out as well.
 *
 * @param text the statement, or several separated by `;`
 * @param options `system`, one of `SqlSystem`; the default is `postgresql`
 * @returns at most 255 characters, cut between words; empty if the text opens with no known operation
 * @throws never
 * @see https://opentelemetry.io/docs/specs/semconv/db/database-spans/#generating-a-summary-of-the-query
 * @example
 * summarizeSql('INSERT INTO shipping_details (id) SELECT id FROM orders');
 * // 'INSERT shipping_details SELECT orders'
 */
export function summarizeSql(text: string, options?: SqlOptions): string {
  return new SqlSummarizer(text, dialectOf(options?.system ?? 'postgresql')).run();
}
