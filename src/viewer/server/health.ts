/** What arrived and what was refused, counted since start; the last requests are kept one by one. */
import type { Health } from '../wire.ts';

/** One request to the receiver, as health shows it. */
export type Arrival = Health['arrivals'][number];

/** The part of `Health` that the receiver knows. */
export interface Arrivals {
  /** Called once for every request to the receiver. Never throws. */
  record(arrival: Arrival): void;
  report(): Pick<Health, 'received' | 'arrivals' | 'refused'>;
}

const MAX_ARRIVALS = 50;
/** Reasons hold what senders wrote: they may not fill the memory. */
const MAX_REASONS = 50;
const MAX_REASON = 300;

/**
 * Starts counting.
 *
 * @param counted what the store counts: spans and log records that came again, log records of no trace
 * @returns the counter
 * @example
 * const arrivals = createArrivals(() => ({ replacedSpans: 0, repeatedLogs: 0, logsWithoutTrace: 0 }));
 */
export function createArrivals(
  counted: () => Pick<Health['received'], 'replacedSpans' | 'repeatedLogs' | 'logsWithoutTrace'>,
): Arrivals {
  const latest: Arrival[] = [];
  const reasons = new Map<string, { count: number; lastMillis: number }>();
  const sums = { requests: 0, spans: 0, logs: 0 };
  let lastMillis: number | undefined;
  return {
    record(arrival) {
      const reason = arrival.reason?.slice(0, MAX_REASON);
      latest.unshift(reason === undefined ? arrival : { ...arrival, reason });
      if (latest.length > MAX_ARRIVALS) latest.pop();
      sums.requests += 1;
      sums.spans += arrival.spans;
      sums.logs += arrival.logs;
      if (arrival.spans + arrival.logs > 0) lastMillis = arrival.timeMillis;
      if (reason === undefined) return;
      const known = reasons.get(reason);
      if (known === undefined && reasons.size >= MAX_REASONS) {
        const [oldest] = reasons.keys();
        if (oldest !== undefined) reasons.delete(oldest);
      }
      reasons.delete(reason);
      reasons.set(reason, { count: (known?.count ?? 0) + 1, lastMillis: arrival.timeMillis });
    },
    report: () => ({
      received: { ...sums, ...counted(), ...(lastMillis === undefined ? {} : { lastMillis }) },
      arrivals: [...latest],
      refused: [...reasons]
        .map(([reason, { count, lastMillis: last }]) => ({ reason, count, lastMillis: last }))
        .toReversed(),
    }),
  };
}
