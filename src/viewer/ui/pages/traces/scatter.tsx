/** Every trace found as a point, time against duration: drag a rectangle to narrow the search to it, click a point to open it. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef } from 'react';
import Plot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { ask } from '../../api.ts';
import { filterParameters, readFilter } from '../../filter.ts';
import { cssColour, onThemeChange } from '../../theme.ts';
import { duration } from '../../units.ts';
import type { Scatter, TraceFilter } from '../../../wire.ts';

const HEIGHT = 136;
/** A line for each power of ten is enough. */
const isDecade = (value: number): boolean => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6;

const DAY = 86_400_000;

/** No more of a time than tells the ticks apart. */
function tick(millis: number, range: number): string {
  const at = new Date(millis);
  const clock = at.toLocaleTimeString('en-GB');
  if (range < 10_000) return `${clock}.${Math.floor(at.getMilliseconds() / 100)}`;
  if (range < DAY) return range < 600_000 ? clock : clock.slice(0, 5);
  return `${at.toLocaleDateString('en', { month: 'short', day: 'numeric' })} ${clock.slice(0, 5)}`;
}

interface Points {
  readonly data: Plot.AlignedData;
  /** Position in the plot -> position in the answer: a plot wants its points by time. */
  readonly order: readonly number[];
}

function pointsOf({ startMillis, durationMillis }: Scatter): Points {
  const order = startMillis.map((_, at) => at).sort((a, b) => (startMillis[a] ?? 0) - (startMillis[b] ?? 0));
  // A logarithmic axis has no place for zero.
  const lengths = order.map((at) => Math.max(0.001, durationMillis[at] ?? 0));
  return { data: [order.map((at) => (startMillis[at] ?? 0) / 1000), lengths], order };
}

/** Points in the hue of what the trace mostly does; a failed one is a cross, so that it needs no colour. */
function drawPoints(plot: Plot, scatter: Scatter, order: readonly number[]): void {
  const pen = plot.ctx;
  const [times = [], lengths = []] = plot.data;
  const size = 2 * window.devicePixelRatio;
  const error = cssColour('--error');
  const hues = new Map(scatter.types.map((type) => [type, '']));
  for (const type of hues.keys()) hues.set(type, cssColour(`--t-${type}`));
  order.forEach((at, index) => {
    const x = plot.valToPos(times[index] ?? 0, 'x', true);
    const y = plot.valToPos(lengths[index] ?? 1, 'y', true);
    if (scatter.errors[at] === 1) {
      pen.strokeStyle = error;
      pen.lineWidth = size / 2;
      pen.beginPath();
      pen.moveTo(x - size, y - size);
      pen.lineTo(x + size, y + size);
      pen.moveTo(x - size, y + size);
      pen.lineTo(x + size, y - size);
      pen.stroke();
    } else {
      pen.fillStyle = hues.get(scatter.types[at] ?? 'internal') ?? '';
      pen.globalAlpha = 0.7;
      pen.fillRect(x - size / 2, y - size / 2, size * 1.5, size * 1.5);
      pen.globalAlpha = 1;
    }
  });
}

interface ScatterPlotProps {
  readonly filter: TraceFilter;
  readonly change: (filter: TraceFilter) => void;
  readonly open: (traceId: string) => void;
}

export function ScatterPlot({ filter, change, open }: ScatterPlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const { data } = useQuery({
    queryKey: ['scatter', filter],
    queryFn: ({ signal }) => ask<Scatter>('scatter', filterParameters(filter), { signal }),
    placeholderData: keepPreviousData,
  });
  const brushed = useEffectEvent((plot: Plot) => {
    const { left, top, width, height } = plot.select;
    if (width < 4 || height < 4) return;
    const [from, to] = [plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000];
    const [maxMillis, minMillis] = [plot.posToVal(top, 'y'), plot.posToVal(top + height, 'y')];
    change(
      readFilter({
        ...filter,
        from: Math.floor(from),
        to: Math.ceil(to),
        minMillis: Number(minMillis.toPrecision(3)),
        maxMillis: Number(maxMillis.toPrecision(3)),
      }),
    );
  });
  const clicked = useEffectEvent((plot: Plot, scatter: Scatter, order: readonly number[], event: MouseEvent) => {
    const box = plot.over.getBoundingClientRect();
    let best = { at: -1, distance: 64 };
    order.forEach((at, index) => {
      const x = plot.valToPos(plot.data[0][index] ?? 0, 'x') - (event.clientX - box.left);
      const y = plot.valToPos(plot.data[1]?.[index] ?? 1, 'y') - (event.clientY - box.top);
      if (x * x + y * y < best.distance) best = { at, distance: x * x + y * y };
    });
    const traceId = scatter.traceIds[best.at];
    if (traceId !== undefined) open(traceId);
  });
  useEffect(() => {
    const target = place.current;
    if (target === null || data === undefined || data.traceIds.length === 0) return undefined;
    const { data: points, order } = pointsOf(data);
    const build = (): Plot => {
      const axis = {
        stroke: cssColour('--soft'),
        grid: { stroke: cssColour('--line'), width: 1 },
        ticks: { show: false },
      };
      const plot = new Plot(
        {
          width: target.clientWidth,
          height: HEIGHT,
          legend: { show: false },
          cursor: { drag: { x: true, y: true, uni: 8, setScale: false }, points: { show: false } },
          scales: { x: { time: true }, y: { distr: 3 } },
          axes: [
            {
              ...axis,
              size: 24,
              space: 96,
              values: (drawn, seconds) => {
                const { min = 0, max = 0 } = drawn.scales['x'] ?? {};
                return seconds.map((second) => tick(second * 1000, ((max ?? 0) - (min ?? 0)) * 1000));
              },
            },
            {
              ...axis,
              size: 56,
              space: 20,
              grid: {
                ...axis.grid,
                filter: (_plot, splits) => splits.map((value) => (isDecade(value) ? value : null)),
              },
              values: (_plot, values) => values.map((value) => (value === null ? '' : duration(value))),
            },
          ],
          series: [{}, { paths: () => null, points: { show: false } }],
          hooks: { draw: [(drawn) => drawPoints(drawn, data, order)], setSelect: [(drawn) => brushed(drawn)] },
        },
        points,
        target,
      );
      plot.over.addEventListener('click', (event) => clicked(plot, data, order, event));
      return plot;
    };
    let plot = build();
    const rebuild = (): void => {
      plot.destroy();
      plot = build();
    };
    const watcher = new ResizeObserver(() => plot.setSize({ width: target.clientWidth, height: HEIGHT }));
    watcher.observe(target);
    const stop = onThemeChange(rebuild);
    return () => {
      watcher.disconnect();
      stop();
      plot.destroy();
    };
  }, [data]);
  return (
    <div
      className="scatter"
      ref={place}
      role="img"
      aria-label="Latency of the traces found, over time; the same traces are in the list below"
      title="Drag to narrow the search; click a point to open its trace"
    />
  );
}
