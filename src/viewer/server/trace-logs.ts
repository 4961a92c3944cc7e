/** Reads log records out of the store: those of a trace, those of a span, and as OTLP. */
import type { DatabaseSync } from 'node:sqlite';
import { fromBinary } from '@bufbuild/protobuf';
import type { LogRow, SpanDetail, TraceLogs } from '../wire.ts';
import { millis, shownValue, toAttributeRow } from './attribute-rows.ts';
import { severityOf } from './log-severity.ts';
import { toAttributes, toHex, toValue } from './otlp.ts';
import { type OtlpObject, writeOtlpJson } from './otlp-json-write.ts';
import {
  LogRecordSchema,
  type ResourceLogs,
  ResourceLogsSchema,
  type ScopeLogs,
  ScopeLogsSchema,
} from './proto/generated/opentelemetry/proto/logs/v1/logs_pb.js';

type Found = Record<string, unknown>;

/** Which log records of a trace are asked for. */
export interface LogArgs {
  readonly traceId: string;
  readonly limit: number;
  /** `next` of the page before: the id of its last record. */
  readonly after?: string;
}

/** Of the records of one page, as they are stored. A page ends sooner when they are long. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** As many as a panel shows, as of events. */
const MAX_SPAN_LOGS = 1_000;
/** Of the records of one span when all of them are asked for with their whole texts. */
const MAX_FULL_BYTES = 64 * 1024 * 1024;
const FROM_LOGS = 'FROM logs l JOIN resources r ON r.id = l.resource WHERE l.trace = ?';
const FROM_LOGS_OF_SCOPES =
  'FROM logs l JOIN resources r ON r.id = l.resource JOIN scopes s ON s.id = l.scope WHERE l.trace = ?';
const COLUMNS = 'l.time_ns, l.seq, l.span_id, l.body, r.service';
const BY_TIME = 'ORDER BY l.time_ns, l.seq';

function toLogRow(found: Found, full: boolean): LogRow {
  const record = fromBinary(LogRecordSchema, found['body'] as Uint8Array);
  const { timeUnixNano: time, observedTimeUnixNano: observed, severityText, eventName } = record;
  const spanId = found['span_id'] as Uint8Array | null;
  const severity = severityOf(record);
  const { value: body, cutBytes } = shownValue(toValue(record.body), full);
  const at = time === 0n ? observed : time;
  return {
    id: `${String(found['time_ns'])}-${String(found['seq'])}`,
    ...(at !== 0n && { timeMillis: millis(at) }),
    ...(observed !== 0n && observed !== at && { observedMillis: millis(observed) }),
    severity,
    ...(severityText !== '' && severityText.toUpperCase() !== severity && { severityText }),
    ...(eventName !== '' && { eventName }),
    body,
    ...(cutBytes !== undefined && { bodyCutBytes: cutBytes }),
    ...(spanId !== null && { spanId: toHex(spanId) }),
    service: found['service'] as string,
    attributes: toAttributes(record.attributes).map((each) => toAttributeRow(each, full)),
    ...(record.droppedAttributesCount > 0 && { droppedAttributes: record.droppedAttributesCount }),
  };
}

/** Time and number of the record that a place names. */
function placeOf(place: string): readonly [time: bigint, seq: number] {
  const dash = place.indexOf('-');
  // What is beyond 64 bits is no time of ours.
  return [BigInt.asIntN(64, BigInt(place.slice(0, dash))), Number(place.slice(dash + 1))];
}

/** As many as fit, and at least one. */
function readRows(
  all: Iterable<Found>,
  { full, limit, maxBytes }: { readonly full: boolean; readonly limit: number; readonly maxBytes: number },
): { readonly rows: readonly LogRow[]; readonly hasMore: boolean } {
  const rows: LogRow[] = [];
  let bytes = 0;
  for (const found of all) {
    if (rows.length === limit || bytes > maxBytes) return { rows, hasMore: true };
    rows.push(toLogRow(found, full));
    bytes += (found['body'] as Uint8Array).length;
  }
  return { rows, hasMore: false };
}

function findTrace(database: DatabaseSync, traceId: string): Found | undefined {
  return database
    .prepare('SELECT id, count, refused FROM log_traces WHERE trace_id = ?')
    .get(Buffer.from(traceId, 'hex'));
}

/** Times are nanoseconds, beyond what a double holds. */
function prepare(database: DatabaseSync, sql: string) {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}

/**
 * The log records of one trace, also of one whose spans have not come.
 *
 * @param database opened for reading
 * @param args hex id and page
 * @returns by time; undefined where neither the trace nor a log record of it is there
 * @example
 * logsOf(database, { traceId: '0af7651916cd43dd8448eb211c80319c', limit: 1_000 })?.total;
 */
