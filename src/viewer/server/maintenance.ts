/**
 * Keeps the store within its bounds: the trace that has been quiet for longest leaves first, as a whole, its log records
 * with it. Log records that wait for their trace leave before any trace does.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Retention } from '../wire.ts';
import { createLogKeeper, type Waiting } from './log-maintenance.ts';
import { toHex } from './otlp.ts';
import type { Evicted, Held } from './store-messages.ts';
import { inTransaction } from './transaction.ts';

/** How much more there is. */
export type Change = Partial<Held>;

/** Looks after an open database. */
export interface Maintenance {
  /** Tells it what was written. */
  added(change: Change): void;
  /** Evicts what is beyond the bounds. */
  enforce(nowMillis: number): Evicted;
  /** Forgets operations, senders and instrumentations of what is gone, when much has gone since the last time. @returns whether names may be gone */
  tidy(): boolean;
  /** Sets the bounds, from the next `enforce` on; they stay in the file. */
  retain(retention: Retention): void;
  /** Deletes traces by hex id; with `waitingLogs`, the log records too whose traces have not come. */
  remove(traceIds: readonly string[], waitingLogs: boolean): Evicted;
  /** What is kept now; costs nothing. */
  held(): Held;
}

const HOUR_MILLIS = 3_600_000;
/** Evicting a little more than needed spares the next batches the work. */
const SLACK = 0.98;

interface Leaving {
  readonly id: number;
  readonly trace_id: Uint8Array;
  readonly span_count: number;
  readonly bytes: number;
}

/** Names are looked through when so many spans and log records have gone since the last time, and a tenth of what is kept. */
const TIDY_FROM = 10_000;
const TIDY_SHARE = 0.1;

const NOTHING: Evicted = { spans: 0, logs: 0, traceIds: [] };

function together(waiting: Evicted, traces: Evicted): Evicted {
  return { ...waiting, ...traces, logs: waiting.logs + traces.logs };
}

/** A trace's bytes, those of its log records among them. */
const LEAVING =
  'SELECT t.id, t.trace_id, t.span_count, t.bytes + coalesce(l.bytes, 0) AS bytes FROM traces t LEFT JOIN log_traces l ON l.trace_id = t.trace_id';

/**
 * The bounds that `retain` left in a file.
 *
 * @param database an open store
 * @returns those that can be read; none when nobody has set any
 * @example
 * storedRetention(openDatabase(':memory:')); // {}
 */
export function storedRetention(database: DatabaseSync): Partial<Retention> {
  const text = database.prepare("SELECT value FROM settings WHERE key = 'retention'").get()?.['value'];
  if (typeof text !== 'string') return {};
  try {
    const { maxSpans, maxBytes, maxAgeHours } = JSON.parse(text) as Retention;
    checkRetention({ maxSpans, maxBytes, maxAgeHours });
    return { maxSpans, maxBytes, maxAgeHours };
  } catch {
    // Whoever wrote it was not this program: the usual bounds hold.
    return {};
  }
}

/**
 * Leaves bounds in a file, for the next start.
 *
 * @param database opened for writing
 * @param retention the bounds; none of them leaves the file as it is
 * @example
 * keepRetention(openDatabase(':memory:'), { maxSpans: 1000, maxBytes: 2 ** 30, maxAgeHours: 24 });
 */
export function keepRetention(database: DatabaseSync, retention: Partial<Retention>): void {
  if (Object.keys(retention).length === 0) return;
  database.prepare("INSERT OR REPLACE INTO settings VALUES ('retention', ?)").run(JSON.stringify(retention));
}

/**
 * Makes sure that bounds are bounds.
 *
 * @param retention what was asked for
 * @throws RangeError naming the first that is none
 * @example
 * checkRetention({ maxSpans: 1000, maxBytes: 2 ** 30, maxAgeHours: 24 });
 */
export function checkRetention(retention: Retention): void {
  for (const [name, value] of Object.entries(retention)) {
    const isBound = value > 0 && (name === 'maxAgeHours' ? Number.isFinite(value) : Number.isInteger(value));
    if (!isBound) throw new RangeError(`${name} must be a positive whole number, got ${value}`);
  }
}

/**
 * Prepares to look after a database.
 *
 * @param database opened for writing
 * @param retention the bounds
 * @returns the keeper of the bounds
 * @example
 * createMaintenance(database, { maxSpans: 1_000_000, maxBytes: 2 ** 31, maxAgeHours: 168 }).held().spans; // 0
 */
