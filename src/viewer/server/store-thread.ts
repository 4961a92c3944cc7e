/** A thread of the store, as a function that is asked and answers later. */
import { Worker } from 'node:worker_threads';
import { revivedError } from './store-errors.ts';
import type { Answer, Task, WorkerOptions } from './store-messages.ts';

/** A task without its number. */
export type Asked = Task extends infer One ? (One extends Task ? Omit<One, 'id'> : never) : never;

/** A running thread. */
export interface StoreThread {
  /** Hands over what the task carries. @throws BusyError, OtlpError, UnavailableError, UnusableFileError, or what the task met */
  ask(task: Asked): Promise<unknown>;
  /** Ends it, after what it was asked before. */
  close(): Promise<void>;
}

/**
 * Starts a thread.
 *
 * @param options file and role
 * @param onExit told when the thread has ended, by itself or not
 * @returns the thread, its database open
 * @throws what opening the database meets
 * @example
 * const retention = { maxSpans: 1000, maxBytes: 2 ** 20, maxAgeHours: 1 };
 * const thread = await startStoreThread({ path: ':memory:', role: 'both', retention }, () => undefined);
 * await thread.close();
 */
export async function startStoreThread(options: WorkerOptions, onExit: () => void): Promise<StoreThread> {
  // The file beside this one, under the name it has when it is compiled and when it is not.
  const url = new URL(import.meta.url.endsWith('.ts') ? './store-worker.ts' : './store-worker.js', import.meta.url);
  const worker = new Worker(url, {
    workerData: options,
    name: `viewer ${options.role}`,
    // What a batch needs is garbage right after it: more room for it is memory that nothing is gained by.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
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
  worker.on('exit', () => {
    fail(new Error('the store is closed'));
    onExit();
  });
  worker.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.ok) asked?.resolve(answer.value);
    else asked?.reject(revivedError(answer));
  });
  const answerTo = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (gone === undefined) waiting.set(id, { resolve, reject });
      else reject(gone);
    });
  const ask: StoreThread['ask'] = (task) => {
    lastId += 1;
    // First: what cannot be posted is thrown at once and waits for no answer.
    worker.postMessage({ ...task, id: lastId }, 'body' in task ? [task.body.buffer] : []);
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
