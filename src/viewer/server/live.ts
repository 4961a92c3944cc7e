/** Tells listeners what is new: at most four messages a second, and one that is behind is told to ask again. */
import type { LiveMessage } from '../wire.ts';
import type { DatabaseStore } from './database-store.ts';

/** Who listens. `isBehind` says that what was sent has not left yet. */
export interface LiveListener {
  send(message: LiveMessage): void;
  isBehind(): boolean;
}

/** The hub between receiver and listeners. */
export interface Live {
  grown(versions: Readonly<Record<string, number>>): void;
  deleted(traceIds: readonly string[]): void;
  /** @returns a function that stops listening */
  listen(listener: LiveListener): () => void;
  close(): void;
}

const PAUSE_MILLIS = 250;
/** Beyond this many traces in one message a list is asked for sooner than read. */
const MAX_ROWS = 200;

/**
 * Makes the hub.
 *
 * @param store whose rows are sent
 * @param version of the viewer
 * @returns the hub
 * @example
 * createLive(store, '0.1.0').listen({ send: console.log, isBehind: () => false });
 */
export function createLive(store: DatabaseStore, version: string): Live {
  const listeners = new Map<LiveListener, { missed: boolean }>();
  let versions: Record<string, number> = {};
  let gone: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  const tell = (message: LiveMessage): void => {
    for (const [listener, state] of listeners) {
      if (listener.isBehind()) state.missed = true;
      else {
        listener.send(state.missed ? { kind: 'resync' } : message);
        state.missed = false;
      }
    }
  };
  const flush = async (): Promise<void> => {
    const now = versions;
    const deleted = gone;
    versions = {};
    gone = [];
    if (deleted.length > MAX_ROWS) tell({ kind: 'resync' });
    else if (deleted.length > 0) tell({ kind: 'deleted', traceIds: deleted });
    const ids = Object.keys(now);
    if (ids.length > MAX_ROWS) tell({ kind: 'resync' });
    else if (ids.length > 0 && listeners.size > 0) {
      tell({ kind: 'traces', rows: await store.query('rows', ids), versions: now });
    }
  };
  const schedule = (): void => {
    if (listeners.size === 0) {
      versions = {};
      gone = [];
      return;
    }
    timer ??= setTimeout(() => {
      flush()
        .catch(() => undefined)
        .finally(() => {
          timer = undefined;
          if (Object.keys(versions).length > 0 || gone.length > 0) schedule();
        });
    }, PAUSE_MILLIS);
  };
  return {
    grown(more) {
      Object.assign(versions, more);
      schedule();
    },
    deleted(traceIds) {
      if (traceIds.length === 0) return;
      gone.push(...traceIds);
      schedule();
    },
    listen(listener) {
      listeners.set(listener, { missed: false });
      listener.send({ kind: 'hello', version });
      return () => listeners.delete(listener);
    },
    close() {
      clearTimeout(timer);
      listeners.clear();
    },
  };
}
