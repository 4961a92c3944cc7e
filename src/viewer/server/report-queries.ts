/**
 * The questions behind *AI*, *Performance* and *Map*: pure functions of a database opened for reading, run in the store's
 * thread.
 */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { fromBinary } from '@bufbuild/protobuf';
import {
  type AiCall,
  type AiReport,
  type Conversation,
  operationTypes,
  type PerformanceDetail,
  type PerformanceReport,
  type ServiceMap,
  type TraceFilter,
} from '../wire.ts';
import { type Condition, filterSql } from './filter-sql.ts';
import { readAiCall } from './ai-dialects.ts';
import { reportAi, type RoutedCall } from './ai-report.ts';
import { conversationOf } from './conversation.ts';
import { toSpan } from './otlp.ts';
import {
  coveredWindow,
  detailPerformance,
  reportPerformance,
  type Run,
  type Window,
  windowBefore,
} from './performance.ts';
import { SpanSchema } from './proto/generated/opentelemetry/proto/trace/v1/trace_pb.js';
import type { Resource, Scope } from './span.ts';
import { type MapSpan, mapServices } from './service-map.ts';

type Row = Readonly<Record<string, SQLOutputValue>>;

const MICROS = 1000;
const NANOS = 1e6;
const ERROR = 2;
/** Reading a call means decoding its span: older calls than these are not in a report. */
const MAX_CALLS = 50_000;
const NOBODY: Resource = { attributes: [], droppedAttributesCount: 0, entityRefs: [], schemaUrl: '' };
const NO_SCOPE: Scope = { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' };

function hex(value: SQLOutputValue | undefined): string {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
    : '';
}

function typeOf(value: SQLOutputValue | undefined): (typeof operationTypes)[number] {
  return operationTypes[Number(value)] ?? 'internal';
}

function text(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function callOf(row: Row): AiCall | undefined {
  const body = row['body'];
  if (!(body instanceof Uint8Array)) return undefined;
  return readAiCall(toSpan(fromBinary(SpanSchema, body), NOBODY, NO_SCOPE));
}

/** Spans of type `ai`, newest first: agents and tools among them. */
function* aiCalls(database: DatabaseSync, where: Condition, limit: number): Generator<RoutedCall> {
  const rows = database
    .prepare(
      `SELECT s.body, t.route FROM traces t JOIN spans s ON s.trace = t.id JOIN operations o ON o.id = s.operation
       WHERE o.type = ${operationTypes.indexOf('ai')} AND t.type_mask & ${1 << operationTypes.indexOf('ai')} AND ${where.sql}
       ORDER BY t.start_us DESC, t.id DESC LIMIT ${limit}`,
    )
    .iterate(...where.values) as Iterable<Row>;
  for (const row of rows) {
    const call = callOf(row);
    if (call !== undefined) yield { call, route: text(row['route']) };
  }
}

/**
 * The report of *AI*.
 *
 * @param database opened for reading
 * @param args which traces, and what a row stands for
 * @returns over at most the newest 50,000 AI spans
 * @example
 * aiReport(openDatabase(':memory:'), { filter: {}, by: 'model' }).rows; // []
 */
export function aiReport(
  database: DatabaseSync,
  args: { readonly filter: TraceFilter; readonly by: AiReport['by'] },
): AiReport {
  return reportAi(aiCalls(database, filterSql(args.filter), MAX_CALLS), args.by);
}

/**
 * The calls of one trace, as a conversation.
 *
 * @param database opened for reading
 * @param args the trace's id, 32 hex digits
 * @returns no calls for an unknown trace
 * @example
 * traceConversation(openDatabase(':memory:'), { traceId: '0af7651916cd43dd8448eb211c80319c' }).calls; // []
 */
export function traceConversation(database: DatabaseSync, args: { readonly traceId: string }): Conversation {
  const where = { sql: 't.trace_id = unhex(?)', values: [args.traceId] };
  return conversationOf([...aiCalls(database, where, MAX_CALLS)].map(({ call }) => call));
}

/**
 * The calls of one thread, over all its traces.
 *
 * @param database opened for reading
 * @param args the thread, as its spans name it
 * @returns no calls for an unknown thread
 * @example
 * threadConversation(openDatabase(':memory:'), { thread: 'basket-7' }).calls; // []
 */
export function threadConversation(database: DatabaseSync, args: { readonly thread: string }): Conversation {
  const calls: AiCall[] = [];
  for (const { call } of aiCalls(database, { sql: '1', values: [] }, MAX_CALLS)) {
    if (call.thread === args.thread) calls.push(call);
  }
  return conversationOf(calls);
}

const OPERATION_RUNS = `SELECT o.service, o.name, o.type, t.trace_id, s.span_id, s.start_us, s.duration_ns / 1e6 AS millis, s.status = ${ERROR} AS failed
  FROM traces t JOIN spans s ON s.trace = t.id JOIN operations o ON o.id = s.operation`;
/** A route's run is a whole trace; its span is the root. */
const ROUTE_RUNS = `SELECT t.service, coalesce(t.route, t.name) AS name, t.root_type AS type, t.trace_id, NULL AS span_id, t.start_us,
  t.duration_us / 1e3 AS millis, t.error_count > 0 AS failed FROM traces t`;

function runsOf(
  database: DatabaseSync,
  by: PerformanceReport['by'],
  sql: string,
  parameters: readonly SQLInputValue[],
): Run[] {
  const rows = database
    .prepare(`${by === 'route' ? ROUTE_RUNS : OPERATION_RUNS} WHERE ${sql}`)
    .iterate(...parameters) as Iterable<Row>;
  const runs: Run[] = [];
  for (const row of rows) {
    runs.push({
      service: String(row['service']),
      name: String(row['name']),
      type: typeOf(row['type']),
      traceId: hex(row['trace_id']),
      spanId: hex(row['span_id']),
      startMillis: Number(row['start_us']) / MICROS,
      durationMillis: Number(row['millis']),
      failed: row['failed'] === 1,
    });
  }
  return runs;
}

/** The window of a report: what was asked for, as far as the store reaches. */
function windowOf(database: DatabaseSync, filter: TraceFilter, now: number): Window {
  const where = filterSql(filter);
  const row = database
    .prepare(`SELECT min(t.start_us) AS first, max(t.end_us) AS last FROM traces t WHERE ${where.sql}`)
    .get(...where.values);
  const [first, last] = [row?.['first'], row?.['last']];
  const found = typeof first === 'number' && typeof last === 'number';
  const ends = found
    ? [
        { startMillis: first / MICROS, durationMillis: 0 },
        { startMillis: last / MICROS, durationMillis: 0 },
      ]
    : [];
  return coveredWindow(ends, filter, now);
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
    readonly by: PerformanceReport['by'];
    readonly against?: string | undefined;
    readonly now: number;
  },
): PerformanceReport {
  const { filter, by } = args;
  const where = filterSql(filter);
  const window = windowOf(database, filter, args.now);
  const earlier = windowBefore(args.against, window);
  const runs = runsOf(database, by, where.sql, where.values);
  if (earlier === undefined) return reportPerformance(by, runs, window);
  const { from: _from, to: _to, ...timeless } = filter;
  const unbounded = filterSql(timeless);
  const before = runsOf(database, by, `${unbounded.sql} AND t.start_us >= ? AND t.start_us < ?`, [
    ...unbounded.values,
    Math.round(earlier.from * MICROS),
    Math.round(earlier.to * MICROS),
  ]);
  return reportPerformance(by, runs, window, { runs: before, window: earlier });
}

/**
 * One row of *Performance* in detail.
 *
 * @param database opened for reading
 * @param args which traces, and the row's service and name
 * @returns empty for what never ran
 * @example
 * performanceDetail(openDatabase(':memory:'), { filter: {}, by: 'route', service: 'web', name: 'GET /', now: 0 }).histogram; // []
 */
export function performanceDetail(
  database: DatabaseSync,
  args: {
    readonly filter: TraceFilter;
    readonly by: PerformanceReport['by'];
    readonly service: string;
    readonly name: string;
    readonly now: number;
  },
): PerformanceDetail {
  const { filter, by, service, name } = args;
  const where = filterSql(filter);
  const own = by === 'route' ? 't.service = ? AND coalesce(t.route, t.name) = ?' : 'o.service = ? AND o.name = ?';
  const runs = runsOf(database, by, `${where.sql} AND ${own}`, [...where.values, service, name]);
  return detailPerformance(runs, windowOf(database, filter, args.now));
}

function* mapTraces(database: DatabaseSync, where: Condition): Generator<MapSpan[]> {
  const rows = database
    .prepare(
      `SELECT s.trace, s.span_id, s.parent_id, o.service, o.type, o.kind, s.peer, s.start_us, s.duration_ns, s.status
       FROM traces t JOIN spans s ON s.trace = t.id JOIN operations o ON o.id = s.operation WHERE ${where.sql} ORDER BY t.id`,
    )
    .iterate(...where.values) as Iterable<Row>;
  let trace: SQLOutputValue | undefined;
  let spans: MapSpan[] = [];
  for (const row of rows) {
    if (row['trace'] !== trace && spans.length > 0) {
      yield spans;
      spans = [];
    }
    trace = row['trace'];
    spans.push({
      spanId: hex(row['span_id']),
      parentId: hex(row['parent_id']),
      service: String(row['service']),
      type: typeOf(row['type']),
      kind: Number(row['kind']),
      peer: text(row['peer']),
      startMillis: Number(row['start_us']) / MICROS,
      durationMillis: Number(row['duration_ns']) / NANOS,
      failed: row['status'] === ERROR,
    });
  }
  if (spans.length > 0) yield spans;
}

/**
 * The map.
 *
 * @param database opened for reading
 * @param args which traces
 * @returns services and calls
 * @example
 * serviceMap(openDatabase(':memory:'), { filter: {} }).services; // []
 */
export function serviceMap(database: DatabaseSync, args: { readonly filter: TraceFilter }): ServiceMap {
  return mapServices(mapTraces(database, filterSql(args.filter)));
}

/** The questions, by name. */
export const reportQueries = {
  aiReport,
  performanceDetail,
  performanceReport,
  serviceMap,
  threadConversation,
  traceConversation,
};
