/** Rows of spans over time. Only those on the screen exist. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef } from 'react';
import { TypeMark } from '../../parts/values.tsx';
import { count, duration } from '../../units.ts';
import { drawable, lengthOf, ownTime, type Stretch } from './time.ts';
import { nameOf, serviceOf, typeOf, type Row, type Tree } from './tree.ts';

export const ROW_HEIGHT = 24;
/** Deeper rows keep this indent and say their depth. */
const MAX_INDENT = 16;
/** Calls of these kinds, repeated one by one, are what one call for all could do. */
const askedOneByOne = new Set(['database', 'd1', 'kv', 'r2', 'http', 'cache', 'vectorize']);
const N_PLUS_ONE_FROM = 5;

export interface RowActions {
  readonly choose: (row: Row) => void;
  readonly toggle: (row: Row) => void;
}

interface RowProps extends RowActions {
  readonly tree: Tree;
  readonly row: Row;
  readonly shown: Stretch;
  readonly chosen: boolean;
  readonly hit: boolean;
  readonly folded: boolean;
  readonly path: readonly Stretch[] | undefined;
}

function Bar({ tree, row, shown, path }: Pick<RowProps, 'tree' | 'row' | 'shown' | 'path'>) {
  const { startMicros, durationMicros, status } = tree.skeleton.spans;
  const from = startMicros[row.at] ?? 0;
  let to = from + (durationMicros[row.at] ?? 0);
  if (row.run > 0) {
    const last = (tree.runEnd[row.at] ?? 1) - 1;
    for (let at = row.at; at <= last; at = tree.end[at] ?? tree.size) {
      to = Math.max(to, (startMicros[at] ?? 0) + (durationMicros[at] ?? 0));
    }
  }
  const scale = 100 / (shown.to - shown.from);
  const place = (stretch: Stretch) => ({
    left: `${(stretch.from - shown.from) * scale}%`,
    width: `max(2px, ${(stretch.to - stretch.from) * scale}%)`,
  });
  // Light where children ran, full where the span itself did: waiting and working look different.
  const own = row.run > 0 ? [] : drawable(ownTime(tree, row.at), shown);
  const failed = row.run > 0 ? tree.failed[row.at] === 1 : status[row.at] === 2;
  const isLate = (from - shown.from) * scale > 70;
  return (
    <span className={`lane ${failed ? 'bad' : ''}`}>
      <span className="bar" style={place({ from, to })} />
      {own.map((stretch) => (
        <span key={stretch.from} className="own" style={place(stretch)} />
      ))}
      {(path === undefined ? [] : drawable(path, shown)).map((stretch) => (
        <span key={stretch.from} className="critical" style={place(stretch)} />
      ))}
      <span
        className={isLate ? 'length before' : 'length'}
        style={isLate ? { right: `${100 - (from - shown.from) * scale}%` } : { left: `${(to - shown.from) * scale}%` }}
      >
        {duration((to - from) / 1000)}
      </span>
    </span>
  );
}

