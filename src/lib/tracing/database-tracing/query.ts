/** Traces single SQL statements. */
import { SpanKind } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { isTracing } from '../runtime.ts';
import { describeStatement, failureStatus } from '../semconv/database.ts';
import { ATTR } from '../semconv/names.ts';
import type { SqlSystem } from '../semconv/sql.ts';
import { withActiveSpan } from '../span.ts';
import { settleRows } from './rows.ts';

/** What is known of a statement besides its text. */
export interface QueryDetails {
  readonly table?: string;
  /** The values bound to the statement. Only how many there are is recorded. */
  readonly params?: readonly unknown[];
  readonly organizationId?: string;
  /** Default: `postgresql`. */
  readonly system?: SqlSystem;
}

/**
 * Traces one SQL statement. Its text is recorded without any literal, its parameters are only counted.
 *
 * @param operation the statement's verb, such as `SELECT`
 * @param sql the statement
 * @param fn runs it
 * @param details table, parameters, organisation, dialect
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged; the database's status code is recorded
 * @example
 * const result = await traceDatabaseQuery('SELECT', 'SELECT * FROM users WHERE id = $1', () => db.query(sql, [id]), {
 *   table: 'users',
 *   params: [id],
 * });
 */
export function traceDatabaseQuery<R>(operation: string, sql: string, fn: () => R, details: QueryDetails = {}): R {
  const { table, params, organizationId, system = 'postgresql' } = details ?? {};
  const described = isTracing()
    ? guarded('describing a statement', () => describeStatement({ operation, sql, system, table }))
    : undefined;
  const { name, attributes } = described ?? { name: 'query', attributes: {} };
  return withActiveSpan(
    name,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        ...attributes,
        ...(params === undefined ? {} : { [ATTR.DB_PARAMETER_COUNT]: params.length }),
        ...(organizationId === undefined ? {} : { [ATTR.ORGANIZATION_ID]: organizationId }),
      },
      describeFailure: failureStatus,
      settle: settleRows,
    },
    () => fn(),
  );
}
