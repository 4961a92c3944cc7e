/** The questions behind *Performance*: pure functions of a database opened for reading, run in the store's thread. */
import type { DatabaseSync } from 'node:sqlite';
import {
  type OperationType,
  operationTypes,
  type PerformanceDetail,
  type PerformanceReport,
  type TraceFilter,
} from '../wire.ts';
import { type Condition, filterSql } from './filter-sql.ts';
import { toHex } from './otlp.ts';
import { detailPerformance, reportPerformance, type Window, windowBefore } from './performance.ts';
import { gatherRuns, type RunGroup, Runs } from './runs.ts';

const MICROS = 1000;
const NANOS = 1e6;
const SLOWEST = 10;

/** Where the runs of a kind of row stand. */
const SOURCES = {
  // The order of the tables is said, and the index: it holds all of this, and the planner would rather read the spans.
  operation: {
    tables: 'operations o CROSS JOIN spans s INDEXED BY spans_operation ON s.operation = o.id',
    service: 'o.service',
    name: 'o.name',
    type: 'o.type',
    group: 'o.id',
    duration: 's.duration_ns',
    start: 's.start_us',
    failed: 's.status = 2',
    trace: 's.trace',
    span: 's.span_id',
  },
  // A route's run is a whole trace.
  route: {
    tables: 'traces t',
    service: 't.service',
    name: 'coalesce(t.route, t.name)',
    type: 't.root_type',
    group: 't.service, coalesce(t.route, t.name), t.root_type',
    // A real number: of a trace over months, or with a span that began at 0, a whole one is too large for JavaScript.
    duration: 't.duration_us * 1000.0',
    start: 't.start_us',
    failed: 't.error_count > 0',
    trace: 't.id',
    span: 'NULL',
  },
} as const;

type By = PerformanceReport['by'];

/** Which runs: the condition on their table, and the traces they must be of; undefined for all of them. */
interface Selection {
  readonly by: By;
  readonly where: Condition;
  readonly traces: ReadonlySet<number> | undefined;
}

function and(first: Condition, sql: string, ...values: Condition['values']): Condition {
  return { sql: `${first.sql} AND ${sql}`, values: [...first.values, ...values] };
}

/**
 * Runs of operations are chosen by their own start and their trace's other conditions, runs of routes by their trace alone.
 * So the index answers, and a trace that goes on for hours has its operations in the hour in which they ran.
 */
function select(database: DatabaseSync, by: By, filter: TraceFilter): Selection {
  if (by === 'route') return { by, where: filterSql(filter), traces: undefined };
  const { from, to, ...timeless } = filter;
  let where: Condition = { sql: '1', values: [] };
  if (from !== undefined) where = and(where, 's.start_us >= ?', Math.floor(from * MICROS));
  if (to !== undefined) where = and(where, 's.start_us <= ?', Math.ceil(to * MICROS));
  const { sql, values } = filterSql(timeless);
  if (sql === '1') return { by, where, traces: undefined };
  const rows = database.prepare(`SELECT t.id FROM traces t WHERE ${sql}`).all(...values);
  return { by, where, traces: new Set(rows.map((row) => Number(row['id']))) };
}

function gather(database: DatabaseSync, { by, where, traces }: Selection): readonly RunGroup[] {
  const { tables, service, name, type, group, duration, start, failed, trace } = SOURCES[by];
  return gatherRuns(database, {
    sql: `SELECT ${service} AS service, ${name} AS name, ${type} AS type,
        gather(${duration}, ${start}, ${failed}, ${trace}) AS place
      FROM ${tables} WHERE ${where.sql} GROUP BY ${group}`,
    values: where.values,
    traces,
  });
}

