/** Keeps log records within their bounds: those of a trace leave with it, those whose trace does not come leave by themselves. */
import type { DatabaseSync } from 'node:sqlite';
import type { Retention } from '../wire.ts';
import type { StoreState } from './store-messages.ts';

/** Logs usually come seconds before the last span of their trace; after this long it was not sampled, or went elsewhere. */
const MAX_WAITING_HOURS = 1;
const MAX_WAITING_LOGS = 100_000;
/** Of the bound of bytes: within it those that wait are as safe as traces. */
const MAX_WAITING_SHARE = 0.1;
const HOUR_MILLIS = 3_600_000;

/** Log records of a trace that has not come. */
export interface Waiting {
  readonly trace_id: Uint8Array;
  readonly count: number;
  readonly bytes: number;
}

/** What has to leave, and why. */
interface Leaving {
  readonly leaving: readonly Waiting[];
  readonly reason: string;
}

/** Looks after the log records. */
export interface LogKeeper {
  sums(): Pick<StoreState, 'logs' | 'waitingLogs' | 'bytes'>;
  /** Deletes those of a trace; inside a transaction. @returns how many there were */
  eraseOf(traceId: Uint8Array): number;
  /** All of those that wait for their trace. */
  waiting(): readonly Waiting[];
  /** Of those that wait for their trace, the ones that wait too long or are too many. */
  leaving(nowMillis: number, bounds: Retention, total: Pick<StoreState, 'waitingLogs' | 'bytes'>): Leaving;
}

/**
 * Prepares to look after the log records.
 *
 * @param database opened for writing
 * @returns the keeper
 * @example
 * createLogKeeper(openDatabase(':memory:')).sums().logs; // 0
 */
export function createLogKeeper(database: DatabaseSync): LogKeeper {
  const sums = database.prepare(
    'SELECT coalesce(sum(count), 0) AS logs, coalesce(sum(count * waiting), 0) AS waitingLogs, coalesce(sum(bytes), 0) AS bytes FROM log_traces',
  );
  const find = database.prepare('SELECT id, count FROM log_traces WHERE trace_id = ?');
  const deletions = ['logs WHERE trace', 'log_traces WHERE id'].map((what) =>
    database.prepare(`DELETE FROM ${what} = ?`),
  );
  const WAITING = 'SELECT trace_id, count, bytes FROM log_traces WHERE waiting = 1';
  const quietest = database.prepare(`${WAITING} ORDER BY touched_ms, id`);
  const quietSince = database.prepare(`${WAITING} AND touched_ms < ? ORDER BY touched_ms, id`);

  const beyond = (overLogs: number, overBytes: number): readonly Waiting[] => {
    const leaving: Waiting[] = [];
    let [logs, bytes] = [overLogs, overBytes];
    for (const row of quietest.iterate()) {
      if (logs <= 0 && bytes <= 0) break;
      const waiting = row as unknown as Waiting;
      leaving.push(waiting);
      logs -= waiting.count;
      bytes -= waiting.bytes;
    }
    return leaving;
  };
  const waitingBytes = database.prepare('SELECT coalesce(sum(bytes), 0) AS bytes FROM log_traces WHERE waiting = 1');

  return {
    sums: () => sums.get() as unknown as ReturnType<LogKeeper['sums']>,
    eraseOf(traceId) {
      const found = find.get(traceId);
      if (found === undefined) return 0;
      for (const deletion of deletions) deletion.run(found['id'] as number);
      return found['count'] as number;
    },
    waiting: () => quietest.all() as unknown as Waiting[],
    leaving(nowMillis, { maxBytes, maxAgeHours }, { waitingLogs, bytes }) {
      const overLogs = waitingLogs - MAX_WAITING_LOGS;
      // A full store is over its bound with every request: what has just come and waits is not what makes it so.
      const spare = (): number => Number(waitingBytes.get()?.['bytes']) - maxBytes * MAX_WAITING_SHARE;
      const overBytes = bytes > maxBytes ? Math.min(bytes - maxBytes, spare()) : 0;
      if (overLogs > 0 || overBytes > 0) {
        const reason = overLogs > 0 ? `more than ${MAX_WAITING_LOGS} log records` : `more than ${maxBytes} bytes`;
        return { leaving: beyond(overLogs, overBytes), reason: `${reason}, and their traces have not come` };
      }
      const hours = Math.min(MAX_WAITING_HOURS, maxAgeHours);
      const leaving = quietSince.all(nowMillis - hours * HOUR_MILLIS) as unknown as Waiting[];
      return { leaving, reason: `their traces did not come within ${hours === 1 ? 'an hour' : `${hours} hours`}` };
    },
  };
}
