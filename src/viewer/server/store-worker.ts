/**
 * The thread that holds the database: decodes and writes requests, answers questions. A store in a file has two of them, one
 * that writes and one that reads, so that neither a long question nor a long batch makes the other wait; a store in memory
 * has one that does both.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createMaintenance } from './maintenance.ts';
import { OtlpError, readRequestJson, readRequestProtobuf } from './otlp.ts';
import { type QueryName, queries } from './queries.ts';
import { damageOf, openDatabase, openForReading } from './schema.ts';
import type { Answer, Task, WorkerOptions } from './store-messages.ts';
import { createWriter } from './writer.ts';

const { path, role, retention } = workerData as WorkerOptions;
const database = role === 'read' ? openForReading(path) : openDatabase(path);
const writer = role === 'read' ? undefined : createWriter(database);
const maintenance = role === 'read' ? undefined : createMaintenance(database, retention);

function readJson(body: Uint8Array) {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new OtlpError('body: not valid UTF-8', { cause: error });
  }
  return readRequestJson(text);
}

function run(task: Task): unknown {
  if (task.do === 'query') {
    const query = queries[task.name as QueryName] as (database: unknown, args: unknown) => unknown;
    return query(database, task.args);
  }
  if (writer === undefined || maintenance === undefined) throw new Error('this thread only reads');
  switch (task.do) {
    case 'write': {
      const written = writer.write(
        task.encoding === 'json' ? readJson(task.body) : readRequestProtobuf(task.body),
        task.nowMillis,
      );
      maintenance.added(written.newTraces, written.spans - written.replaced, written.bytes);
      const evicted = maintenance.enforce(task.nowMillis);
      return { ...written, evicted, held: maintenance.held() };
    }
    case 'delete':
      return maintenance.remove(task.traceIds);
    case 'retain':
      maintenance.retain(task.retention);
      return maintenance.enforce(task.nowMillis);
    case 'enforce':
      return maintenance.enforce(task.nowMillis);
    case 'state':
      return maintenance.state();
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
      const { name, message } = damageOf(error) ?? (error instanceof Error ? error : new Error(String(error)));
      answer = { id: task.id, ok: false, name, message };
    }
    port.postMessage(answer);
    if (task.do === 'close') port.close();
  });
}
