/** All or nothing. */
import type { DatabaseSync } from 'node:sqlite';

/**
 * Runs work in a transaction of a connection that writes.
 *
 * @param database opened for writing, in no transaction
 * @param work what belongs together
 * @returns what the work returns, when it is committed
 * @throws what the work or SQLite throws; nothing of the work is stored then
 * @example
 * inTransaction(openDatabase(':memory:'), () => 1); // 1
 */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // Some errors of SQLite have ended it already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
