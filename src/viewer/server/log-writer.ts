/** Writes batches of log records: one transaction each, as spans are written. */
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { toBinary } from '@bufbuild/protobuf';
import { createDictionaries } from './dictionaries.ts';
import { isZero, SPAN_ID_BYTES, toHex, toResource, TRACE_ID_BYTES } from './otlp.ts';
import type { ExportLogsServiceRequest } from './proto/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { type LogRecord, LogRecordSchema } from './proto/generated/opentelemetry/proto/logs/v1/logs_pb.js';
import { serviceName } from './span.ts';
import { inTransaction } from './transaction.ts';

/** What became of one request of log records; every record is counted in exactly one of the first four. */
export interface WrittenLogs {
  readonly kept: number;
  /** Without a valid trace id: accepted, as a sender may send them, and not kept. */
  readonly withoutTrace: number;
  /** In a request that is here already. */
  readonly repeated: number;
  /** Of traces that hold as many as a trace may. */
  readonly rejected: number;
  /** Names the first rejected record; `''` when nothing was rejected. */
  readonly rejectedReason: string;
  readonly services: readonly string[];
  /** Hex ids of the traces that got some. */
  readonly traceIds: readonly string[];
  /** How many of `kept` wait for the first span of their trace, and how many bytes were added. */
  readonly waiting: number;
  readonly bytes: number;
}

/** Writes requests into an open database. */
export interface LogWriter {
  write(request: ExportLogsServiceRequest, body: Uint8Array, nowMillis: number): WrittenLogs;
  /** Takes every request for a new one: what was written may have been deleted since. */
  forget(): void;
}

/** A trace with more of them is a loop that logs; its first records say so. */
const MAX_LOGS_PER_TRACE = 10_000;
/** Requests that are known again. A sender tries again within minutes. */
const MAX_KNOWN_REQUESTS = 1_000;
/** Columns of a row beside the body, roughly. */
const ROW_BYTES = 60;
/** The largest moment that SQLite's integers hold: in the year 2262. */
const MAX_NANO = 2n ** 63n - 1n;

/** What is known of a trace's log on its way through a batch. */
interface LogTrace {
  readonly id: number;
  readonly isWaiting: boolean;
  count: number;
  refused: number;
  bytes: number;
}

/** The moment that a record stands at: when it happened, else when it was observed (logs.proto, `observed_time_unix_nano`). */
function momentOf({ timeUnixNano, observedTimeUnixNano }: LogRecord): bigint {
  const nano = timeUnixNano === 0n ? observedTimeUnixNano : timeUnixNano;
  return nano > MAX_NANO ? MAX_NANO : nano;
}

function hasTrace({ traceId }: LogRecord): boolean {
  return traceId.length === TRACE_ID_BYTES && !isZero(traceId);
}

/**
 * Knows a request that comes again. A log record has no id, so that one that was delivered twice looks like two; but a sender
 * that did not hear the answer sends the whole request again, byte for byte. Comparing single records instead would lose
 * those that a program really wrote twice in a millisecond, which is as fine as JavaScript's clock is. What this forgets
 * (the thousand and first request, a restart) is kept twice.
 */
function createKnownRequests() {
  const known = new Set<string>();
  return {
    digestOf: (body: Uint8Array): string => createHash('sha256').update(body).digest('base64'),
    has: (digest: string): boolean => known.has(digest),
    add: (digest: string): void => {
      const [oldest] = known;
      if (known.size >= MAX_KNOWN_REQUESTS && oldest !== undefined) known.delete(oldest);
      known.add(digest);
    },
    forget: (): void => known.clear(),
  };
}

