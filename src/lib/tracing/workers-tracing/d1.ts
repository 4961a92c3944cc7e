/** Traces D1, Cloudflare's SQL database. */
import { d1Failure, describeD1, readD1 } from '../semconv/d1.ts';
import { traceBinding } from './binding.ts';

/**
 * Traces one statement on D1. Its text is recorded without any literal; rows read and written and the time inside the database
 * (`cloudflare.d1.response.sql_duration_ms`, right even where the Worker's clock stands still) come from the result.
 *
 * @param operation a word for it, such as `query`; used where the text does not say
 * @param sql the statement
 * @param fn runs it
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged; SQLite's own code is recorded
 * @example
 * const sql = 'SELECT * FROM users WHERE id = ?';
 * const { results } = await traceD1Operation('query', sql, () => env.DB.prepare(sql).bind(7).all());
 */
export function traceD1Operation<R>(operation: string, sql: string, fn: () => R): R {
  return traceBinding(
    () => describeD1(operation, sql),
    (value, span) => span.setAttributes(readD1(value)),
    fn,
    { describeFailure: d1Failure },
  );
}
