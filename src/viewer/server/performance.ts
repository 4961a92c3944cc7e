/** How long operations and routes take, how often they run and fail, and what changed since an earlier window. */
import type { OperationType, PerformanceDetail, PerformanceReport, PerformanceRow } from '../wire.ts';
import { histogramOf, percentile, statsOf } from './percentiles.ts';

/** One run of an operation (a span) or of a route (a whole trace). */
export interface Run {
  readonly service: string;
  readonly name: string;
  readonly type: OperationType;
  readonly traceId: string;
  readonly spanId: string;
  readonly startMillis: number;
  readonly durationMillis: number;
  readonly failed: boolean;
}

/** From the first moment to the last, both included, in Unix milliseconds. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const SLOWEST = 10;
const MAX_SLICES = 60;
const LEAST_SLICE = 1000;

interface Group {
  readonly first: Run;
  readonly durations: number[];
  errors: number;
  total: number;
}

function grouped(runs: Iterable<Run>): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const run of runs) {
    const key = JSON.stringify([run.service, run.name, run.type]);
    let group = groups.get(key);
    if (group === undefined) {
      group = { first: run, durations: [], errors: 0, total: 0 };
      groups.set(key, group);
    }
    group.durations.push(run.durationMillis);
    group.total += run.durationMillis;
    if (run.failed) group.errors += 1;
  }
  return groups;
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
 * @param runs of the window
 * @param window over which rates are reckoned; the time from the first run to the last is better than an open end
 * @param before runs of an earlier window, and that window
 * @returns one row per service, name and type
 * @example
 * reportPerformance('operation', [], { from: 0, to: 60_000 }).rows; // []
 */
export function reportPerformance(
  by: PerformanceReport['by'],
  runs: Iterable<Run>,
  window: Window,
  before?: { readonly runs: Iterable<Run>; readonly window: Window },
): PerformanceReport {
  const earlier = before === undefined ? undefined : grouped(before.runs);
  const minutes = Math.max(window.to - window.from, LEAST_SLICE) / MINUTE;
  const rows = [...grouped(runs)].map(([key, group]): PerformanceRow => {
    const was = earlier?.get(key);
    const { service, name, type } = group.first;
    return {
      service,
      name,
      type,
      ...statsOf(group.durations, group.errors),
      ratePerMinute: group.durations.length / minutes,
      totalMillis: group.total,
      ...(was === undefined ? {} : { before: statsOf(was.durations, was.errors) }),
    };
  });
  return {
    by,
    from: window.from,
    to: window.to,
    rows: rows.sort((a, b) => b.totalMillis - a.totalMillis),
    ...(before === undefined ? {} : { against: before.window }),
  };
}

function seriesOf(runs: readonly Run[], window: Window): PerformanceDetail['series'] {
  const length = Math.max(Math.ceil((window.to - window.from) / MAX_SLICES), LEAST_SLICE);
  const slices = Math.min(Math.max(Math.ceil((window.to - window.from) / length), 1), MAX_SLICES);
  const durations = Array.from({ length: slices }, (): number[] => []);
  const errors = Array.from({ length: slices }, () => 0);
  for (const run of runs) {
    const slice = Math.min(Math.max(Math.floor((run.startMillis - window.from) / length), 0), slices - 1);
    durations[slice]?.push(run.durationMillis);
    if (run.failed) errors[slice] = (errors[slice] ?? 0) + 1;
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
 * @returns histogram, course over time, and the ten slowest
 * @example
 * detailPerformance([], { from: 0, to: 60_000 }).slowest; // []
 */
export function detailPerformance(runs: readonly Run[], window: Window): PerformanceDetail {
  const slowest = [...runs].sort((a, b) => b.durationMillis - a.durationMillis).slice(0, SLOWEST);
  return {
    histogram: histogramOf(runs.map((run) => [run.durationMillis, run.failed])),
    series: seriesOf(runs, window),
    slowest: slowest.map(({ traceId, spanId, startMillis, durationMillis, failed }) => ({
      traceId,
      spanId,
      startMillis,
      durationMillis,
      error: failed,
    })),
  };
}

/**
 * The time that a report covers: what the filter asks for, as far as there is anything in it.
 *
 * @param runs what was found
 * @param asked the filter's own bounds
 * @returns from the first run (or the filter's start) to the end of the last (or the filter's end)
 * @example
 * coveredWindow([], { from: 5 }, 10); // { from: 5, to: 10 }
 */
export function coveredWindow(
  runs: readonly Pick<Run, 'startMillis' | 'durationMillis'>[],
  asked: { readonly from?: number; readonly to?: number },
  now: number,
): Window {
  let first = Infinity;
  let last = 0;
  for (const run of runs) {
    if (run.startMillis < first) first = run.startMillis;
    if (run.startMillis > last) last = run.startMillis;
  }
  const to = asked.to ?? (last === 0 ? now : last);
  const from = asked.from ?? (first === Infinity ? to : first);
  return { from: Math.min(from, to), to };
}
