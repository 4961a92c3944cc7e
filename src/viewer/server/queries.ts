/**
 * What may be asked of the store, by name. Each is a pure function of a database opened for reading and plain arguments; it
 * runs in the store's thread, so arguments and results are what structured clone carries. The tables are told in schema.ts.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { TraceFilter } from '../wire.ts';
import { jaegerDependencies } from './dependencies.ts';
import { jaegerOperations, jaegerSearch, jaegerServices } from './jaeger-queries.ts';
import { aiReport, threadConversation, traceConversation } from './ai-queries.ts';
import { performanceDetail, performanceReport } from './performance-queries.ts';
import { serviceMap } from './map-query.ts';
import { jaegerSummaries } from './jaeger-summaries.ts';
import { detailsOf, usualRunOf } from './span-details.ts';
import { skeletonOf, spansOf } from './stored-trace.ts';
import { logsOf, otlpLogsOf } from './trace-logs.ts';
import { filterSql } from './filter-sql.ts';
import { listTraces, rowsOf, scatterOf } from './trace-list.ts';
import { toHex } from './otlp.ts';
import type { Ends } from './store-messages.ts';

/** One question. */
export type Query<Args, Result> = (database: DatabaseSync, args: Args) => Result;

function idsOf(database: DatabaseSync, { filter, limit }: { filter: TraceFilter; limit: number }): readonly string[] {
  const { sql, values } = filterSql(filter);
  return database
    .prepare(`SELECT t.trace_id FROM traces t WHERE ${sql} ORDER BY t.start_us DESC, t.id DESC LIMIT ?`)
    .all(...values, limit)
    .map((row) => toHex(row['trace_id'] as Uint8Array));
}

function endsOf(database: DatabaseSync, _args?: undefined): Ends {
  const row = database.prepare('SELECT min(start_us) AS oldest, max(start_us) AS newest FROM traces').get();
  const [oldest, newest] = [row?.['oldest'], row?.['newest']];
  return typeof oldest === 'number' && typeof newest === 'number'
    ? { oldestMillis: oldest / 1000, newestMillis: newest / 1000 }
    : {};
}

/** Every question there is. */
export const queries = {
  traces: listTraces,
  scatter: scatterOf,
  rows: rowsOf,
  ids: idsOf,
  ends: endsOf,
  skeleton: skeletonOf,
  details: detailsOf,
  usual: usualRunOf,
  spans: spansOf,
  logs: logsOf,
  otlpLogs: otlpLogsOf,
  jaegerServices,
  jaegerOperations,
  jaegerSearch,
  jaegerSummaries,
  jaegerDependencies,
  aiReport,
  performanceDetail,
  performanceReport,
  serviceMap,
  threadConversation,
  traceConversation,
};

/** Its names. */
export type QueryName = keyof typeof queries;
/** Those that may read every span there is: no list waits behind them. */
export const longQueries: ReadonlySet<QueryName> = new Set<QueryName>([
  'jaegerSearch',
  'jaegerSummaries',
  'jaegerDependencies',
  'aiReport',
  'performanceDetail',
  'performanceReport',
  'serviceMap',
  'threadConversation',
]);
/** What a question takes. */
export type QueryArgs<Name extends QueryName> = Parameters<(typeof queries)[Name]>[1];
/** What it gives. */
export type QueryResult<Name extends QueryName> = ReturnType<(typeof queries)[Name]>;
