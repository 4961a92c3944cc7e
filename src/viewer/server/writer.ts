/** Writes batches of spans: one transaction each, so that an acknowledged request is on the disk as a whole. */
import { createHash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { create, toBinary } from '@bufbuild/protobuf';
import { idFault, toHex, toResource } from './otlp.ts';
import type { ExportTraceServiceRequest } from './proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import {
  type ResourceSpans,
  ResourceSpansSchema,
  type ScopeSpans,
  ScopeSpansSchema,
} from './proto/generated/opentelemetry/proto/trace/v1/trace_pb.js';
import { serviceName } from './span.ts';
import { columnsOf, type SpanColumns } from './span-columns.ts';
import { createSummaries, type Placed } from './trace-summaries.ts';

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
}

/** Writes requests into an open database. */
export interface Writer {
  write(request: ExportTraceServiceRequest, nowMillis: number): Written;
}

/** Entries of a dictionary held in memory; beyond them it starts anew from the tables. */
const MAX_KNOWN = 20_000;

type Identify = (key: string, make: () => number) => number;

function createMemory(): Identify {
  const known = new Map<string, number>();
  return (key, make) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= MAX_KNOWN) known.clear();
    const id = make();
    known.set(key, id);
    return id;
  };
}

function idOf(row: Record<string, unknown> | undefined): number {
  return Number(row?.['id']);
}

function createDictionaries(database: DatabaseSync) {
  const insertResource = database.prepare(
    'INSERT INTO resources (service, hash, body) VALUES (?, ?, ?) ON CONFLICT (hash) DO UPDATE SET service = service RETURNING id',
  );
  const insertScope = database.prepare(
    'INSERT INTO scopes (hash, body) VALUES (?, ?) ON CONFLICT (hash) DO UPDATE SET hash = hash RETURNING id',
  );
  const insertOperation = database.prepare(
    'INSERT INTO operations (service, name, type, kind) VALUES (?, ?, ?, ?) ON CONFLICT (service, name, type, kind) DO UPDATE SET kind = kind RETURNING id',
  );
  const operations = createMemory();
  const stored = (insert: StatementSync, body: Uint8Array, ...first: string[]): number =>
    idOf(insert.get(...first, createHash('sha256').update(body).digest(), body));
  return {
    resource: (group: ResourceSpans, service: string): number => {
      const { resource, schemaUrl } = group;
      const only = create(ResourceSpansSchema, { schemaUrl, ...(resource !== undefined && { resource }) });
      return stored(insertResource, toBinary(ResourceSpansSchema, only), service);
    },
    scope: ({ scope, schemaUrl }: ScopeSpans): number =>
      stored(
        insertScope,
        toBinary(ScopeSpansSchema, create(ScopeSpansSchema, { schemaUrl, ...(scope !== undefined && { scope }) })),
      ),
    operation: (service: string, { name, type, kind }: SpanColumns): number =>
      operations(`${type} ${kind} ${service.length} ${service} ${name}`, () =>
        idOf(insertOperation.get(service, name, type, kind)),
      ),
  };
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
    return { spans, replaced, rejected, rejectedReason, services: [...services], traces: versions, newTraces, bytes };
  };

  return {
    write(request, nowMillis) {
      database.exec('BEGIN IMMEDIATE');
      try {
        const written = writeAll(request, nowMillis);
        database.exec('COMMIT');
        return written;
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        // What was undone may be remembered here.
        dictionaries = createDictionaries(database);
        throw error;
      }
    },
  };
}
