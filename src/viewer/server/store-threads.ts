/** The threads over one file, and what happens when it turns out to be damaged. */
import type { Retention } from '../wire.ts';
import { UnusableFileError } from './schema.ts';
import { storeErrorOf } from './store-errors.ts';
import type { StoreFile } from './store-file.ts';
import { type Asked, startStoreThread, type StoreThread } from './store-thread.ts';

const CLOSED = 'the store is closed';

/** `reporter` reads as `reader` does, beside it: it is for what takes long. */
export type ThreadName = 'writer' | 'reader' | 'reporter';

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
interface ThreadSet {
  thread(name: ThreadName): Promise<StoreThread>;
  close(): Promise<void>;
}

async function startSet(file: string | undefined, retention: Retention): Promise<ThreadSet> {
  if (file === undefined) {
    const only = await startStoreThread({ path: ':memory:', role: 'both', retention });
    return { thread: async () => only, close: () => only.close() };
  }
  const writer = await startStoreThread({ path: file, role: 'write', retention });
  const readers = new Map<ThreadName, Promise<StoreThread>>();
  const thread = (name: ThreadName): Promise<StoreThread> => {
    if (name === 'writer') return Promise.resolve(writer);
    // The reporter costs memory, and not everybody asks for reports.
    const reader = readers.get(name) ?? startStoreThread({ path: file, role: 'read', retention });
    readers.set(name, reader);
    // One that could not start is started again for the next question.
    reader.catch(() => readers.delete(name));
    return reader;
  };
  await thread('reader');
  return {
    thread,
    async close() {
      await Promise.allSettled([...readers.values()].map(async (reader) => (await reader).close()));
      // Last: whoever closes last moves the journal into the file, which a reader may not.
      await writer.close();
    },
  };
}

/**
 * Starts the threads over a file. One that turns out to be damaged while it is in use is set aside, and what met the damage is
 * asked again of the new one.
 *
 * @param file its path; in memory without one
 * @param taken the same file, taken for this process
 * @param retention gives the bounds that hold
 * @returns the threads
 * @example
 * const open = openThreads;
 */
export async function openThreads(
  file: string | undefined,
  taken: StoreFile | undefined,
  retention: () => Retention,
): Promise<StoreThreads> {
  let threads = await startSet(file, retention());
  let replacing: Promise<void> | undefined;
  const notices = [...(taken?.notices ?? [])];
  let broken: UnusableFileError | undefined;
  let isClosed = false;
  const replace = async (error: UnusableFileError): Promise<void> => {
    await threads.close();
    if (isClosed) throw new Error(CLOSED);
    try {
      notices.push(taken?.replace(error) ?? error.message);
      threads = await startSet(file, retention());
    } catch (failure) {
      throw storeErrorOf(failure);
    }
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
