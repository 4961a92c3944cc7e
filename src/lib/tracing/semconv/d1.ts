/**
 * SQL for D1, which is SQLite, within the size that a Worker has for it: the sanitiser in `sql.ts` knows every dialect and
 * is ten times as large. A test holds the two against each other. Pure.
 */
import type { Attributes } from '@opentelemetry/api';
import * as CLOUDFLARE from './cloudflare.ts';
import * as ATTR from './worker-names.ts';

const STATEMENT_LIMIT = 32_768;

// SQLite's tokenize.c: no backslash in strings, no nested comments. Whatever the first eight do not match is a mark.
const TOKEN =
  /--[^\n]*|\/\*[^]*?(?:\*\/|$)|[xX]?'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|[?:@$]\w*|(?:\d|\.\d)(?:[eE][+-]?\d|[\w.])*|\s+|[^]/g;
const IN_LIST = /(\bIN \()\?\d*(?:, ?\?\d*)+\)/gi;
const VERB = /\b(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|PRAGMA)\b/i;
const TABLE =
  /\b(?:FROM|INTO|TABLE(?: IF(?: NOT)? EXISTS)?|UPDATE(?: OR \w+)?) ("\w+"|`\w+`|\[\w+\]|[A-Za-z_\u0080-\uffff][\w$.\u0080-\uffff]*)/i;

/**
 * Replaces every literal of a statement for SQLite by `?`, removes comments and folds blanks. Parameters and names stay. From
 * the place where the text becomes unfinished, all of it is one `?`.
 *
 * @param sql the statement
 * @returns text that may leave
 * @example
 * sanitizeD1("SELECT * FROM users WHERE name = 'Ada' AND id IN (1, 2)"); // 'SELECT * FROM users WHERE name = ? AND id IN (?)'
 */
export function sanitizeD1(sql: string): string {
  let out = '';
  for (const [token] of sql.slice(0, STATEMENT_LIMIT).matchAll(TOKEN)) {
    if (/^['"`[]$/.test(token)) {
      out += '?';
      break;
    }
    if (/^(?:\s|--|\/\*)/.test(token)) out += out.endsWith(' ') ? '' : ' ';
    else out += /^(?:[xX]?'|\.?\d|true$|false$|"\W*")/i.test(token) ? '?' : token;
  }
  return out.trim().replace(IN_LIST, '$1?)');
}

/**
 * The name and attributes of a statement for D1.
 *
 * @param operation the word the caller has for it, such as `query`
 * @param sql the statement
 * @returns the span's name (`SELECT users`) and its attributes
 * @example
 * describeD1('query', 'SELECT * FROM users WHERE id = ?').name; // 'SELECT users'
 */
export function describeD1(operation: string, sql: string): { name: string; attributes: Attributes } {
  const text = sanitizeD1(sql);
  const verb = VERB.exec(text)?.[0].toUpperCase();
  const table = TABLE.exec(text)?.[1];
  const summary = [verb, table].filter((word) => word !== undefined).join(' ');
  return {
    name: summary || `d1_${operation}`,
    attributes: {
      [ATTR.DB_SYSTEM]: 'cloudflare-d1',
      [ATTR.DB_OPERATION]: verb ?? operation,
      [ATTR.DB_QUERY_TEXT]: text,
      [ATTR.DB_QUERY_SUMMARY]: summary,
      [CLOUDFLARE.BINDING]: 'D1',
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** What is no object has no fields. */
const fieldsOf = (value: unknown): Fields => (value ?? {}) as Fields;

/** Time inside the database: the one duration in a Worker that no frozen clock can falsify. */
function numberOf(meta: Fields, name: string): unknown {
  return name === 'sql_duration_ms' ? (fieldsOf(meta['timings'])[name] ?? meta['duration']) : meta[name];
}

/**
 * What D1 says of a result: rows read and written, changes, the time inside the database (milliseconds). The results of a
 * batch are added up.
 *
 * @param result of `all()`, `run()` or `batch()`; any other says nothing
 * @returns attributes under Cloudflare's own names
 * @example
 * readD1({ results: [], meta: { rows_read: 2, rows_written: 0, duration: 0.3 } })['cloudflare.d1.response.rows_read']; // 2
 */
export function readD1(result: unknown): Attributes {
  const isBatch = Array.isArray(result);
  const all = (isBatch ? (result as unknown[]) : [result]).map(fieldsOf);
  const metas = all.map(({ meta }) => fieldsOf(meta));
  const out: Attributes = {};
  const add = (name: string, values: unknown[]): void => {
    const numbers = values.filter((value) => typeof value === 'number');
    if (numbers.length > 0) out[name] = numbers.reduce((sum, value) => sum + value, 0);
  };
  for (const name of ['rows_read', 'rows_written', 'changes', 'sql_duration_ms'])
    add(
      CLOUDFLARE.D1_RESPONSE + name,
      metas.map((meta) => numberOf(meta, name)),
    );
  // Nothing of this is there: it is the user's own value.
  if (Object.keys(out).length === 0) return out;
  if (isBatch) out[CLOUDFLARE.BATCH_SIZE] = all.length;
  add(
    ATTR.DB_RETURNED_ROWS,
    all.map(({ results }) => (Array.isArray(results) ? results.length : undefined)),
  );
  return out;
}

/**
 * SQLite's own word for a failure, which D1 puts into the message.
 *
 * @param thrown what D1 threw
 * @returns the attribute, or nothing
 * @example
 * d1Failure(new Error('D1_ERROR: UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT'));
 * // { 'db.response.status_code': 'SQLITE_CONSTRAINT' }
 */
export function d1Failure(thrown: unknown): Attributes {
  const { message } = fieldsOf(thrown);
  const code = typeof message === 'string' ? /\bSQLITE_[A-Z_]{2,40}\b/.exec(message)?.[0] : undefined;
  return code === undefined ? {} : { [ATTR.DB_STATUS]: code };
}