export function logsOf(database: DatabaseSync, { traceId, limit, after = '0--1' }: LogArgs): TraceLogs | undefined {
  const trace = findTrace(database, traceId);
  if (trace === undefined) {
    const isThere = database.prepare('SELECT 1 FROM traces WHERE trace_id = ?').get(Buffer.from(traceId, 'hex'));
    return isThere === undefined ? undefined : { logs: [], total: 0, refused: 0 };
  }
  const page = prepare(database, `SELECT ${COLUMNS} ${FROM_LOGS} AND (l.time_ns, l.seq) > (?, ?) ${BY_TIME}`);
  const found = page.iterate(trace['id'] as number, ...placeOf(after));
  const { rows: logs, hasMore } = readRows(found, { full: false, limit, maxBytes: MAX_PAGE_BYTES });
  const next = hasMore ? logs.at(-1)?.id : undefined;
  return {
    logs,
    total: trace['count'] as number,
    refused: trace['refused'] as number,
    ...(next !== undefined && { next }),
  };
}

/**
 * The log records of one span.
 *
 * @param database opened for reading
 * @param args hex ids; `full` asks for more of them, with their whole texts; `share` of the bytes that an answer may take
 * @returns by time, and how many are left out
 * @example
 * logsOfSpan(database, { traceId: span.traceId, spanId: span.spanId, full: false }).logs; // []
 */
export function logsOfSpan(
  database: DatabaseSync,
  args: { readonly traceId: string; readonly spanId: string; readonly full: boolean; readonly share?: number },
): Pick<SpanDetail, 'logs' | 'logsLeftOut'> {
  const { traceId, spanId, full, share = 1 } = args;
  const trace = findTrace(database, traceId)?.['id'] as number | undefined;
  if (trace === undefined) return { logs: [] };
  const span = Buffer.from(spanId, 'hex');
  const find = prepare(database, `SELECT ${COLUMNS} ${FROM_LOGS} AND l.span_id = ? ${BY_TIME}`);
  const { rows: logs } = readRows(find.iterate(trace, span), {
    full,
    limit: full ? Infinity : MAX_SPAN_LOGS,
    maxBytes: (full ? MAX_FULL_BYTES : MAX_PAGE_BYTES) * share,
  });
  const counted = database.prepare(`SELECT count(*) AS n ${FROM_LOGS} AND l.span_id = ?`).get(trace, span);
  const leftOut = Number(counted?.['n']) - logs.length;
  return { logs, ...(leftOut > 0 && { logsLeftOut: leftOut }) };
}

/** A part of a file of log records. */
export interface OtlpLogs {
  /** Entries of `resourceLogs`. */
  readonly groups: readonly OtlpObject[];
  /** Where the next part begins; absent for the last. */
  readonly next?: string;
}

/**
 * The log records of one trace as they came, for a file, part by part.
 *
 * @param database opened for reading
 * @param args hex id, and `next` of the part before
 * @returns what `/v1/logs` takes as JSON; undefined where there is none
 * @example
 * otlpLogsOf(database, { traceId: '0af7651916cd43dd8448eb211c80319c' });
 */
export function otlpLogsOf(
  database: DatabaseSync,
  { traceId, after = '0--1' }: { readonly traceId: string; readonly after?: string },
): OtlpLogs | undefined {
  const trace = findTrace(database, traceId)?.['id'] as number | undefined;
  if (trace === undefined) return undefined;
  const senders = new Map<bigint, ResourceLogs>();
  const groups = new Map<string, ScopeLogs>();
  const part = prepare(
    database,
    `SELECT l.time_ns, l.seq, l.resource, l.scope, l.body, r.body AS sender, s.body AS maker ${FROM_LOGS_OF_SCOPES}
     AND (l.time_ns, l.seq) > (?, ?) ${BY_TIME}`,
  );
  let bytes = 0;
  let last = after;
  let hasMore = false;
  for (const row of part.iterate(trace, ...placeOf(after))) {
    hasMore = bytes > MAX_PAGE_BYTES;
    if (hasMore) break;
    const [resource, scope, body] = [row['resource'] as bigint, row['scope'] as bigint, row['body'] as Uint8Array];
    // Kept as groups of spans without spans, which on the wire are groups of logs without records.
    const sender = senders.get(resource) ?? fromBinary(ResourceLogsSchema, row['sender'] as Uint8Array);
    senders.set(resource, sender);
    const key = `${resource} ${scope}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = fromBinary(ScopeLogsSchema, row['maker'] as Uint8Array);
      groups.set(key, group);
      sender.scopeLogs.push(group);
    }
    group.logRecords.push(fromBinary(LogRecordSchema, body));
    bytes += body.length;
    last = `${String(row['time_ns'])}-${String(row['seq'])}`;
  }
  return {
    groups: [...senders.values()].map((sender) => writeOtlpJson(ResourceLogsSchema, sender)),
    ...(hasMore && { next: last }),
  };
}
