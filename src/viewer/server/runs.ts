/**
 * Durations by the million: columns of numbers, filled by SQLite itself as it walks an index. An object for each row would
 * take ten times as long.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { type OperationType, operationTypes } from '../wire.ts';

const FIRST_CAPACITY = 64;

function enlarge(column: Float64Array, capacity: number) {
  const larger = new Float64Array(capacity);
  larger.set(column);
  return larger;
}

/** Runs of one operation or route, a column for each thing known of them. */
export class Runs {
  length = 0;
  errors = 0;
  #durations = new Float64Array(FIRST_CAPACITY);
  #starts = new Float64Array(FIRST_CAPACITY);
  #failed = new Uint8Array(FIRST_CAPACITY);

  /** Whole nanoseconds, in the order in which they were added. */
  get durationNanos(): Float64Array {
    return this.#durations.subarray(0, this.length);
  }

  /** Unix microseconds. */
  get startMicros(): Float64Array {
    return this.#starts.subarray(0, this.length);
  }

  /** 1 for a run that failed. */
  get failed(): Uint8Array {
    return this.#failed.subarray(0, this.length);
  }

  add(durationNanos: number, startMicros: number, failed: number): void {
    if (this.length === this.#durations.length) this.#reserve(this.length * 2);
    this.#durations[this.length] = durationNanos;
    this.#starts[this.length] = startMicros;
    this.#failed[this.length] = failed;
    this.errors += failed;
    this.length += 1;
  }

  /** Takes the runs of another in. */
  addAll(other: Runs): void {
    for (let index = 0; index < other.length; index += 1) {
      this.add(other.#durations[index] ?? 0, other.#starts[index] ?? 0, other.#failed[index] ?? 0);
    }
  }

  #reserve(capacity: number): void {
    this.#durations = enlarge(this.#durations, capacity);
    this.#starts = enlarge(this.#starts, capacity);
    const failed = new Uint8Array(capacity);
    failed.set(this.#failed);
    this.#failed = failed;
  }
}

/** What ran, and its runs. */
export interface RunGroup {
  readonly service: string;
  readonly name: string;
  readonly type: OperationType;
  readonly runs: Runs;
}

/** What is gathered. */
export interface Gathering {
  /** Groups rows, gives `service`, `name` and `type`, and `gather(durationNanos, startMicros, failed, trace)` as `place`. */
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
  /** Ids of the traces whose runs count; all of them without it. */
  readonly traces?: ReadonlySet<number> | undefined;
}

/**
 * Reads the runs of everything that a statement gives.
 *
 * @param database opened for reading
 * @param gathering the statement, and which of its rows count
 * @returns one group per service, name and type; none is empty
 * @example
 * const sql = "SELECT 'web' AS service, 'GET /' AS name, 0 AS type, gather(1000, 0, 0, 1) AS place";
 * gatherRuns(openDatabase(':memory:'), { sql, values: [] }).length; // 1
 */
export function gatherRuns(database: DatabaseSync, { sql, values, traces }: Gathering): readonly RunGroup[] {
  const gathered: Runs[] = [];
  // SQLite carries no objects: what it carries is the place of one.
  database.aggregate('gather', {
    start: () => gathered.push(new Runs()) - 1,
    step: (place: number, durationNanos, startMicros, failed, trace) => {
      if (traces === undefined || traces.has(Number(trace))) {
        gathered[place]?.add(Number(durationNanos), Number(startMicros), Number(failed));
      }
      return place;
    },
  });
  const groups = new Map<string, RunGroup>();
  for (const row of database.prepare(sql).iterate(...values)) {
    const runs = gathered[Number(row['place'])];
    if (runs === undefined || runs.length === 0) continue;
    const [service, name] = [String(row['service']), String(row['name'])];
    const type = operationTypes[Number(row['type'])] ?? 'internal';
    const key = `${type} ${service.length} ${service} ${name}`;
    const found = groups.get(key);
    if (found === undefined) groups.set(key, { service, name, type, runs });
    else found.runs.addAll(runs);
  }
  return [...groups.values()];
}
