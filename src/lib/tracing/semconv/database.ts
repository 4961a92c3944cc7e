/** Attributes and names of database spans. Pure. */
import type { Attributes } from '@opentelemetry/api';
import { ATTR } from './names.ts';
import { type SqlSystem, sanitizeSql, summarizeSql } from './sql.ts';

const PATH_LIMIT = 32;
const DEPTH_LIMIT = 3;
/** The most of a statement that is looked at, in UTF-16 code units: an INSERT of megabytes must not hold up the process. */
const STATEMENT_LIMIT = 32_768;

/** What is known of one SQL statement. */
export interface StatementDetails {
  readonly operation: string;
  readonly sql: string;
  readonly system: SqlSystem;
  readonly table?: string | undefined;
}

/**
 * The name and attributes of one SQL statement. Its text is kept only with every literal taken out.
 *
 * @param details operation, text, dialect and, if known, the table
 * @returns the span's name (`SELECT users`) and its attributes
 * @example
 * describeStatement({ operation: 'SELECT', sql: 'SELECT * FROM users', system: 'postgresql' }).name; // 'SELECT users'
 */
export function describeStatement(details: StatementDetails): { name: string; attributes: Attributes } {
  const { operation, system, table } = details;
  // A cut statement is an unfinished one, and those leak nothing.
  const sql = details.sql.slice(0, STATEMENT_LIMIT);
  const summary = summarizeSql(sql, { system });
  return {
    name: table === undefined ? summary || operation : `${operation} ${table}`,
    attributes: {
      [ATTR.DB_SYSTEM]: system,
      [ATTR.DB_OPERATION]: operation,
      [ATTR.DB_QUERY_TEXT]: sanitizeSql(sql, { system }),
      ...(summary === '' ? {} : { [ATTR.DB_QUERY_SUMMARY]: summary }),
      ...(table === undefined ? {} : { [ATTR.DB_COLLECTION]: table }),
    },
  };
}

/**
 * The shape of a query's arguments, without a single value: `where.email`, `include.profile`.
 *
 * @param args the arguments as an ORM takes them
 * @returns at most 32 paths of at most three names
 * @example
 * argumentPaths({ where: { email: 'ada@example.com' }, take: 1 }); // ['where.email', 'take']
 */
export function argumentPaths(args: unknown): string[] {
  const paths: string[] = [];
  const visit = (value: unknown, prefix: string, depth: number): void => {
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
    const keys = nested && depth < DEPTH_LIMIT ? Object.keys(value) : [];
    if (keys.length === 0) {
      if (prefix !== '') paths.push(prefix);
      return;
    }
    for (const key of keys) {
      if (paths.length >= PATH_LIMIT) return;
      visit((value as Record<string, unknown>)[key], prefix === '' ? key : `${prefix}.${key}`, depth + 1);
    }
  };
  visit(args, '', 0);
  return paths;
}

/** mysql2 gives two things at once: rows and the descriptions of their columns, or a header and nothing. */
function isMysqlResult(result: unknown): result is [rows: unknown, columns: unknown] {
  if (!Array.isArray(result) || result.length !== 2) return false;
  const [rows, columns] = result as unknown[];
  if (columns === undefined) return typeof rows === 'object' && rows !== null && 'affectedRows' in rows;
  const first: unknown = Array.isArray(columns) ? columns[0] : undefined;
  return Array.isArray(rows) && typeof first === 'object' && first !== null && 'columnLength' in first;
}

/**
 * How many rows a driver gave back.
 *
 * @param result what `pg`, `mysql2`, Prisma or another driver returned
 * @returns the number, or `undefined` when the result does not say
 * @example
 * returnedRows({ rows: [{ id: 1 }] }); // 1
 */
export function returnedRows(result: unknown): number | undefined {
  if (isMysqlResult(result)) return Array.isArray(result[0]) ? result[0].length : undefined;
  if (Array.isArray(result)) return result.length;
  if (typeof result !== 'object' || result === null) return undefined;
  const { rows } = result as { rows?: unknown };
  return Array.isArray(rows) ? rows.length : undefined;
}

/**
 * The status that the database gave with an error: an SQLSTATE, or the driver's own code.
 *
 * @param thrown what the driver threw
 * @returns the attribute, or nothing when the error carries no code
 * @example
 * failureStatus({ code: '23505' }); // { 'db.response.status_code': '23505' }
 */
export function failureStatus(thrown: unknown): Attributes {
  if (typeof thrown !== 'object' || thrown === null) return {};
  const { code } = thrown as { code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{2,32}$/.test(code) ? { [ATTR.DB_STATUS]: code } : {};
}
