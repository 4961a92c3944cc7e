/** Tells listeners what is new: at most four messages a second, and one that is behind is told to ask again. */
import type { LiveMessage } from '../wire.ts';
import type { DatabaseStore } from './database-store.ts';

/** Who listens. */
export interface LiveListener {
  send(message: LiveMessage): void;
  /** Whether what was sent has not left yet. */
  isBehind(): boolean;
  /** The viewer ends. */
  close(): void;
}

/** The hub between receiver and listeners. */
export interface Live {
  grown(versions: Readonly<Record<string, number>>): void;
  /** Traces got log records. */
  logged(traceIds: readonly string[]): void;
  deleted(traceIds: readonly string[]): void;
  /** @returns a function that stops listening; undefined when too many listen already */
  listen(listener: LiveListener): (() => void) | undefined;
  close(): void;
}

const PAUSE_MILLIS = 250;
/** Beyond this many traces in one message a list is asked for sooner than read. */
const MAX_ROWS = 200;
const MAX_LISTENERS = 100;

/** What came since the last message; beyond the bound only that there was too much. */
class News {
  versions: Record<string, number> = {};
  logged = new Set<string>();
  gone = new Set<string>();
  isTooMuch = false;

  #bound(): void {
    const most = Math.max(Object.keys(this.versions).length, this.logged.size, this.gone.size);
    if (most <= MAX_ROWS) return;
    this.versions = {};
    this.logged.clear();
    this.gone.clear();
    this.isTooMuch = true;
  }

  grown(more: Readonly<Record<string, number>>): void {
    if (this.isTooMuch) return;
    Object.assign(this.versions, more);
    this.#bound();
  }

  gotLogs(traceIds: readonly string[]): void {
    if (this.isTooMuch) return;
    for (const id of traceIds.slice(0, MAX_ROWS + 1)) this.logged.add(id);
    this.#bound();
  }

  deleted(traceIds: readonly string[]): void {
    if (this.isTooMuch) return;
    for (const id of traceIds.slice(0, MAX_ROWS + 1)) {
      this.gone.add(id);
      this.logged.delete(id);
      Reflect.deleteProperty(this.versions, id);
    }
    this.#bound();
  }

  get isEmpty(): boolean {
    return !this.isTooMuch && this.gone.size + this.logged.size + Object.keys(this.versions).length === 0;
  }
}

/**
 * Makes the hub.
 *
 * @param store whose rows are sent
 * @param version of the viewer
 * @returns the hub
 * @example
 * createLive(store, '0.1.0').listen({ send: console.log, isBehind: () => false, close: () => undefined });
 */
export function createLive(store: Pick<DatabaseStore, 'query'>, version: string): Live {
  const listeners = new Map<LiveListener, { missed: boolean }>();
  let news = new News();
  let timer: NodeJS.Timeout | undefined;

  const tell = (message: LiveMessage | undefined): void => {
    for (const [listener, state] of listeners) {
      if (listener.isBehind()) state.missed ||= message !== undefined;
      else if (state.missed) {
        state.missed = false;
        listener.send({ kind: 'resync' });
      } else if (message !== undefined) listener.send(message);
    }
  };
  const messagesOf = async ({ versions, logged, gone, isTooMuch }: News): Promise<readonly LiveMessage[]> => {
    if (isTooMuch) return [{ kind: 'resync' }];
    const ids = Object.keys(versions);
    try {
      const rows = ids.length === 0 ? [] : await store.query('rows', ids);
      return [
        ...(gone.size > 0 ? [{ kind: 'deleted', traceIds: [...gone] } as const] : []),
        ...(rows.length > 0 ? [{ kind: 'traces', rows, versions } as const] : []),
        ...(logged.size > 0 ? [{ kind: 'logs', traceIds: [...logged] } as const] : []),
      ];
    } catch {
      // The rows are not to be had now; whoever needs them asks and hears why.
      return [{ kind: 'resync' }];
    }
  };
  const flush = async (): Promise<void> => {
    const now = news;
    news = new News();
    const messages = await messagesOf(now);
    if (messages.length === 0) tell(undefined);
    for (const message of messages) tell(message);
  };
  const schedule = (): void => {
    if (listeners.size === 0) {
      news = new News();
      return;
    }
    timer ??= setTimeout(() => {
      void flush().finally(() => {
        timer = undefined;
        // Who was behind is told when it is no more, though nothing comes.
        if (!news.isEmpty || [...listeners.values()].some(({ missed }) => missed)) schedule();
      });
    }, PAUSE_MILLIS);
  };
  return {
    grown(more) {
      news.grown(more);
      schedule();
    },
    logged(traceIds) {
      if (traceIds.length === 0) return;
      news.gotLogs(traceIds);
      schedule();
    },
    deleted(traceIds) {
      if (traceIds.length === 0) return;
      news.deleted(traceIds);
      schedule();
    },
    listen(listener) {
      if (listeners.size >= MAX_LISTENERS) return undefined;
      listeners.set(listener, { missed: false });
      listener.send({ kind: 'hello', version });
      return () => listeners.delete(listener);
    },
    close() {
      clearTimeout(timer);
      const all = [...listeners.keys()];
      listeners.clear();
      for (const listener of all) listener.close();
    },
  };
}
