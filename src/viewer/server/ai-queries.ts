/** The questions behind *AI*: pure functions of a database opened for reading, run in the store's thread. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { fromBinary } from '@bufbuild/protobuf';
import { type AiCall, type AiReport, type Conversation, operationTypes, type TraceFilter } from '../wire.ts';
import { type Condition, filterSql } from './filter-sql.ts';
import { readAiCall } from './ai-dialects.ts';
import { reportAi, type RoutedCall } from './ai-report.ts';
import { conversationOf } from './conversation.ts';
import { toSpan } from './otlp.ts';
import { SpanSchema } from './proto/generated/opentelemetry/proto/trace/v1/trace_pb.js';
import type { Resource, Scope } from './span.ts';

type Row = Readonly<Record<string, SQLOutputValue>>;

const AI = operationTypes.indexOf('ai');
/** Reading a call means decoding its span: older calls than these are not in a report. */
const MAX_CALLS = 50_000;
const NOBODY: Resource = { attributes: [], droppedAttributesCount: 0, entityRefs: [], schemaUrl: '' };
const NO_SCOPE: Scope = { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' };

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
      // The order of the tables is said: most traces have no AI in them, and their spans are not to be looked at.
      `SELECT s.body, t.route FROM traces t CROSS JOIN spans s ON s.trace = t.id CROSS JOIN operations o ON o.id = s.operation
       WHERE t.type_mask & ${1 << AI} AND o.type = ${AI} AND ${where.sql}
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