/** Reads and writes the rows of `log_traces`, each once in a batch. */
function createLogTraces(database: DatabaseSync) {
  const find = database.prepare('SELECT id, waiting, count, refused, bytes FROM log_traces WHERE trace_id = ?');
  const make = database.prepare(
    `INSERT INTO log_traces (trace_id, count, refused, bytes, touched_ms, waiting)
     SELECT ?1, 0, 0, 0, 0, NOT EXISTS (SELECT 1 FROM traces WHERE trace_id = ?1) RETURNING id, waiting, count, refused, bytes`,
  );
  const update = database.prepare(
    'UPDATE log_traces SET count = ?, refused = ?, bytes = ?, touched_ms = ? WHERE id = ?',
  );
  // A trace that logs is not quiet.
  const touch = database.prepare('UPDATE traces SET touched_ms = ? WHERE trace_id = ?');
  return () => {
    const held = new Map<string, LogTrace>();
    return {
      of(traceId: Uint8Array): LogTrace {
        const hex = toHex(traceId);
        const known = held.get(hex);
        if (known !== undefined) return known;
        const { waiting, ...counts } = find.get(traceId) ?? make.get(traceId) ?? {};
        const found = { ...(counts as unknown as LogTrace), isWaiting: waiting === 1 };
        held.set(hex, found);
        return found;
      },
      end(nowMillis: number): readonly string[] {
        for (const [hex, { id, isWaiting, count, refused, bytes }] of held) {
          update.run(count, refused, bytes, nowMillis, id);
          if (!isWaiting) touch.run(nowMillis, Buffer.from(hex, 'hex'));
        }
        return [...held.keys()];
      },
    };
  };
}

/**
 * Prepares to write.
 *
 * @param database opened by `openDatabase`
 * @returns the writer; `write` throws what SQLite throws (a full disk), and then nothing of the request is stored
 * @example
 * createLogWriter(openDatabase(':memory:')).forget();
 */
export function createLogWriter(database: DatabaseSync): LogWriter {
  const dictionaries = createDictionaries(database);
  const beginTraces = createLogTraces(database);
  const known = createKnownRequests();
  const insert = database.prepare('INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?)');

  const writeAll = (request: ExportLogsServiceRequest, nowMillis: number): WrittenLogs => {
    const traces = beginTraces();
    const services = new Set<string>();
    const sums = { kept: 0, withoutTrace: 0, rejected: 0, waiting: 0, bytes: 0 };
    let rejectedReason = '';
    for (const [r, group] of request.resourceLogs.entries()) {
      const service = serviceName({ resource: toResource(group) });
      let resource: number | undefined;
      for (const [s, scopeGroup] of group.scopeLogs.entries()) {
        let scope: number | undefined;
        for (const [i, record] of scopeGroup.logRecords.entries()) {
          if (!hasTrace(record)) {
            sums.withoutTrace += 1;
            continue;
          }
          const trace = traces.of(record.traceId);
          if (trace.count >= MAX_LOGS_PER_TRACE) {
            trace.refused += 1;
            sums.rejected += 1;
            rejectedReason ||= `resourceLogs[${r}].scopeLogs[${s}].logRecords[${i}]: its trace has ${MAX_LOGS_PER_TRACE} log records already, and no more are kept of one`;
            continue;
          }
          // Here, so that senders of nothing that is kept leave nothing behind.
          resource ??= dictionaries.resource(group, service);
          scope ??= dictionaries.scope(scopeGroup);
          const body = toBinary(LogRecordSchema, record);
          const hasSpan = record.spanId.length === SPAN_ID_BYTES && !isZero(record.spanId);
          insert.run(trace.id, momentOf(record), trace.count, hasSpan ? record.spanId : null, resource, scope, body);
          trace.count += 1;
          trace.bytes += body.length + ROW_BYTES;
          sums.kept += 1;
          sums.bytes += body.length + ROW_BYTES;
          if (trace.isWaiting) sums.waiting += 1;
          services.add(service);
        }
      }
    }
    return { ...sums, repeated: 0, rejectedReason, services: [...services], traceIds: traces.end(nowMillis) };
  };

  const countOf = (request: ExportLogsServiceRequest): number =>
    request.resourceLogs
      .flatMap(({ scopeLogs }) => scopeLogs)
      .reduce((sum, { logRecords }) => sum + logRecords.length, 0);

  return {
    write(request, body, nowMillis) {
      // One record alone is as likely to have been written twice as to have been sent twice: it is kept.
      const count = countOf(request);
      const digest = count > 1 ? known.digestOf(body) : undefined;
      if (digest !== undefined && known.has(digest)) {
        const nothing = { kept: 0, withoutTrace: 0, rejected: 0, rejectedReason: '', waiting: 0, bytes: 0 };
        return { ...nothing, repeated: count, services: [], traceIds: [] };
      }
      const written = inTransaction(database, () => writeAll(request, nowMillis));
      if (digest !== undefined) known.add(digest);
      return written;
    },
    forget: known.forget,
  };
}
