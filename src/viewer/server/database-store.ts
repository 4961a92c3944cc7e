/**
 * The store as the server sees it: requests go to the thread that writes and are answered when they are committed, questions
 * go to the thread that reads. Nothing here touches the database, so the event loop stays free.
 */
import type { Retention } from '../wire.ts';
import type { WrittenLogs } from './log-writer.ts';
import { checkRetention } from './maintenance.ts';
import type { Encoding } from './otlp-body.ts';
import { longQueries, type QueryArgs, type QueryName, type QueryResult } from './queries.ts';
import { takeFile } from './store-file.ts';
import type { Evicted, Held, StoreState } from './store-messages.ts';
import { openThreads, type StoreThreads } from './store-threads.ts';
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

/** The writer is behind; the request was not taken. */
export class BusyError extends Error {
  override name = 'BusyError';
}

/** One request, written; what had to leave for it, and what is kept then. */
export type Stored = Written & { readonly evicted: Evicted; readonly held: Held };

/** The same of log records. */
export type StoredLogs = WrittenLogs & { readonly evicted: Evicted; readonly held: Held };

/** A store on threads of its own. */
export interface DatabaseStore {
  /** Resolves when the batch is committed. @throws BusyError, OtlpError */
  write(encoding: Encoding, body: Uint8Array): Promise<Stored>;
  /** The same of log records. */
  writeLogs(encoding: Encoding, body: Uint8Array): Promise<StoredLogs>;
  query<Name extends QueryName>(name: Name, args: QueryArgs<Name>): Promise<QueryResult<Name>>;
  remove(traceIds: readonly string[]): Promise<Evicted>;
  /** Sets the bounds; they stay in the file. @throws RangeError */
  retain(retention: Retention): Promise<Evicted>;
  /** Evicts what has become too old; done every minute. */
  enforce(): Promise<Evicted>;
  state(): Promise<StoreState>;
  queued(): { readonly requests: number; readonly bytes: number; readonly maxBytes: number };
  /** What was found when the file was opened, or since. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

/** What is kept unless somebody says otherwise. */
export const DEFAULT_RETENTION: Retention = { maxSpans: 1_000_000, maxBytes: 2 * 1024 ** 3, maxAgeHours: 168 };
const DEFAULT_QUEUED_BYTES = 64 * 1024 * 1024;
const ENFORCE_MILLIS = 60_000;

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
  const { file, maxQueuedBytes = DEFAULT_QUEUED_BYTES, onEvicted = () => undefined, now = Date.now } = options;
  const taken = file === undefined ? undefined : takeFile(file);
  const given = Object.entries(options.retention ?? {}).filter(([, value]) => value !== undefined);
  let retention: Retention = {
    ...DEFAULT_RETENTION,
    ...taken?.retention,
    ...(Object.fromEntries(given) as Partial<Retention>),
  };
  let threads: StoreThreads;
  try {
    checkRetention(retention);
    threads = await openThreads(file, taken, () => retention);
  } catch (error) {
    taken?.release();
    throw error;
  }
  let queuedBytes = 0;
  let queuedRequests = 0;
  const told = (evicted: Evicted): Evicted => {
    if (evicted.traceIds.length + evicted.logs > 0) onEvicted(evicted);
    return evicted;
  };
  const enforce = async (): Promise<Evicted> =>
    told((await threads.ask('writer', () => ({ do: 'enforce', nowMillis: now() }))) as Evicted);
  // Traces grow old while nothing arrives, too. A failure shows at the next write.
  const timer = setInterval(() => void enforce().catch(() => undefined), ENFORCE_MILLIS).unref();
  const enqueue = async <Result extends { readonly evicted: Evicted }>(
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
      const stored = (await threads.ask('writer', task)) as Result;
      told(stored.evicted);
      return stored;
    } finally {
      queuedBytes -= size;
      queuedRequests -= 1;
    }
  };
  return {
    notices: threads.notices,
    queued: () => ({ requests: queuedRequests, bytes: queuedBytes, maxBytes: maxQueuedBytes }),
    write: (encoding, body) => enqueue<Stored>('write', encoding, body),
    writeLogs: (encoding, body) => enqueue<StoredLogs>('writeLogs', encoding, body),
    query: async <Name extends QueryName>(name: Name, args: QueryArgs<Name>) =>
      (await threads.ask(longQueries.has(name) ? 'reporter' : 'reader', () => ({
        do: 'query',
        name,
        args,
      }))) as QueryResult<Name>,
    remove: async (traceIds) => (await threads.ask('writer', () => ({ do: 'delete', traceIds }))) as Evicted,
    retain: async (changed) => {
      checkRetention(changed);
      retention = changed;
      return told(
        (await threads.ask('writer', () => ({ do: 'retain', retention: changed, nowMillis: now() }))) as Evicted,
      );
    },
    enforce,
    state: async () => (await threads.ask('writer', () => ({ do: 'state' }))) as StoreState,
    close: async () => {
      clearInterval(timer);
      await threads.close();
      taken?.release();
    },
  };
}