const WaterfallRow = memo(function WaterfallRow(props: RowProps) {
  const { tree, row, chosen, hit, folded, choose, toggle } = props;
  const { spans, events, costUsd } = tree.skeleton;
  const depth = (spans.depth[row.at] ?? 0) + (row.inRun ? 1 : 0);
  const type = typeOf(tree, row.at);
  const opens = row.run > 0 || (tree.end[row.at] ?? 0) > row.at + 1;
  const failed = row.run > 0 ? tree.failed[row.at] === 1 : spans.status[row.at] === 2;
  const isNPlusOne = row.run >= N_PLUS_ONE_FROM && askedOneByOne.has(type);
  return (
    <div
      className={`span-row t-${type}${chosen ? ' chosen' : ''}${hit ? ' hit' : ''}`}
      role="row"
      aria-level={depth + 1}
      aria-selected={chosen}
      onClick={() => choose(row)}
    >
      <span className="label" role="gridcell" style={{ paddingLeft: Math.min(depth, MAX_INDENT) * 12 }}>
        <button
          type="button"
          tabIndex={-1}
          className="twisty"
          aria-label={folded ? 'Open' : 'Close'}
          hidden={!opens}
          onClick={(event) => {
            event.stopPropagation();
            toggle(row);
          }}
        >
          {folded ? '▸' : '▾'}
        </button>
        {!opens && <span className="twisty" />}
        <TypeMark type={type} />
        {depth > MAX_INDENT && <span className="tag">depth {depth}</span>}
        {row.run > 0 && (
          <span className={isNPlusOne ? 'tag warn' : 'tag'}>
            {row.run} ×{isNPlusOne ? ' N+1' : ''}
          </span>
        )}
        {failed && <span className="tag bad">error</span>}
        {spans.parent[row.at] === -2 && <span className="tag warn">parent missing</span>}
        <span className="name">{nameOf(tree, row.at)}</span>
        {tree.skeleton.services.length > 1 && <span className="service">{serviceOf(tree, row.at)}</span>}
        {events[row.at] !== undefined && <span className="tag">{count(events[row.at] ?? 0, 'event')}</span>}
        {costUsd[row.at] === null && <span className="tag">price unknown</span>}
      </span>
      <span className="gridcell" role="gridcell">
        <Bar tree={tree} row={row} shown={props.shown} path={row.run > 0 ? undefined : props.path} />
      </span>
    </div>
  );
});

const ticks = [0, 0.25, 0.5, 0.75, 1];

/** Five moments of the time shown; below the heading only their lines. */
function Axis({ shown }: { readonly shown: Stretch }) {
  const lane = (text: (share: number) => string) => (
    <span className="gridcell">
      <span className="lane">
        {ticks.map((share) => (
          <span key={share} className="tick" style={{ left: `${share * 100}%` }}>
            {text(share)}
          </span>
        ))}
      </span>
    </span>
  );
  return (
    <>
      <div className="axis" aria-hidden="true">
        <span className="label">Operation</span>
        {lane((share) => duration((shown.from + (shown.to - shown.from) * share) / 1000))}
      </div>
      <div className="rules" aria-hidden="true">
        <span />
        {lane(() => '')}
      </div>
    </>
  );
}

interface WaterfallProps extends RowActions {
  readonly tree: Tree;
  readonly rows: readonly Row[];
  readonly shown: Stretch;
  /** Index in `rows` of what the keys act on; -1 for none. */
  readonly current: number;
  readonly hits: ReadonlySet<number>;
  readonly closed: ReadonlySet<number>;
  readonly openRuns: ReadonlySet<number>;
  readonly path: ReadonlyMap<number, readonly Stretch[]> | undefined;
}

export function Waterfall({
  tree,
  rows,
  shown,
  current,
  hits,
  closed,
  openRuns,
  path,
  choose,
  toggle,
}: WaterfallProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  useEffect(() => {
    if (current >= 0) virtual.scrollToIndex(current);
  }, [current, virtual]);
  return (
    <div className="waterfall" role="treegrid" aria-label="Spans" aria-rowcount={rows.length}>
      <Axis shown={shown} />
      <div className="scroller" ref={scroller} tabIndex={0} role="rowgroup" aria-label="Rows">
        <div className="all" role="presentation" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={`${row.at}${row.run > 0 ? 'run' : ''}`}
                className="at"
                role="presentation"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <WaterfallRow
                  tree={tree}
                  row={row}
                  shown={shown}
                  chosen={item.index === current}
                  hit={hits.has(row.at)}
                  folded={row.run > 0 ? !openRuns.has(row.at) : closed.has(row.at)}
                  path={path?.get(row.at)}
                  choose={choose}
                  toggle={toggle}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

export const ownMillis = (tree: Tree, at: number): number => lengthOf(ownTime(tree, at)) / 1000;
