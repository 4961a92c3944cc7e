/** Keeps the row of each trace while its spans arrive, so that nothing has to read them again for a list. */
import type { DatabaseSync } from 'node:sqlite';
import { fromBinary } from '@bufbuild/protobuf';
import { operationTypes } from '../wire.ts';
import { SpanSchema } from './proto/generated/opentelemetry/proto/trace/v1/trace_pb.js';
import { columnsOf, type SpanColumns } from './span-columns.ts';
import { createTitles } from './trace-titles.ts';

/** A span with what the dictionaries said about it. */
export interface Placed {
  readonly columns: SpanColumns;
  readonly service: string;
  readonly operation: number;
}

/** A trace's row on its way through a batch. */
export interface TraceState {
  readonly id: number;
  nextSeq: number;
  readonly row: Row;
  /** Of the row as it was before the batch; -1 for a new trace. */
  readonly bytesBefore: number;
  /** A span came again under its id: the row is made anew from the spans at the end. */
  stale: boolean;
}

/** The batch of one request. */
export interface SummaryBatch {
  /** Finds or makes the trace that a span belongs to. */
  trace(traceId: string, first: Placed): TraceState;
  /** Adds a span to its trace's row. */
  count(trace: TraceState, span: Placed, isNew: boolean): void;
  /** Writes the rows; gives ids with new versions, and how many traces and bytes were added. */
  end(): { readonly versions: Readonly<Record<string, number>>; readonly traces: number; readonly bytes: number };
}

interface Row {
  start_us: number;
  end_us: number;
  root_rank: number;
  root_start_us: number;
  root_operation: number;
  root_type: number;
  name: string;
  service: string;
  route: string | null;
  http_status: number | null;
  span_count: number;
  error_count: number;
  type_mask: number;
  types: number[];
  services: string[];
  ai_calls: number;
  unpriced: number;
  tokens_in: number | null;
  tokens_out: number | null;
  tokens_cached: number | null;
  tokens_reasoning: number | null;
  cost_usd: number | null;
  version: number;
  bytes: number;
}

const ERROR = 2;
const NO_ROOT = 2;
/** Columns of a row beside the body, roughly. */
const ROW_BYTES = 120;
const COLUMNS =
  'start_us, end_us, duration_us, root_rank, root_start_us, root_operation, root_type, name, service, route, http_status, span_count, error_count, type_mask, types, services, ai_calls, unpriced, tokens_in, tokens_out, tokens_cached, tokens_reasoning, cost_usd, version, bytes, touched_ms';
const VALUES = COLUMNS.replaceAll(/[a-z_]+/gu, '?');

function emptyRow(version: number): Row {
  return {
    start_us: Number.MAX_SAFE_INTEGER,
    end_us: 0,
    root_rank: NO_ROOT,
    root_start_us: 0,
    root_operation: 0,
    root_type: 0,
    name: '',
    service: '',
    route: null,
    http_status: null,
    span_count: 0,
    error_count: 0,
    type_mask: 0,
    types: operationTypes.map(() => 0),
    services: [],
    ai_calls: 0,
    unpriced: 0,
    tokens_in: null,
    tokens_out: null,
    tokens_cached: null,
    tokens_reasoning: null,
    cost_usd: null,
    version,
    bytes: 0,
  };
}

function plus(sum: number | null, more: number | null): number | null {
  return more === null ? sum : (sum ?? 0) + more;
}

/** Only what decides here is asked of a span, so that stored and arriving ones are added alike. */
type Counted = Pick<
  SpanColumns,
  | 'parentId'
  | 'name'
  | 'type'
  | 'startMicros'
  | 'durationNano'
  | 'status'
  | 'aiCall'
  | 'tokensIn'
  | 'tokensOut'
  | 'tokensCached'
  | 'tokensReasoning'
  | 'costUsd'
> & { readonly size: number };

function isBetterRoot(row: Row, rank: number, span: Counted): boolean {
  return rank < row.root_rank || (rank === row.root_rank && span.startMicros < row.root_start_us);
}

function add(row: Row, span: Counted, service: string): void {
  row.start_us = Math.min(row.start_us, span.startMicros);
  const end = Math.min(span.startMicros + Math.ceil(span.durationNano / 1000), Number.MAX_SAFE_INTEGER);
  row.end_us = Math.max(row.end_us, end);
  row.span_count += 1;
  if (span.status === ERROR) row.error_count += 1;
  row.type_mask |= 1 << span.type;
  row.types[span.type] = (row.types[span.type] ?? 0) + 1;
  if (!row.services.includes(service)) row.services.push(service);
  row.bytes += span.size + ROW_BYTES;
  if (span.aiCall === 0) return;
  row.ai_calls += 1;
  if (span.costUsd === null) row.unpriced += 1;
  row.tokens_in = plus(row.tokens_in, span.tokensIn);
  row.tokens_out = plus(row.tokens_out, span.tokensOut);
  row.tokens_cached = plus(row.tokens_cached, span.tokensCached);
  row.tokens_reasoning = plus(row.tokens_reasoning, span.tokensReasoning);
  row.cost_usd = plus(row.cost_usd, span.costUsd);
}

