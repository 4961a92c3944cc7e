/**
 * The store as the server sees it: requests go to the thread that writes and are answered when they are committed, questions
 * go to the thread that reads. Nothing here touches the database, so the event loop stays free.
 */
import type { Retention } from '../wire.ts';
import type { WrittenLogs } from './log-writer.ts';
import { checkRetention } from './maintenance.ts';
import type { Encoding } from './otlp-body.ts';
import { longQueries, type QueryArgs, type QueryName, type QueryResult } from './queries.ts';
import { BusyError } from './store-errors.ts';
import { takeFile } from './store-file.ts';
import type { Changed, Evicted, Held, StoreState } from './store-messages.ts';
import type { Asked } from './store-thread.ts';
import { type Bounds, openThreads, type StoreThreads } from './store-threads.ts';
import type { Written } from './writer.ts';

/** Where the store is and how much it keeps. */
export interface DatabaseStoreOptions {
  /** Of the file; in memory without one. */
  readonly file?: string | undefined;
  /** Bounds that come before those that `retain` left in the file, which come before the usual ones. */
  readonly retention?: Partial<Retention> | undefined;
  /** Told of whatever leaves to keep the bounds. */
  readonly onEvicted?: ((evicted: Evicted) => void) | undefined;
  /** The clock, in Unix milliseconds. */
  readonly now?: (() => number) | undefined;
  /** Bytes of requests that may wait to be written; 64 MiB by default. */
  readonly maxQueuedBytes?: number | undefined;
}

/** One request, written; what had to leave for it, and what is kept then. */
export type Stored = Written & Changed;

/** The same of log records. */
export type StoredLogs = WrittenLogs & Changed;

/** A store on threads of its own. */
export interface DatabaseStore {
  /** Resolves when the batch is committed. @throws BusyError, OtlpError, UnavailableError */
  write(encoding: Encoding, body: Uint8Array): Promise<Stored>;
  /** The same of log records. */
  writeLogs(encoding: Encoding, body: Uint8Array): Promise<StoredLogs>;
  query<Name extends QueryName>(name: Name, args: QueryArgs<Name>): Promise<QueryResult<Name>>;
  /** Deletes traces by hex id; with `waitingLogs`, the log records too whose traces have not come. */
  remove(traceIds: readonly string[], waitingLogs?: boolean): Promise<Evicted>;
  /** Sets the bounds; they stay in the file. @throws RangeError */
  retain(retention: Retention): Promise<Evicted>;
  /** Evicts what has become too old; done every minute. */
  enforce(): Promise<Evicted>;
  /** What is kept now, and from when to when. */
  state(): Promise<StoreState>;
  held(): Held;
  queued(): { readonly requests: number; readonly bytes: number; readonly maxBytes: number };
  /** What was found when the file was opened, or since. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

/** What is kept unless somebody says otherwise. */
export const DEFAULT_RETENTION: Retention = { maxSpans: 1_000_000, maxBytes: 2 * 1024 ** 3, maxAgeHours: 168 };
const DEFAULT_QUEUED_BYTES = 64 * 1024 * 1024;
const ENFORCE_MILLIS = 60_000;
const NOTHING_HELD: Held = { spans: 0, traces: 0, logs: 0, waitingLogs: 0, bytes: 0 };

function createStore(
  threads: StoreThreads,
  bounds: Bounds,
  { maxQueuedBytes = DEFAULT_QUEUED_BYTES, onEvicted = () => undefined, now = Date.now }: DatabaseStoreOptions,
): DatabaseStore {
  let queuedBytes = 0;
  let queuedRequests = 0;
  let held: Held = NOTHING_HELD;
  const change = async <Result extends Changed>(task: () => Asked): Promise<Result> => {
    const result = (await threads.ask('writer', task)) as Result;
    ({ held } = result);
    return result;
  };
  const told = <Result extends Changed>(result: Result): Result => {
    const { evicted } = result;
    if (evicted.traceIds.length + evicted.logs > 0) onEvicted(evicted);
    return result;
  };
  const enforce = async (): Promise<Evicted> => told(await change(() => ({ do: 'enforce', nowMillis: now() }))).evicted;
  // Traces grow old while nothing arrives, too. A failure shows at the next write.
  const timer = setInterval(() => void enforce().catch(() => undefined), ENFORCE_MILLIS).unref();
  const enqueue = async <Result extends Changed>(
    what: 'write' | 'writeLogs',
    encoding: Encoding,
    body: Uint8Array,
  ): Promise<Result> => {
    const size = body.byteLength;
    if (queuedRequests > 0 && queuedBytes + size > maxQueuedBytes) {
      throw new BusyError('the store is behind: send again in a second');
    }
    queuedBytes += size;
    queuedRequests += 1;
    try {
      // A copy: Node marks the memory behind small buffers as not to be handed over, and shares it between them.
      const task = () => ({ do: what, encoding, body: new Uint8Array(body), nowMillis: now() });
      return told(await change<Result>(task));
    } finally {
      queuedBytes -= size;
      queuedRequests -= 1;
    }
  };
  const query = async <Name extends QueryName>(name: Name, args: QueryArgs<Name>): Promise<QueryResult<Name>> => {
    const thread = longQueries.has(name) ? 'reporter' : 'reader';
    return (await threads.ask(thread, () => ({ do: 'query', name, args }))) as QueryResult<Name>;
  };
  return {
    notices: threads.notices,
    queued: () => ({ requests: queuedRequests, bytes: queuedBytes, maxBytes: maxQueuedBytes }),
    write: (encoding, body) => enqueue<Stored>('write', encoding, body),
    writeLogs: (encoding, body) => enqueue<StoredLogs>('writeLogs', encoding, body),
    query,
    remove: async (traceIds, waitingLogs = false) =>
      (await change(() => ({ do: 'delete', traceIds, waitingLogs }))).evicted,
    retain: async (changed) => {
      checkRetention(changed);
      const done = await change(() => ({ do: 'retain', retention: changed, nowMillis: now() }));
      Object.assign(bounds, { current: changed, inFile: changed });
      return told(done).evicted;
    },
    enforce,
    held: () => held,
    // The writer is not asked: whoever wants to know may want to know why it is behind.
    state: async () => ({ ...held, ...(await query('ends', undefined)), retention: bounds.current }),
    close: async () => {
      clearInterval(timer);
      await threads.close();
    },
  };
}

/**
 * Opens a store; what is too old leaves at once.
 *
 * @param options file and bounds
 * @returns the open store
 * @throws RangeError for a wrong bound; Error in one sentence when another viewer has the file or its folder cannot be written
 * @example
 * const store = await openStore();
 * await store.close();
 */
export async function openStore(options: DatabaseStoreOptions = {}): Promise<DatabaseStore> {
  const { file } = options;
  const taken = file === undefined ? undefined : takeFile(file);
  try {
    const given = Object.entries(options.retention ?? {}).filter(([, value]) => value !== undefined);
    const inFile = taken?.retention ?? {};
    const bounds: Bounds = {
      current: { ...DEFAULT_RETENTION, ...inFile, ...(Object.fromEntries(given) as Partial<Retention>) },
      inFile,
    };
    checkRetention(bounds.current);
    const threads = await openThreads(file, taken, bounds);
    const store = createStore(threads, bounds, options);
    await store.enforce().catch(async (error: unknown) => {
      await store.close();
      throw error;
    });
    return store;
  } catch (error) {
    taken?.release();
    throw error;
  }
}