export function createMaintenance(database: DatabaseSync, retention: Retention): Maintenance {
  let bounds = retention;
  const logs = createLogKeeper(database);
  const sums = database.prepare(
    'SELECT count(*) AS traces, coalesce(sum(span_count), 0) AS spans, coalesce(sum(bytes), 0) AS bytes FROM traces',
  );
  const quietest = database.prepare(`${LEAVING} ORDER BY t.touched_ms, t.id`);
  const quietSince = database.prepare(`${LEAVING} WHERE t.touched_ms < ? ORDER BY t.touched_ms`);
  const find = database.prepare(`${LEAVING} WHERE t.trace_id = ?`);
  const deletions = ['spans WHERE trace', 'links WHERE trace', 'traces WHERE id'].map((what) =>
    database.prepare(`DELETE FROM ${what} = ?`),
  );
  const forgetNames = [
    'operations WHERE NOT EXISTS (SELECT 1 FROM spans s INDEXED BY spans_operation WHERE s.operation = operations.id)',
    'resources WHERE id NOT IN (SELECT resource FROM spans UNION SELECT resource FROM logs)',
    'scopes WHERE id NOT IN (SELECT scope FROM spans UNION SELECT scope FROM logs)',
  ].map((what) => database.prepare(`DELETE FROM ${what}`));
  /** Spans and log records, since the last time. */
  let gone = 0;
  // Kept by hand from here on: counting a million spans at each batch would be the dearest thing of it.
  const total = { traces: 0, spans: 0, bytes: 0, logs: 0, waitingLogs: 0 };
  const add = (change: Change): void => {
    for (const [name, more] of Object.entries(change) as [keyof Change, number][]) total[name] += more;
  };
  add({ ...sums.get() });
  add(logs.sums());

  const erase = (held: readonly Leaving[], reason?: string): Evicted => {
    if (held.length === 0) return NOTHING;
    const logCount = inTransaction(database, () => {
      for (const { id } of held) for (const deletion of deletions) deletion.run(id);
      return held.reduce((sum, { trace_id }) => sum + logs.eraseOf(trace_id), 0);
    });
    const spans = held.reduce((sum, each) => sum + each.span_count, 0);
    const bytes = held.reduce((sum, each) => sum + each.bytes, 0);
    gone += spans + logCount;
    add({ traces: -held.length, spans: -spans, logs: -logCount, bytes: -bytes });
    return {
      spans,
      logs: logCount,
      traceIds: held.map((each) => toHex(each.trace_id)),
      ...(reason !== undefined && { reason }),
    };
  };
  const eraseWaiting = (leaving: readonly Waiting[], reason?: string): Evicted => {
    if (leaving.length === 0) return NOTHING;
    const count = inTransaction(database, () => leaving.reduce((sum, { trace_id }) => sum + logs.eraseOf(trace_id), 0));
    gone += count;
    add({ logs: -count, waitingLogs: -count, bytes: -leaving.reduce((sum, { bytes }) => sum + bytes, 0) });
    return { ...NOTHING, logs: count, ...(reason !== undefined && { reason }) };
  };

  const beyond = (spans: number, bytes: number): Leaving[] => {
    const leaving: Leaving[] = [];
    let overSpans = spans - bounds.maxSpans * (spans > bounds.maxSpans && bounds.maxSpans > 1000 ? SLACK : 1);
    let overBytes = bytes - bounds.maxBytes;
    for (const row of quietest.iterate()) {
      if (overSpans <= 0 && overBytes <= 0) break;
      const held = row as unknown as Leaving;
      leaving.push(held);
      overSpans -= held.span_count;
      overBytes -= held.bytes;
    }
    return leaving;
  };
  const eraseTraces = (nowMillis: number): Evicted => {
    const { spans, bytes } = total;
    if (spans > bounds.maxSpans) return erase(beyond(spans, bytes), `more than ${bounds.maxSpans} spans`);
    if (bytes > bounds.maxBytes) return erase(beyond(spans, bytes), `more than ${bounds.maxBytes} bytes`);
    const old = quietSince.all(nowMillis - bounds.maxAgeHours * HOUR_MILLIS) as unknown as Leaving[];
    return erase(old, `older than ${bounds.maxAgeHours} hours`);
  };

  return {
    added: add,
    enforce(nowMillis) {
      const { leaving, reason } = logs.leaving(nowMillis, bounds, total);
      return together(eraseWaiting(leaving, reason), eraseTraces(nowMillis));
    },
    tidy() {
      if (gone < TIDY_FROM || gone < (total.spans + total.logs) * TIDY_SHARE) return false;
      gone = 0;
      inTransaction(database, () => forgetNames.forEach((forget) => forget.run()));
      return true;
    },
    retain(changed) {
      bounds = changed;
      keepRetention(database, changed);
    },
    remove(traceIds, waitingLogs) {
      const traces = traceIds.flatMap((id) => {
        const held = find.get(Buffer.from(id, 'hex'));
        return held === undefined ? [] : [held as unknown as Leaving];
      });
      return together(eraseWaiting(waitingLogs ? logs.waiting() : []), erase(traces));
    },
    held: () => ({ ...total }),
  };
}
