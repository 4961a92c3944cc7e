/** The list of traces, its facets and the scatter plot above it: read from the table of traces alone. */
import type { DatabaseSync } from 'node:sqlite';
import {
  operationTypes,
  type Scatter,
  type TraceFilter,
  type TraceList,
  type TraceOrder,
  type TraceRow,
} from '../wire.ts';
import { countFacets } from './facets.ts';
import { filterSql, searchSql } from './filter-sql.ts';
import { toHex } from './otlp.ts';

/** What a list is asked for. */
export interface ListArgs {
  readonly filter: TraceFilter;
  readonly limit: number;
  /** As `next` of an earlier list in the same order. */
  readonly before?: string;
  /** Newest first by default. */
  readonly order?: TraceOrder;
}

type Found = Record<string, unknown>;
/** What each order counts down. */
const ORDERS: Readonly<Record<TraceOrder, string>> = { newest: 'start_us', longest: 'duration_us' };
const SCATTER_LIMIT = 5_000;

/**
 * A row of `traces` as the page has it.
 *
 * @param row every column of it
 * @returns the line of the list
 * @example
 * database.prepare('SELECT * FROM traces').all().map(toTraceRow); // []
 */
export function toTraceRow(row: Found): TraceRow {
  const types = JSON.parse(row['types'] as string) as number[];
  const services = JSON.parse(row['services'] as string) as string[];
  const number = (key: string): number => row[key] as number;
  const has = (key: string): boolean => row[key] !== null;
  const service = row['service'] as string;
  return {
    traceId: toHex(row['trace_id'] as Uint8Array),
    name: row['name'] as string,
    service,
    services: [service, ...services.filter((other) => other !== service)],
    ...(has('route') && { route: row['route'] as string }),
    ...(has('http_status') && { httpStatus: number('http_status') }),
    startMillis: number('start_us') / 1000,
    durationMillis: number('duration_us') / 1000,
    spanCount: number('span_count'),
    errorCount: number('error_count'),
    types: Object.fromEntries(operationTypes.flatMap((type, index) => (types[index] ? [[type, types[index]]] : []))),
    ...(has('tokens_in') && {
      tokens: {
        input: number('tokens_in'),
        output: number('tokens_out') ?? 0,
        ...(has('tokens_cached') && { cachedInput: number('tokens_cached') }),
        ...(has('tokens_reasoning') && { reasoning: number('tokens_reasoning') }),
      },
    }),
    ...(number('unpriced') > 0
      ? { costUnknown: true as const }
      : has('cost_usd')
        ? { costUsd: number('cost_usd') }
        : {}),
    open: number('root_rank') > 0,
  };
}

/**
 * Lists traces.
 *
 * @param database opened for reading
 * @param args filter, length, place and order
 * @returns one page with the counts of the whole search
 * @example
 * listTraces(database, { filter: { status: ['error'] }, limit: 100 }).total;
 */
export function listTraces(database: DatabaseSync, { filter, limit, before, order }: ListArgs): TraceList {
  const search = searchSql(database, filter);
  const { sql, values } = search.narrow;
  const column = ORDERS[order ?? 'newest'];
  const [value, id] = (before ?? '').split('-').map(Number);
  const place = value === undefined || id === undefined ? '' : `AND (t.${column}, t.id) < (?, ?)`;
  const rows = database
    .prepare(`SELECT * FROM traces t WHERE ${sql} ${place} ORDER BY t.${column} DESC, t.id DESC LIMIT ?`)
    .all(...values, ...(place === '' ? [] : [value as number, id as number]), limit + 1);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    traces: shown.map(toTraceRow),
    ...(rows.length > limit && last !== undefined && { next: `${String(last[column])}-${String(last['id'])}` }),
    ...countFacets(database, search, filter),
  };
}

/**
 * The newest matches as columns.
 *
 * @param database opened for reading
 * @param filter what must hold
 * @returns at most 5,000 points
 * @example
 * scatterOf(database, {}).traceIds.length;
 */
export function scatterOf(database: DatabaseSync, filter: TraceFilter): Scatter {
  const { sql, values } = filterSql(filter);
  const rows = database
    .prepare(
      `SELECT t.trace_id, t.start_us, t.duration_us, t.error_count, t.root_type FROM traces t WHERE ${sql} ORDER BY t.start_us DESC, t.id DESC LIMIT ${SCATTER_LIMIT}`,
    )
    .all(...values);
  return {
    traceIds: rows.map((row) => toHex(row['trace_id'] as Uint8Array)),
    startMillis: rows.map((row) => (row['start_us'] as number) / 1000),
    durationMillis: rows.map((row) => (row['duration_us'] as number) / 1000),
    errors: rows.map((row) => ((row['error_count'] as number) > 0 ? 1 : 0)),
    types: rows.map((row) => operationTypes[row['root_type'] as number] ?? 'internal'),
  };
}

/**
 * Single rows, for what is pushed.
 *
 * @param database opened for reading
 * @param traceIds hex ids
 * @returns those that are there
 * @example
 * rowsOf(database, []); // []
 */
export function rowsOf(database: DatabaseSync, traceIds: readonly string[]): readonly TraceRow[] {
  const find = database.prepare('SELECT * FROM traces WHERE trace_id = ?');
  return traceIds.flatMap((id) => {
    const row = find.get(Buffer.from(id, 'hex'));
    return row === undefined ? [] : [toTraceRow(row)];
  });
}
