/** The list of traces, its facets and the scatter plot above it: read from the table of traces alone. */
import type { DatabaseSync } from 'node:sqlite';
import { type Facet, operationTypes, type Scatter, type TraceFilter, type TraceList, type TraceRow } from '../wire.ts';
import { type FacetName, filterSql, searchSql } from './filter-sql.ts';
import { toHex } from './otlp.ts';

/** What a list is asked for. */
export interface ListArgs {
  readonly filter: TraceFilter;
  readonly limit: number;
  /** As `next` of an earlier list. */
  readonly before?: string;
}

type Found = Record<string, unknown>;
const FACET_LIMIT = 50;
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

type Search = ReturnType<typeof searchSql>;

function count(database: DatabaseSync, search: Search, facet: FacetName, of: string): Facet {
  const { sql, values } = search(facet);
  const rows = database
    .prepare(`SELECT ${of} AS value, count(*) AS n FROM traces t WHERE ${sql} GROUP BY value`)
    .all(...values);
  return rows.map((row) => [String(row['value'] ?? ''), Number(row['n'])] as const);
}

function top(entries: Iterable<readonly [string, number]>): Facet {
  return [...entries].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, FACET_LIMIT);
}

function spread(facet: Facet, parts: (value: string) => readonly string[]): Facet {
  const sums = new Map<string, number>();
  for (const [value, traces] of facet) for (const part of parts(value)) sums.set(part, (sums.get(part) ?? 0) + traces);
  return top(sums);
}

function facetsOf(database: DatabaseSync, search: Search): TraceList['facets'] {
  const masks = count(database, search, 'type', 't.type_mask');
  return {
    type: spread(masks, (mask) => operationTypes.filter((_, index) => (Number(mask) & (1 << index)) !== 0)),
    service: spread(count(database, search, 'service', 't.services'), (list) => JSON.parse(list) as string[]),
    route: top(count(database, search, 'route', 't.route').filter(([route]) => route !== '')),
    status: top(count(database, search, 'status', "iif(t.error_count > 0, 'error', 'ok')")),
  };
}

/**
 * Lists traces, newest first.
 *
 * @param database opened for reading
 * @param args filter, length and place
 * @returns one page with the counts of the whole search
 * @example
 * listTraces(database, { filter: { status: ['error'] }, limit: 100 }).total;
 */
export function listTraces(database: DatabaseSync, { filter, limit, before }: ListArgs): TraceList {
  const search = searchSql(database, filter);
  const { sql, values } = search();
  const [start, id] = (before ?? '').split('-').map(Number);
  const place = start === undefined || id === undefined ? '' : 'AND (t.start_us, t.id) < (?, ?)';
  const rows = database
    .prepare(`SELECT * FROM traces t WHERE ${sql} ${place} ORDER BY t.start_us DESC, t.id DESC LIMIT ?`)
    .all(...values, ...(place === '' ? [] : [start as number, id as number]), limit + 1);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const facets = facetsOf(database, search);
  const total = database.prepare(`SELECT count(*) AS n FROM traces t WHERE ${sql}`).get(...values);
  return {
    traces: shown.map(toTraceRow),
    total: Number(total?.['n']),
    ...(rows.length > limit && last !== undefined && { next: `${String(last['start_us'])}-${String(last['id'])}` }),
    facets,
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
