/** Counts what passes through the store since the start, so that nobody has to ask the store's thread for it. */
import type { Health } from '../wire.ts';
import type { Stored, StoredLogs } from './database-store.ts';
import type { Evicted } from './store-messages.ts';

/** The counters. */
export interface Tally {
  /** Called with everything that was written. */
  stored(stored: Stored): void;
  storedLogs(stored: StoredLogs): void;
  /** Called with everything that left to keep the bounds. */
  left(evicted: Evicted): void;
  readonly received: () => Pick<Health['received'], 'replacedSpans' | 'repeatedLogs' | 'logsWithoutTrace'>;
  evicted(): Health['evicted'];
  sums(): {
    readonly receivedSpans: number;
    readonly replacedSpans: number;
    readonly evictedSpans: number;
    readonly evictedTraces: number;
  };
}

/**
 * Starts counting.
 *
 * @returns counters at zero
 * @example
 * createTally().sums().receivedSpans; // 0
 */
export function createTally(): Tally {
  const received = { spans: 0, replacedSpans: 0, repeatedLogs: 0, logsWithoutTrace: 0 };
  const evicted = { spans: 0, traces: 0, logs: 0 };
  let last: { readonly lastMillis: number; readonly reason?: string } | undefined;
  return {
    stored(stored) {
      received.spans += stored.spans;
      received.replacedSpans += stored.replaced;
    },
    storedLogs(stored) {
      received.repeatedLogs += stored.repeated;
      received.logsWithoutTrace += stored.withoutTrace;
    },
    left({ spans, logs, traceIds, reason }) {
      evicted.spans += spans;
      evicted.logs += logs;
      evicted.traces += traceIds.length;
      last = { lastMillis: Date.now(), ...(reason !== undefined && { reason }) };
    },
    received: () => {
      const { replacedSpans, repeatedLogs, logsWithoutTrace } = received;
      return { replacedSpans, repeatedLogs, logsWithoutTrace };
    },
    evicted: () => ({ ...evicted, ...last }),
    sums: () => ({
      receivedSpans: received.spans,
      replacedSpans: received.replacedSpans,
      evictedSpans: evicted.spans,
      evictedTraces: evicted.traces,
    }),
  };
}
