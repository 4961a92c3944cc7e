/** The threads over one file, and what happens when one of them dies or the file turns out to be damaged. */
import type { Retention } from '../wire.ts';
import { UnusableFileError } from './schema.ts';
import { storeErrorOf, UnavailableError } from './store-errors.ts';
import type { StoreFile } from './store-file.ts';
import { type Asked, startStoreThread, type StoreThread } from './store-thread.ts';

const CLOSED = 'the store is closed';
/** A disk that damages more files than these is not to be filled with them. */
const MAX_REPLACED = 5;

/** `reporter` reads as `reader` does, beside it: it is for what takes long. */
export type ThreadName = 'writer' | 'reader' | 'reporter';

/** Bounds that hold, and those of them that belong into the file. */
export interface Bounds {
  current: Retention;
  inFile: Partial<Retention>;
}

/** Threads that are asked by name. */
export interface StoreThreads {
  /** What was found when the file was opened, or since. */
  readonly notices: readonly string[];
  /** @param task makes it: what a task carries is handed over, and it may have to be asked twice */
  ask(name: ThreadName, task: () => Asked): Promise<unknown>;
  /** Ends them and lets others have the file. */
  close(): Promise<void>;
}

/** Threads over one file; a file in memory has one thread for everything. */
class ThreadSet {
  readonly #started = new Map<ThreadName, Promise<StoreThread>>();
  readonly #file: string | undefined;
  readonly #bounds: Bounds;

  constructor(file: string | undefined, bounds: Bounds) {
    this.#file = file;
    this.#bounds = bounds;
  }

  /** Starts a thread when it is asked for: not everybody wants reports, and one that died is asked for again. */
  thread(name: ThreadName): Promise<StoreThread> {
    const key = this.#file === undefined ? 'writer' : name;
    const known = this.#started.get(key);
    if (known !== undefined) return known;
    const role = this.#file === undefined ? 'both' : key === 'writer' ? 'write' : 'read';
    const forget = (): void => {
      if (this.#started.get(key) === started) this.#started.delete(key);
    };
    const options = { path: this.#file ?? ':memory:', role, retention: this.#bounds.current } as const;
    const started = startStoreThread(options, forget);
    this.#started.set(key, started);
    started.catch(forget);
    return started;
  }

  async close(): Promise<void> {
    const { writer, ...readers } = Object.fromEntries(this.#started);
    await Promise.allSettled(Object.values(readers).map(async (reader) => (await reader).close()));
    // Last: whoever closes last moves the journal into the file, which a reader may not.
    await writer?.then((thread) => thread.close()).catch(() => undefined);
  }
}

async function startSet(file: string | undefined, bounds: Bounds): Promise<ThreadSet> {
  const set = new ThreadSet(file, bounds);
  try {
    await set.thread('writer');
    await set.thread('reader');
    return set;
  } catch (error) {
    await set.close();
    throw error;
  }
}

/**
 * Starts the threads over a file. One that turns out to be damaged while it is in use is set aside, and what met the damage is
 * asked again of the new one.
 *
 * @param file its path; in memory without one
 * @param taken the same file, taken for this process
 * @param bounds those that hold, as they are when they are needed
 * @returns the threads
 * @example
 * const bounds = { current: { maxSpans: 1000, maxBytes: 2 ** 20, maxAgeHours: 1 }, inFile: {} };
 * const threads = await openThreads(undefined, undefined, bounds);
 * await threads.close();
 */
export async function openThreads(
  file: string | undefined,
  taken: StoreFile | undefined,
  bounds: Bounds,
): Promise<StoreThreads> {
  let threads = await startSet(file, bounds);
  let replacing: Promise<void> | undefined;
  const notices = [...(taken?.notices ?? [])];
  let broken: UnusableFileError | undefined;
  let isClosed = false;
  let replaced = 0;
  const replace = async (error: UnusableFileError): Promise<void> => {
    if (replaced === MAX_REPLACED) {
      throw new UnavailableError(
        `${file} and ${replaced} files before it were damaged: look at the disk, then start again`,
      );
    }
    await threads.close();
    if (isClosed) throw new Error(CLOSED);
    try {
      notices.push(taken?.replace(error, bounds.inFile) ?? error.message);
      threads = await startSet(file, bounds);
    } catch (failure) {
      throw storeErrorOf(failure);
    }
    replaced += 1;
    broken = undefined;
  };
  /** Once at a time; one that fails is tried again by the next who asks. */
  const startReplacing = (damage: UnusableFileError): void => {
    broken = damage;
    replacing ??= replace(damage).finally(() => (replacing = undefined));
  };
  return {
    notices,
    async ask(name, task) {
      if (isClosed) throw new Error(CLOSED);
      if (broken !== undefined) startReplacing(broken);
      await replacing;
      const asked = threads;
      try {
        return await (await asked.thread(name)).ask(task());
      } catch (error) {
        if (error instanceof UnusableFileError && taken !== undefined && threads === asked) {
          startReplacing(error);
        }
        // What was under way when the file was replaced is asked again too, whatever it was told.
        if (replacing === undefined && threads === asked) throw error;
        await replacing;
        return (await threads.thread(name)).ask(task());
      }
    },
    async close() {
      isClosed = true;
      await replacing?.catch(() => undefined);
      await threads.close();
      taken?.release();
    },
  };
}
