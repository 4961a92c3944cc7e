/**
 * The store as the server sees it: requests go to the thread that writes and are answered when they are committed, questions
 * go to the thread that reads. Nothing here touches the database, so the event loop stays free.
 */
import { mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Retention } from '../wire.ts';
import type { WrittenLogs } from './log-writer.ts';
import { OtlpError } from './otlp.ts';
import type { Encoding } from './otlp-body.ts';
import type { QueryArgs, QueryName, QueryResult } from './queries.ts';
import { openDatabase, UnusableFileError } from './schema.ts';
import type { Answer, Evicted, StoreState, Task, WorkerOptions } from './store-messages.ts';
import type { Written } from './writer.ts';

/** Where the store is and how much it keeps. */
export interface DatabaseStoreOptions {
  /** Of the file; in memory without one. */
  readonly file?: string | undefined;
  readonly retention?: Partial<Retention> | undefined;
  /** Bytes of requests that may wait to be written; 64 MiB by default. */
  readonly maxQueuedBytes?: number | undefined;
}

/** The writer is behind; the request was not taken. */
export class BusyError extends Error {
  override name = 'BusyError';
}

/** One request, written, and what had to leave for it. */
export type Stored = Written & { readonly evicted: Evicted };
/** The same of log records. */
export type StoredLogs = WrittenLogs & { readonly evicted: Evicted };

/** A store on threads of its own. */
export interface DatabaseStore {
  /** Resolves when the batch is committed. @throws BusyError, OtlpError */
  write(encoding: Encoding, body: Uint8Array): Promise<Stored>;
  /** The same of log records. */
  writeLogs(encoding: Encoding, body: Uint8Array): Promise<StoredLogs>;
  query<Name extends QueryName>(name: Name, args: QueryArgs<Name>): Promise<QueryResult<Name>>;
  remove(traceIds: readonly string[]): Promise<Evicted>;
  retain(retention: Retention): Promise<Evicted>;
  state(): Promise<StoreState>;
  queued(): { readonly requests: number; readonly bytes: number; readonly maxBytes: number };
  /** What was found when the file was opened. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

/** What is kept unless somebody says otherwise. */
export const DEFAULT_RETENTION: Retention = { maxSpans: 1_000_000, maxBytes: 2 * 1024 ** 3, maxAgeHours: 168 };
const DEFAULT_QUEUED_BYTES = 64 * 1024 * 1024;

type Asked = Task extends infer One ? (One extends Task ? Omit<One, 'id'> : never) : never;

interface Thread {
  ask(task: Asked, transfer?: readonly ArrayBuffer[]): Promise<unknown>;
  close(): Promise<void>;
}

function toError({ name, message }: { readonly name: string; readonly message: string }): Error {
  return name === 'OtlpError' ? new OtlpError(message) : new Error(message);
}

async function startThread(options: WorkerOptions): Promise<Thread> {
  // The file beside this one, under the name it has when it is compiled and when it is not.
  const url = new URL(import.meta.url.endsWith('.ts') ? './store-worker.ts' : './store-worker.js', import.meta.url);
  const worker = new Worker(url, { workerData: options, name: `viewer ${options.role}` });
  const waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >();
  let lastId = 0;
  let gone: Error | undefined;
  const fail = (error: Error): void => {
    // Nobody may be waiting: then the next question is told.
    gone ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the store is closed')));
  worker.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.ok) asked?.resolve(answer.value);
    else asked?.reject(toError(answer));
  });
  const answerTo = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (gone === undefined) waiting.set(id, { resolve, reject });
      else reject(gone);
    });
  const ask: Thread['ask'] = (task, transfer = []) => {
    lastId += 1;
    // First: what cannot be posted is thrown at once and waits for no answer.
    worker.postMessage({ ...task, id: lastId }, transfer);
    return answerTo(lastId);
  };
  await answerTo(0);
  return {
    ask,
    close: async () => {
      await ask({ do: 'close' }).catch(() => undefined);
      await worker.terminate();
    },
  };
}

