/** Traces database transactions: everything done inside hangs on one span. */
import { SpanKind } from '@opentelemetry/api';
import { failureStatus } from '../semconv/database.ts';
import { ATTR } from '../semconv/names.ts';
import type { SqlSystem } from '../semconv/sql.ts';
import { withActiveSpan } from '../span.ts';

/** How a transaction runs. */
export interface TransactionDetails {
  /** Such as `READ COMMITTED`. */
  readonly isolationLevel?: string;
  readonly readOnly?: boolean;
  /** Default: `postgresql`. */
  readonly system?: SqlSystem;
}

/**
 * Traces a transaction.
 *
 * @param transactionId the application's own id of it; recorded as an attribute, never in the name
 * @param fn runs the transaction, from BEGIN to COMMIT or ROLLBACK
 * @param details isolation level, read-only, dialect
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * await traceDatabaseTransaction('order-7', async () => {
 *   await db.query('BEGIN');
 *   await db.query('COMMIT');
 * }, { isolationLevel: 'READ COMMITTED' });
 */
export function traceDatabaseTransaction<R>(transactionId: string, fn: () => R, details: TransactionDetails = {}): R {
  const { isolationLevel, readOnly, system = 'postgresql' } = details ?? {};
  return withActiveSpan(
    'TRANSACTION',
    {
      kind: SpanKind.CLIENT,
      attributes: {
        [ATTR.DB_SYSTEM]: system,
        [ATTR.DB_OPERATION]: 'TRANSACTION',
        [ATTR.DB_TRANSACTION_ID]: transactionId,
        ...(isolationLevel === undefined ? {} : { [ATTR.DB_ISOLATION_LEVEL]: isolationLevel }),
        ...(readOnly === undefined ? {} : { [ATTR.DB_READ_ONLY]: readOnly }),
      },
      describeFailure: failureStatus,
    },
    () => fn(),
  );
}