/** The longest ten of what was gathered, read again with their ids. */
function slowestOf(database: DatabaseSync, selection: Selection, runs: Runs): PerformanceDetail['slowest'] {
  const { tables, duration, start, failed, trace, span } = SOURCES[selection.by];
  const bound = runs.durationNanos.toSorted().at(-SLOWEST) ?? 0;
  const where = and(selection.where, `${duration} >= ?`, bound);
  const rows = database
    .prepare(
      `SELECT ${trace} AS trace, ${span} AS span, ${start} AS start, ${duration} AS duration, ${failed} AS failed
       FROM ${tables} WHERE ${where.sql} ORDER BY duration DESC`,
    )
    .iterate(...where.values);
  const traceId = database.prepare('SELECT trace_id FROM traces WHERE id = ?');
  const slowest: PerformanceDetail['slowest'][number][] = [];
  for (const row of rows) {
    if (slowest.length === SLOWEST) break;
    if (selection.traces?.has(Number(row['trace'])) === false) continue;
    slowest.push({
      traceId: toHex(traceId.get(row['trace'] ?? null)?.['trace_id'] as Uint8Array),
      spanId: row['span'] instanceof Uint8Array ? toHex(row['span']) : '',
      startMillis: Number(row['start']) / MICROS,
      durationMillis: Number(row['duration']) / NANOS,
      error: row['failed'] === 1,
    });
  }
  return slowest;
}

/** The window of a report: what was asked for; without that, from the first trace's start to the last one's end. */
function windowOf(database: DatabaseSync, filter: TraceFilter, now: number): Window {
  const where = filterSql(filter);
  const row = database
    .prepare(`SELECT min(t.start_us) AS first, max(t.end_us) AS last FROM traces t WHERE ${where.sql}`)
    .get(...where.values);
  const millis = (value: unknown): number | undefined => (typeof value === 'number' ? value / MICROS : undefined);
  const to = filter.to ?? millis(row?.['last']) ?? now;
  const from = filter.from ?? millis(row?.['first']) ?? to;
  return { from: Math.min(from, to), to };
}

/**
 * The report of *Performance*.
 *
 * @param database opened for reading
 * @param args which traces; what a row stands for; the window to compare with
 * @returns rows by total time
 * @example
 * performanceReport(openDatabase(':memory:'), { filter: {}, by: 'route', now: 0 }).rows; // []
 */
export function performanceReport(
  database: DatabaseSync,
  args: {
    readonly filter: TraceFilter;
    readonly by: By;
    readonly against?: string | undefined;
    readonly now: number;
  },
): PerformanceReport {
  const { filter, by } = args;
  const window = windowOf(database, filter, args.now);
  const groups = gather(database, select(database, by, filter));
  const earlier = windowBefore(args.against, window);
  if (earlier === undefined) return reportPerformance(by, groups, window);
  // What begins as the window ends is of the next.
  const { to: _to, ...open } = filter;
  const since = select(database, by, { ...open, from: earlier.from });
  const where = and(since.where, `${SOURCES[by].start} < ?`, Math.round(earlier.to * MICROS));
  const before = gather(database, { ...since, where });
  return reportPerformance(by, groups, window, { groups: before, window: earlier });
}

/**
 * One row of *Performance* in detail.
 *
 * @param database opened for reading
 * @param args which traces, and the row's service, name and type
 * @returns empty for what never ran
 * @example
 * performanceDetail(openDatabase(':memory:'), { filter: {}, by: 'route', service: 'web', name: 'GET /', now: 0 }).histogram; // []
 */
export function performanceDetail(
  database: DatabaseSync,
  args: {
    readonly filter: TraceFilter;
    readonly by: By;
    readonly service: string;
    readonly name: string;
    /** Of the row; every type of that name without it. */
    readonly type?: OperationType | undefined;
    readonly now: number;
  },
): PerformanceDetail {
  const { filter, by } = args;
  const { service, name, type } = SOURCES[by];
  const all = select(database, by, filter);
  let where = and(all.where, `${service} = ? AND ${name} = ?`, args.service, args.name);
  if (args.type !== undefined) where = and(where, `${type} = ?`, operationTypes.indexOf(args.type));
  const selection = { ...all, where };
  const runs = new Runs();
  for (const group of gather(database, selection)) runs.addAll(group.runs);
  return detailPerformance(runs, windowOf(database, filter, args.now), slowestOf(database, selection, runs));
}
