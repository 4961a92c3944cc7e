/** Writes batches of spans: one transaction each, so that an acknowledged request is on the disk as a whole. */
import type { DatabaseSync } from 'node:sqlite';
import { createDictionaries } from './dictionaries.ts';
import { idFault, toHex, toResource } from './otlp.ts';
import type { ExportTraceServiceRequest } from './proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import { serviceName } from './span.ts';
import { columnsOf, type SpanColumns } from './span-columns.ts';
import { createSummaries, type Placed } from './trace-summaries.ts';
import { inTransaction } from './transaction.ts';

/** What became of one request. */
export interface Written {
  readonly spans: number;
  readonly replaced: number;
  readonly rejected: number;
  /** Names the first rejected span's bad field; `''` when nothing was rejected. */
  readonly rejectedReason: string;
  readonly services: readonly string[];
  /** Hex ids of the traces that grew, with their new versions. */
  readonly traces: Readonly<Record<string, number>>;
  /** How many of them are new, and how many bytes were added. */
  readonly newTraces: number;
  readonly bytes: number;
  /** How many log records had been waiting for them. */
  readonly joinedLogs: number;
}

/** Writes requests into an open database. */
export interface Writer {
  write(request: ExportTraceServiceRequest, nowMillis: number): Written;
  /** Looks names up anew: some may be gone. */
  forget(): void;
}

const SPAN_COLUMNS =
  'operation, parent_id, start_us, start_ns, duration_ns, status, events, links, ai_call, tokens_in, tokens_out, tokens_cached, tokens_reasoning, cost_usd, peer, resource, scope, body';
const SPAN_VALUES = SPAN_COLUMNS.replaceAll(/[a-z_]+/gu, '?');

function valuesOf(span: SpanColumns, operation: number, resource: number, scope: number) {
  return [
    operation,
    span.parentId,
    span.startMicros,
    span.startNano,
    span.durationNano,
    span.status,
    span.events,
    span.links.length,
    span.aiCall,
    span.tokensIn,
    span.tokensOut,
    span.tokensCached,
    span.tokensReasoning,
    span.costUsd,
    span.peer,
    resource,
    scope,
    span.body,
  ];
}

/**
 * Prepares to write.
 *
 * @param database opened by `openDatabase`
 * @returns the writer; `write` throws what SQLite throws (a full disk), and then nothing of the request is stored
 * @example
 * createWriter(openDatabase(':memory:')).write(readRequestJson('{}'), Date.now()).spans; // 0
 */
export function createWriter(database: DatabaseSync): Writer {
  let dictionaries = createDictionaries(database);
  const summaries = createSummaries(database);
  const insertSpan = database.prepare(
    `INSERT INTO spans (trace, span_id, seq, ${SPAN_COLUMNS}) VALUES (?, ?, ?, ${SPAN_VALUES}) ON CONFLICT DO NOTHING`,
  );
  const replaceSpan = database.prepare(
    `UPDATE spans SET (${SPAN_COLUMNS}) = (${SPAN_VALUES}) WHERE trace = ? AND span_id = ?`,
  );
  const insertLink = database.prepare('INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?)');
  const joinLogs = database.prepare(
    'UPDATE log_traces SET waiting = 0 WHERE trace_id = ? AND waiting = 1 RETURNING count',
  );

  const store = (placed: Placed, trace: number, seq: number, resource: number, scope: number): boolean => {
    const { columns, operation } = placed;
    const values = valuesOf(columns, operation, resource, scope);
    const isNew = insertSpan.run(trace, columns.spanId, seq, ...values).changes === 1;
    if (!isNew) replaceSpan.run(...values, trace, columns.spanId);
    for (const link of columns.links) {
      if (link.traceId.length === 16 && link.spanId.length === 8) {
        insertLink.run(link.traceId, link.spanId, trace, columns.spanId);
      }
    }
    return isNew;
  };

  const writeAll = (request: ExportTraceServiceRequest, nowMillis: number): Written => {
    const services = new Set<string>();
    const batch = summaries.begin(nowMillis);
    let spans = 0;
    let replaced = 0;
    let rejected = 0;
    let rejectedReason = '';
    for (const [r, group] of request.resourceSpans.entries()) {
      const service = serviceName({ resource: toResource(group) });
      const resource = dictionaries.resource(group, service);
      for (const [s, scopeGroup] of group.scopeSpans.entries()) {
        const scope = dictionaries.scope(scopeGroup);
        for (const [i, span] of scopeGroup.spans.entries()) {
          const fault = idFault(span);
          if (fault !== undefined) {
            rejected += 1;
            rejectedReason ||= `resourceSpans[${r}].scopeSpans[${s}].spans[${i}].${fault}`;
            continue;
          }
          const columns = columnsOf(span);
          const placed: Placed = { columns, service, operation: dictionaries.operation(service, columns) };
          const trace = batch.trace(toHex(columns.traceId), placed);
          const isNew = store(placed, trace.id, trace.nextSeq, resource, scope);
          batch.count(trace, placed, isNew);
          services.add(service);
          spans += 1;
          if (!isNew) replaced += 1;
        }
      }
    }
    const { versions, traces: newTraces, bytes } = batch.end();
    let joinedLogs = 0;
    for (const [traceId, version] of Object.entries(versions)) {
      if (version === 1) joinedLogs += Number(joinLogs.get(Buffer.from(traceId, 'hex'))?.['count'] ?? 0);
    }
    return {
      spans,
      replaced,
      rejected,
      rejectedReason,
      services: [...services],
      traces: versions,
      newTraces,
      bytes,
      joinedLogs,
    };
  };

  return {
    write(request, nowMillis) {
      try {
        return inTransaction(database, () => writeAll(request, nowMillis));
      } catch (error) {
        // What was undone may be remembered here.
        dictionaries = createDictionaries(database);
        throw error;
      }
    },
    forget() {
      dictionaries = createDictionaries(database);
    },
  };
}
