/** The connection over which the server says what is new: one for the whole page, opened with the first listener. */
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import type { LiveMessage } from '../wire.ts';

export type LiveState = 'connecting' | 'live' | 'lost';
type Listener = (message: LiveMessage) => void;

class Live {
  state: LiveState = 'connecting';
  readonly #listeners = new Set<Listener>();
  readonly #watchers = new Set<() => void>();
  #source: EventSource | undefined;

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#open();
    return () => this.#listeners.delete(listener);
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    this.#open();
    return () => this.#watchers.delete(watcher);
  };

  #become(state: LiveState): void {
    if (state === this.state) return;
    // What came while the connection was away is not repeated: everybody asks again.
    if (state === 'live' && this.state === 'lost') this.#tell({ kind: 'resync' });
    this.state = state;
    for (const watcher of this.#watchers) watcher();
  }

  #tell(message: LiveMessage): void {
    for (const listener of this.#listeners) listener(message);
  }

  #open(): void {
    if (this.#source !== undefined) return;
    const source = new EventSource('/api/viewer/live');
    this.#source = source;
    source.addEventListener('open', () => this.#become('live'));
    source.addEventListener('message', (event: MessageEvent<string>) =>
      this.#tell(JSON.parse(event.data) as LiveMessage),
    );
    source.addEventListener('error', () => {
      this.#become('lost');
      // The browser tries again by itself unless the answer was a refusal.
      if (source.readyState !== EventSource.CLOSED) return;
      this.#source = undefined;
      setTimeout(() => this.#open(), 3_000);
    });
  }
}

const live = new Live();

/** Whether the server is heard. */
export const useLiveState = (): LiveState => useSyncExternalStore(live.watch, () => live.state);

/** Calls back for each message while the component is shown. */
export function useLive(listener: Listener): void {
  const told = useEffectEvent(listener);
  useEffect(() => live.listen((message) => told(message)), []);
}
