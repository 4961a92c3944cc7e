/**
 * The thread that holds the database: decodes and writes requests, answers questions. A store in a file has two of them, one
 * that writes and one that reads, so that neither a long question nor a long batch makes the other wait; a store in memory
 * has one that does both.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createLogWriter } from './log-writer.ts';
import { createMaintenance } from './maintenance.ts';
import { readOtlpBody } from './otlp-body.ts';
import { ExportLogsServiceRequestSchema } from './proto/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { ExportTraceServiceRequestSchema } from './proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import { type QueryName, queries } from './queries.ts';
import { damageOf, openDatabase, openForReading } from './schema.ts';
import { storeErrorOf } from './store-errors.ts';
import type { Answer, Changed, Evicted, Task, WorkerOptions } from './store-messages.ts';
import { createWriter } from './writer.ts';

const { path, role, retention } = workerData as WorkerOptions;
const database = role === 'read' ? openForReading(path) : openDatabase(path);
const writer = role === 'read' ? undefined : createWriter(database);
const logWriter = role === 'read' ? undefined : createLogWriter(database);
const maintenance = role === 'read' ? undefined : createMaintenance(database, retention);

function run(task: Task): unknown {
  if (task.do === 'query') {
    const query = queries[task.name as QueryName] as (database: unknown, args: unknown) => unknown;
    return query(database, task.args);
  }
  if (writer === undefined || logWriter === undefined || maintenance === undefined)
    throw new Error('this thread only reads');
  const changed = (evicted: Evicted): Changed => {
    // A request whose records have left is a new one when it comes again.
    if (evicted.logs > 0) logWriter.forget();
    return { evicted, held: maintenance.held() };
  };
  /** What was committed stays acknowledged, whether or not there was room to evict for it; damage is told all the same. */
  const enforceAfter = (nowMillis: number): Evicted => {
    try {
      return maintenance.enforce(nowMillis);
    } catch (error) {
      if (damageOf(error) !== undefined) throw error;
      return { spans: 0, logs: 0, traceIds: [] };
    }
  };
  switch (task.do) {
    case 'write': {
      const request = readOtlpBody(ExportTraceServiceRequestSchema, task.encoding, task.body);
      const written = writer.write(request, task.nowMillis);
      maintenance.added({
        traces: written.newTraces,
        spans: written.spans - written.replaced,
        bytes: written.bytes,
        waitingLogs: -written.joinedLogs,
      });
      return { ...written, ...changed(enforceAfter(task.nowMillis)) };
    }
    case 'writeLogs': {
      const request = readOtlpBody(ExportLogsServiceRequestSchema, task.encoding, task.body);
      const written = logWriter.write(request, task.body, task.nowMillis);
      maintenance.added({ logs: written.kept, waitingLogs: written.waiting, bytes: written.bytes });
      return { ...written, ...changed(enforceAfter(task.nowMillis)) };
    }
    case 'delete':
      return changed(maintenance.remove(task.traceIds, task.waitingLogs));
    case 'retain':
      maintenance.retain(task.retention);
      return changed(maintenance.enforce(task.nowMillis));
    case 'enforce': {
      const evicted = maintenance.enforce(task.nowMillis);
      if (maintenance.tidy()) writer.forget();
      return changed(evicted);
    }
    default:
      database.close();
      return undefined;
  }
}

const port = parentPort;
if (port !== null) {
  port.postMessage({ id: 0, ok: true, value: undefined } satisfies Answer);
  port.on('message', (task: Task) => {
    let answer: Answer;
    try {
      answer = { id: task.id, ok: true, value: run(task) };
    } catch (error) {
      const { name, message } = storeErrorOf(error);
      answer = { id: task.id, ok: false, name, message };
    }
    port.postMessage(answer);
    if (task.do === 'close') port.close();
  });
}
