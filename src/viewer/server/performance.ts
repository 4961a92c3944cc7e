/** How long operations and routes take, how often they run and fail, and what changed since an earlier window. */
import type { OperationStats, PerformanceDetail, PerformanceReport, PerformanceRow } from '../wire.ts';
import { histogramOf, percentile, statsOf } from './percentiles.ts';
import type { RunGroup, Runs } from './runs.ts';

/** From the first moment to the last, both included, in Unix milliseconds. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const NANOS_PER_MILLI = 1e6;
const MICROS_PER_MILLI = 1000;
const MAX_SLICES = 60;
const LEAST_SLICE = 1000;

function millisOf({ durationNanos }: Runs): Float64Array {
  return durationNanos.map((nanos) => nanos / NANOS_PER_MILLI);
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function keyOf({ service, name, type }: RunGroup): string {
  return JSON.stringify([service, name, type]);
}

/**
 * Sums the runs of one operation or route up.
 *
 * @param runs any of them
 * @returns count and percentiles
 * @example
 * statsOfRuns(new Runs()).count; // 0
 */
export function statsOfRuns(runs: Runs): OperationStats {
  return statsOf(millisOf(runs), runs.errors);
}

function statsByKey(groups: readonly RunGroup[]): ReadonlyMap<string, OperationStats> {
  return new Map(groups.map((group) => [keyOf(group), statsOfRuns(group.runs)]));
}

/**
 * The window that `against` names.
 *
 * @param against `previous` for the window of the same length just before, `yesterday` for the same hours of the day before,
 *   or `{from}-{to}` in Unix milliseconds
 * @param now the window of the report
 * @returns the earlier window; undefined when none is asked for or the text names none
 * @example
 * windowBefore('previous', { from: 100, to: 200 }); // { from: 0, to: 100 }
 */
export function windowBefore(against: string | undefined, now: Window): Window | undefined {
  if (against === 'previous') return { from: Math.max(now.from - (now.to - now.from), 0), to: now.from };
  if (against === 'yesterday') return { from: Math.max(now.from - DAY, 0), to: Math.max(now.to - DAY, 0) };
  const said = /^(\d{1,15})-(\d{1,15})$/u.exec(against ?? '');
  const [from, to] = [Number(said?.[1]), Number(said?.[2])];
  return said !== null && from < to ? { from, to } : undefined;
}

/**
 * Sums runs up, where most time went first.
 *
 * @param by what a run is
 * @param groups runs of the window, of each operation or route
 * @param window over which rates are reckoned; the time from the first run to the last is better than an open end
 * @param before runs of an earlier window, and that window
 * @returns one row per service, name and type
 * @example
 * reportPerformance('operation', [], { from: 0, to: 60_000 }).rows; // []
 */
export function reportPerformance(
  by: PerformanceReport['by'],
  groups: readonly RunGroup[],
  window: Window,
  before?: { readonly groups: readonly RunGroup[]; readonly window: Window },
): PerformanceReport {
  const earlier = statsByKey(before?.groups ?? []);
  const minutes = Math.max(window.to - window.from, LEAST_SLICE) / MINUTE;
  const rows = groups.map((group): PerformanceRow => {
    const { service, name, type, runs } = group;
    const was = earlier.get(keyOf(group));
    return {
      service,
      name,
      type,
      ...statsOfRuns(runs),
      ratePerMinute: runs.length / minutes,
      totalMillis: sumOf(millisOf(runs)),
      ...(was !== undefined && { before: was }),
    };
  });
  return {
    by,
    from: window.from,
    to: window.to,
    rows: rows.sort((a, b) => b.totalMillis - a.totalMillis),
    ...(before !== undefined && { against: before.window }),
  };
}

function seriesOf(runs: Runs, window: Window): PerformanceDetail['series'] {
  const length = Math.max(Math.ceil((window.to - window.from) / MAX_SLICES), LEAST_SLICE);
  const slices = Math.min(Math.max(Math.ceil((window.to - window.from) / length), 1), MAX_SLICES);
  const durations = Array.from({ length: slices }, (): number[] => []);
  const errors = Array.from({ length: slices }, () => 0);
  const millis = millisOf(runs);
  const { startMicros, failed } = runs;
  for (const [index, start] of startMicros.entries()) {
    const place = Math.floor((start / MICROS_PER_MILLI - window.from) / length);
    const slice = Math.min(Math.max(place, 0), slices - 1);
    durations[slice]?.push(millis[index] ?? 0);
    errors[slice] = (errors[slice] ?? 0) + (failed[index] ?? 0);
  }
  return durations.map((each, slice) => {
    const sorted = Float64Array.from(each).sort();
    return {
      startMillis: window.from + slice * length,
      count: sorted.length,
      errors: errors[slice] ?? 0,
      p50Millis: percentile(sorted, 0.5),
      p95Millis: percentile(sorted, 0.95),
    };
  });
}

/**
 * One row in detail.
 *
 * @param runs of one operation or route in the window
 * @param window of the report
 * @param slowest of these runs, the slowest first
 * @returns histogram, course over time, and the slowest
 * @example
 * detailPerformance(new Runs(), { from: 0, to: 60_000 }, []).histogram; // []
 */
export function detailPerformance(
  runs: Runs,
  window: Window,
  slowest: PerformanceDetail['slowest'],
): PerformanceDetail {
  return { histogram: histogramOf(millisOf(runs), runs.failed), series: seriesOf(runs, window), slowest };
}
