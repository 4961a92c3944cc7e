/** How long things take: percentiles and histograms of durations. */
import type { OperationStats, PerformanceDetail } from '../wire.ts';

/**
 * The smallest value that a share of all values does not exceed (nearest rank).
 *
 * @param sorted values, ascending
 * @param share from 0 to 1
 * @returns one of the values; 0 for none
 * @example
 * percentile([1, 2, 3, 4], 0.5); // 2
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)] ?? 0;
}

/**
 * Sums a group of durations up.
 *
 * @param durations milliseconds, in any order
 * @param errors how many of them failed
 * @returns count and percentiles
 * @example
 * statsOf([3, 1, 2], 1); // { count: 3, errors: 1, p50Millis: 2, p95Millis: 3, p99Millis: 3 }
 */
export function statsOf(durations: ArrayLike<number>, errors: number): OperationStats {
  const sorted = Float64Array.from(durations).sort();
  return {
    count: sorted.length,
    errors,
    p50Millis: percentile(sorted, 0.5),
    p95Millis: percentile(sorted, 0.95),
    p99Millis: percentile(sorted, 0.99),
  };
}

const BUCKETS = 40;
/** Buckets narrower than this ratio would be noise. */
const MIN_RATIO = 1.1;
/** The shortest time that is told apart, 1 microsecond. */
const SHORTEST = 0.001;

/**
 * Buckets of equal ratio from the shortest to the longest.
 *
 * @param durations milliseconds, in any order
 * @param failed 1 where the run of the same place failed
 * @returns at most 40 buckets, none missing between first and last; none for no durations
 * @example
 * histogramOf([1, 100], [0, 1]).length; // 40
 */
export function histogramOf(durations: ArrayLike<number>, failed: ArrayLike<number>): PerformanceDetail['histogram'] {
  if (durations.length === 0) return [];
  const values = Float64Array.from(durations, (millis) => Math.max(millis, SHORTEST));
  const lowest = values.reduce((least, value) => Math.min(least, value), Infinity);
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  const ratio = Math.max((highest / lowest) ** (1 / BUCKETS), MIN_RATIO);
  const position = (value: number): number =>
    Math.min(Math.floor(Math.log(value / lowest) / Math.log(ratio)), BUCKETS - 1);
  const buckets = Array.from({ length: position(highest) + 1 }, (_, index) => ({
    fromMillis: lowest * ratio ** index,
    toMillis: lowest * ratio ** (index + 1),
    count: 0,
    errors: 0,
  }));
  for (const [index, value] of values.entries()) {
    const bucket = buckets[position(value)];
    if (bucket === undefined) continue;
    bucket.count += 1;
    bucket.errors += failed[index] ?? 0;
  }
  return buckets;
}
