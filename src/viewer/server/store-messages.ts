/** What the server and the store's threads say to each other. */
import type { Retention } from '../wire.ts';
import type { Encoding } from './otlp-body.ts';

/** What a thread is started with. */
export interface WorkerOptions {
  /** Of the file, or `:memory:`. */
  readonly path: string;
  readonly role: 'read' | 'write' | 'both';
  readonly retention: Retention;
}

/** What a thread is asked to do. */
export type Task = { readonly id: number } & (
  | { readonly do: 'query'; readonly name: string; readonly args: unknown }
  | {
      /** Spans or log records. */
      readonly do: 'write' | 'writeLogs';
      readonly encoding: Encoding;
      readonly body: Uint8Array<ArrayBuffer>;
      readonly nowMillis: number;
    }
  | { readonly do: 'delete'; readonly traceIds: readonly string[]; readonly waitingLogs: boolean }
  | { readonly do: 'retain'; readonly retention: Retention; readonly nowMillis: number }
  | { readonly do: 'enforce'; readonly nowMillis: number }
  | { readonly do: 'close' }
);

/** What it says when it is done; id 0 says that it is open. */
export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly name: string; readonly message: string };

/** What has left the store to make room. */
export interface Evicted {
  readonly spans: number;
  readonly logs: number;
  readonly traceIds: readonly string[];
  /** Which bound made it leave; absent when nothing did. */
  readonly reason?: string;
}

/** How much the store holds. */
export interface Held {
  readonly spans: number;
  readonly traces: number;
  readonly logs: number;
  /** Of `logs`, those whose trace has not come. */
  readonly waitingLogs: number;
  readonly bytes: number;
}

/** What a task that changes something is answered with. */
export interface Changed {
  readonly evicted: Evicted;
  /** What is kept then. */
  readonly held: Held;
}

/** When the oldest and the newest trace began, in Unix milliseconds. */
export interface Ends {
  readonly oldestMillis?: number;
  readonly newestMillis?: number;
}

/** What is kept, from when to when it is, and within which bounds. */
export interface StoreState extends Held, Ends {
  readonly retention: Retention;
}