/** Opens the file once to see that it can be used; one that cannot is renamed, so that nothing of it is lost. */
function prepareFile(file: string): readonly string[] {
  mkdirSync(dirname(file), { recursive: true });
  try {
    openDatabase(file).close();
    return [];
  } catch (error) {
    if (!(error instanceof UnusableFileError)) throw error;
    const aside = `${file}.${new Date().toISOString().replaceAll(/[:.]/gu, '-')}`;
    for (const end of ['', '-wal', '-shm']) {
      try {
        renameSync(`${file}${end}`, `${aside}${end}`);
      } catch {
        // There is no such part.
      }
    }
    openDatabase(file).close();
    return [`${file} ${error.message}; it was set aside as ${aside} and a new store was begun.`];
  }
}

function check(retention: Retention): void {
  for (const [name, value] of Object.entries(retention)) {
    const isWhole = name === 'maxAgeHours' ? value > 0 : Number.isInteger(value) && value > 0;
    if (!isWhole) throw new RangeError(`${name} must be a positive whole number, got ${value}`);
  }
}

/**
 * Opens a store.
 *
 * @param options file and bounds
 * @returns the open store
 * @throws RangeError for a wrong bound; what the file system throws for a folder that cannot be written
 * @example
 * const store = await openStore();
 * await store.close();
 */
export async function openStore(options: DatabaseStoreOptions = {}): Promise<DatabaseStore> {
  const { file, maxQueuedBytes = DEFAULT_QUEUED_BYTES } = options;
  const given = Object.entries(options.retention ?? {}).filter(([, value]) => value !== undefined);
  const retention: Retention = { ...DEFAULT_RETENTION, ...(Object.fromEntries(given) as Partial<Retention>) };
  check(retention);
  const notices = file === undefined ? [] : prepareFile(file);
  const path = file ?? ':memory:';
  const writer = await startThread({ path, role: file === undefined ? 'both' : 'write', retention });
  const reader = file === undefined ? writer : await startThread({ path, role: 'read', retention });
  let queuedBytes = 0;
  let queuedRequests = 0;
  const enqueue = async (what: 'write' | 'writeLogs', encoding: Encoding, body: Uint8Array): Promise<unknown> => {
    const size = body.byteLength;
    if (queuedRequests > 0 && queuedBytes + size > maxQueuedBytes) {
      throw new BusyError('the store is behind: send again in a second');
    }
    queuedBytes += size;
    queuedRequests += 1;
    try {
      // A copy: Node marks the memory behind small buffers as not to be handed over, and shares it between them.
      const moved = new Uint8Array(body);
      return await writer.ask({ do: what, encoding, body: moved, nowMillis: Date.now() }, [moved.buffer]);
    } finally {
      queuedBytes -= size;
      queuedRequests -= 1;
    }
  };
  return {
    notices,
    queued: () => ({ requests: queuedRequests, bytes: queuedBytes, maxBytes: maxQueuedBytes }),
    write: async (encoding, body) => (await enqueue('write', encoding, body)) as Stored,
    writeLogs: async (encoding, body) => (await enqueue('writeLogs', encoding, body)) as StoredLogs,
    query: async <Name extends QueryName>(name: Name, args: QueryArgs<Name>) =>
      (await reader.ask({ do: 'query', name, args })) as QueryResult<Name>,
    remove: async (traceIds) => (await writer.ask({ do: 'delete', traceIds })) as Evicted,
    retain: async (changed) => {
      check(changed);
      return (await writer.ask({ do: 'retain', retention: changed, nowMillis: Date.now() })) as Evicted;
    },
    state: async () => (await writer.ask({ do: 'state' })) as StoreState,
    close: async () => {
      if (reader !== writer) await reader.close();
      // Last: whoever closes last moves the journal into the file, which a reader may not.
      await writer.close();
    },
  };
}