function readRow(found: Record<string, unknown>): Row {
  return {
    ...(found as unknown as Row),
    types: JSON.parse(found['types'] as string) as number[],
    services: JSON.parse(found['services'] as string) as string[],
  };
}

/**
 * Prepares to keep the rows of traces.
 *
 * @param database opened for writing
 * @returns `begin` opens the batch of one request, inside its transaction
 * @example
 * createSummaries(database).begin(Date.now()).end(); // { versions: {}, traces: 0, bytes: 0 }
 */
export function createSummaries(database: DatabaseSync): { begin(nowMillis: number): SummaryBatch } {
  const titles = createTitles(database);
  const find = database.prepare('SELECT * FROM traces WHERE trace_id = ?');
  const lastSeq = database.prepare('SELECT max(seq) AS seq FROM spans WHERE trace = ?');
  const make = database.prepare(
    `INSERT INTO traces (trace_id, ${COLUMNS}) VALUES (?, ${VALUES.replaceAll('?', "''")}) RETURNING id`,
  );
  const update = database.prepare(`UPDATE traces SET (${COLUMNS}) = (${VALUES}) WHERE id = ?`);
  const spansOf = database.prepare(
    `SELECT s.span_id AS spanId, s.parent_id AS parentId, o.name, o.type, s.start_us AS startMicros, s.duration_ns AS durationNano, s.status,
       s.ai_call AS aiCall, s.tokens_in AS tokensIn, s.tokens_out AS tokensOut, s.tokens_cached AS tokensCached,
       s.tokens_reasoning AS tokensReasoning, s.cost_usd AS costUsd, length(s.body) AS size, o.service, s.operation
     FROM spans s JOIN operations o ON o.id = s.operation WHERE s.trace = ? ORDER BY s.seq`,
  );

  const bodyOf = database.prepare('SELECT body FROM spans WHERE trace = ? AND span_id = ?');

  const takeRoot = (row: Row, span: Counted, service: string, operation: number): boolean => {
    const rank = span.parentId === null ? 0 : 1;
    if (!isBetterRoot(row, rank, span)) return false;
    row.root_rank = rank;
    row.root_start_us = span.startMicros;
    row.root_operation = operation;
    row.root_type = span.type;
    row.name = span.name;
    row.service = service;
    return true;
  };

  const describe = (row: Row, columns: SpanColumns): void => {
    titles.begin(row, columns);
    row.http_status = columns.httpStatus;
  };

  const recount = (state: TraceState): Row => {
    const row = emptyRow(state.row.version);
    row.route = state.row.route;
    let root: Uint8Array | undefined;
    for (const found of spansOf.iterate(state.id)) {
      const span = found as unknown as Counted & { spanId: Uint8Array; service: string; operation: number };
      add(row, span, span.service);
      if (takeRoot(row, span, span.service, span.operation)) root = span.spanId;
    }
    // Route and status of a span have no columns: its message says them.
    const body = root === undefined ? undefined : bodyOf.get(state.id, root)?.['body'];
    if (body instanceof Uint8Array) describe(row, columnsOf(fromBinary(SpanSchema, body)));
    return row;
  };

  return {
    begin(nowMillis) {
      const states = new Map<string, TraceState>();
      return {
        trace(traceId, { columns }) {
          const known = states.get(traceId);
          if (known !== undefined) return known;
          const found = find.get(columns.traceId);
          const id = Number(found?.['id'] ?? make.get(columns.traceId)?.['id']);
          const state: TraceState = {
            id,
            nextSeq: found === undefined ? 0 : Number(lastSeq.get(id)?.['seq'] ?? -1) + 1,
            row: found === undefined ? emptyRow(0) : readRow(found),
            bytesBefore: found === undefined ? -1 : Number(found['bytes']),
            stale: false,
          };
          states.set(traceId, state);
          return state;
        },
        count(state, { columns, service, operation }, isNew) {
          const span = { ...columns, size: columns.body.length };
          if (isNew) {
            state.nextSeq += 1;
            add(state.row, span, service);
          } else state.stale = true;
          if (takeRoot(state.row, span, service, operation)) describe(state.row, columns);
          titles.add(state.row, columns);
        },
        end() {
          const versions: Record<string, number> = {};
          let traces = 0;
          let bytes = 0;
          for (const [traceId, state] of states) {
            const row = state.stale ? recount(state) : state.row;
            row.version += 1;
            versions[traceId] = row.version;
            if (state.bytesBefore < 0) traces += 1;
            bytes += row.bytes - Math.max(state.bytesBefore, 0);
            update.run(
              row.start_us,
              row.end_us,
              row.end_us - row.start_us,
              row.root_rank,
              row.root_start_us,
              row.root_operation,
              row.root_type,
              row.name,
              row.service,
              row.route,
              row.http_status,
              row.span_count,
              row.error_count,
              row.type_mask,
              JSON.stringify(row.types),
              JSON.stringify(row.services),
              row.ai_calls,
              row.unpriced,
              row.tokens_in,
              row.tokens_out,
              row.tokens_cached,
              row.tokens_reasoning,
              row.cost_usd,
              row.version,
              row.bytes,
              nowMillis,
              state.id,
            );
          }
          return { versions, traces, bytes };
        },
      };
    },
  };
}
