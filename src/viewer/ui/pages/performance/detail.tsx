/** One operation or route: how its times are spread, how they went over time, and its slowest runs. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { PerformanceDetail, PerformanceReport, PerformanceRow } from '../../../wire.ts';
import { ask, type Parameters } from '../../api.ts';
import { Failed, Waiting } from '../../parts/notes.tsx';
import { Duration, Time } from '../../parts/values.tsx';
import { duration, integer, localTime } from '../../units.ts';

const WIDTH = 480;
const HEIGHT = 120;

/** Bars of equal ratio; the failed part of each is marked, and p50, p95 and p99 stand where they are. */
function Histogram({
  buckets,
  row,
}: {
  readonly buckets: PerformanceDetail['histogram'];
  readonly row: PerformanceRow;
}) {
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined) return null;
  const highest = Math.max(...buckets.map((bucket) => bucket.count));
  const width = WIDTH / buckets.length;
  const height = (amount: number): number => (amount === 0 ? 0 : Math.max((amount / highest) * HEIGHT, 1));
  const span = Math.log(last.toMillis / first.fromMillis);
  const x = (millis: number): number =>
    (Math.log(Math.max(millis, first.fromMillis) / first.fromMillis) / span) * WIDTH;
  const marks = [
    ['p50', row.p50Millis],
    ['p95', row.p95Millis],
    ['p99', row.p99Millis],
  ] as const;
  return (
    <figure className={`chart t-${row.type}`}>
      <figcaption>Durations, in buckets of equal ratio; most in one: {integer(highest)}</figcaption>
      <svg
        viewBox={`0 -12 ${WIDTH} ${HEIGHT + 12}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Histogram of durations from ${duration(first.fromMillis)} to ${duration(last.toMillis)}`}
      >
        {buckets.map((bucket, index) => (
          <g key={bucket.fromMillis}>
            <title>{`${duration(bucket.fromMillis)} to ${duration(bucket.toMillis)}: ${integer(bucket.count)} runs, ${integer(bucket.errors)} failed`}</title>
            <rect className="catch" x={index * width} y={0} width={width} height={HEIGHT} />
            <rect
              className="bar"
              x={index * width + 0.5}
              y={HEIGHT - height(bucket.count)}
              width={Math.max(width - 1, 0.5)}
              height={height(bucket.count)}
            />
            <rect
              className="bar failed"
              x={index * width + 0.5}
              y={HEIGHT - height(bucket.errors)}
              width={Math.max(width - 1, 0.5)}
              height={height(bucket.errors)}
            />
          </g>
        ))}
        {marks.map(([name, millis]) => (
          <line key={name} className="rule" x1={x(millis)} x2={x(millis)} y1={-12} y2={HEIGHT}>
            <title>{`${name}: ${duration(millis)}`}</title>
          </line>
        ))}
      </svg>
      <p className="chart-axis">
        <span>{duration(first.fromMillis)}</span>
        <span>{marks.map(([name, millis]) => `${name} ${duration(millis)}`).join(' · ')}</span>
        <span>{duration(last.toMillis)}</span>
      </p>
    </figure>
  );
}

type Slice = PerformanceDetail['series'][number];

/** A slice in which nothing ran has no time: the line is broken there. */
function pathOf(series: readonly Slice[], value: (slice: Slice) => number, highest: number): string {
  const step = WIDTH / Math.max(series.length, 1);
  let path = '';
  let broken = true;
  for (const [index, slice] of series.entries()) {
    if (slice.count === 0) {
      broken = true;
      continue;
    }
    const y = HEIGHT - (value(slice) / highest) * HEIGHT;
    path += `${broken ? 'M' : 'L'}${(index * step).toFixed(1)} ${y.toFixed(1)}H${((index + 1) * step).toFixed(1)}`;
    broken = false;
  }
  return path;
}

function Series({ series, row }: { readonly series: readonly Slice[]; readonly row: PerformanceRow }) {
  const [first, last] = [series[0], series.at(-1)];
  if (first === undefined || last === undefined) return null;
  const highest = Math.max(...series.map((slice) => slice.p95Millis), 0.001);
  const most = Math.max(...series.map((slice) => slice.count), 1);
  const step = WIDTH / series.length;
  return (
    <figure className={`chart t-${row.type}`}>
      <figcaption>
        Over time: p95 (line) and p50 (dashed) up to {duration(highest)}; runs (bars) up to {integer(most)}
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`p50 and p95 over time, at most ${duration(highest)}`}
      >
        {series.map((slice, index) => (
          <g key={slice.startMillis}>
            <title>{`${localTime(slice.startMillis)}: ${integer(slice.count)} runs, ${integer(slice.errors)} failed, p50 ${duration(slice.p50Millis)}, p95 ${duration(slice.p95Millis)}`}</title>
            <rect className="catch" x={index * step} y={0} width={step} height={HEIGHT} />
            <rect
              className="runs"
              x={index * step + 0.5}
              y={HEIGHT - (slice.count / most) * (HEIGHT / 3)}
              width={Math.max(step - 1, 0.5)}
              height={(slice.count / most) * (HEIGHT / 3)}
            />
            <rect
              className="bar failed"
              x={index * step + 0.5}
              y={HEIGHT - (slice.errors / most) * (HEIGHT / 3)}
              width={Math.max(step - 1, 0.5)}
              height={(slice.errors / most) * (HEIGHT / 3)}
            />
          </g>
        ))}
        <path className="line" d={pathOf(series, (slice) => slice.p95Millis, highest)} />
        <path className="line half" d={pathOf(series, (slice) => slice.p50Millis, highest)} />
      </svg>
      <p className="chart-axis">
        <Time millis={first.startMillis} />
        <Time millis={last.startMillis} />
      </p>
    </figure>
  );
}

export function Detail(props: {
  readonly row: PerformanceRow;
  readonly by: PerformanceReport['by'];
  readonly parameters: Parameters;
}) {
  const { row, by } = props;
  const parameters = { ...props.parameters, by, service: row.service, name: row.name, rowType: row.type };
  const { data, error } = useQuery({
    queryKey: ['performance', 'detail', parameters],
    queryFn: ({ signal }) => ask<PerformanceDetail>('performance/detail', parameters, { signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <section className="detail" aria-label={`${row.name} in detail`}>
      <h2>
        {row.name} <span className="soft">{row.service}</span>
      </h2>
      {error !== null && data === undefined && <Failed error={error} />}
      {error === null && data === undefined && <Waiting of="the details" />}
      {data !== undefined && (
        <div className="charts">
          <Histogram buckets={data.histogram} row={row} />
          <Series series={data.series} row={row} />
          <div>
            <h3>Slowest runs</h3>
            <ol className="slowest">
              {data.slowest.map((run) => (
                <li key={`${run.traceId} ${run.spanId}`}>
                  {/* A run of a route is a trace, without one span that it is about. */}
                  <Link
                    to="/trace/$traceId"
                    params={{ traceId: run.traceId }}
                    search={run.spanId === '' ? {} : { span: run.spanId }}
                  >
                    <Duration millis={run.durationMillis} />
                  </Link>
                  {run.error && <span className="tag bad">failed</span>}
                  <span className="soft">
                    <Time millis={run.startMillis} />
                  </span>
                </li>
              ))}
            </ol>
          </div>
        </div>
      )}
    </section>
  );
}
