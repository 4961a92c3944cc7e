/** The list. Only rows on the screen exist; the next page is asked for when its end comes near. */
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { Cost, Duration, Time, Tokens, TypeMark } from '../../parts/values.tsx';
import { count } from '../../units.ts';
import { operationTypes, type TraceRow } from '../../../wire.ts';

const ROW_HEIGHT = 32;
/** More marks than this do not fit beside the name; the most frequent are shown. */
const MAX_TYPES = 4;

function Line({
  row,
  longest,
  current,
}: {
  readonly row: TraceRow;
  readonly longest: number;
  readonly current: boolean;
}) {
  const types = operationTypes.filter((type) => row.types[type] !== undefined);
  // The most frequent, yet always in the same order: the eye finds a type in the same place in every row.
  const frequent = types.toSorted((a, b) => (row.types[b] ?? 0) - (row.types[a] ?? 0)).slice(0, MAX_TYPES);
  const marks = types.filter((type) => frequent.includes(type));
  return (
    <Link
      to="/trace/$traceId"
      params={{ traceId: row.traceId }}
      search={{}}
      preload={false}
      className={current ? 'trace-row chosen' : 'trace-row'}
    >
      <span className="when">
        <Time millis={row.startMillis} />
      </span>
      <span className="what">
        <span className="name">{row.name}</span>
        {row.errorCount > 0 && <span className="tag bad">{count(row.errorCount, 'error')}</span>}
        {row.httpStatus !== undefined && row.httpStatus >= 400 && <span className="tag bad">{row.httpStatus}</span>}
        {row.open && <span className="tag warn">running</span>}
        <span className="service">
          {row.services.length > 1 ? `${row.service} +${row.services.length - 1}` : row.service}
        </span>
      </span>
      <span className="types">
        {marks.map((type) => (
          <TypeMark key={type} type={type} amount={row.types[type] ?? 0} />
        ))}
        {types.length > MAX_TYPES && <span className="soft">+{types.length - MAX_TYPES}</span>}
      </span>
      <span className="spend">
        {row.tokens !== undefined && <Tokens tokens={row.tokens} />}{' '}
        <Cost usd={row.costUsd} unknown={row.costUnknown} />
      </span>
      <span className="took">
        <span className="meter" aria-hidden="true">
          <span
            className={row.errorCount > 0 ? 'fill bad' : 'fill'}
            style={{ width: `${Math.max(1, (row.durationMillis / longest) * 100)}%` }}
          />
        </span>
        <Duration millis={row.durationMillis} />
      </span>
    </Link>
  );
}

interface TraceTableProps {
  readonly rows: readonly TraceRow[];
  readonly order: 'longest' | undefined;
  readonly current: number;
  readonly more: () => void;
}

export function TraceTable({ rows, order, current, more }: TraceTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    getItemKey: (index) => rows[index]?.traceId ?? index,
  });
  const items = virtual.getVirtualItems();
  const isNearEnd = (items.at(-1)?.index ?? 0) > rows.length - 20;
  useEffect(() => {
    if (isNearEnd) more();
  });
  useEffect(() => {
    if (current >= 0) virtual.scrollToIndex(current);
  }, [current, virtual]);
  const longest = rows.reduce((most, { durationMillis }) => Math.max(most, durationMillis), 0.001);
  return (
    <>
      <div className="trace-row heading" aria-hidden="true">
        <span>Started</span>
        <span>Trace</span>
        <span>Spans by operation</span>
        <span className="spend">Tokens, cost</span>
        <span className="took">Duration</span>
      </div>
      <div
        className="scroller"
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label={`Traces, ${order ?? 'newest'} first`}
      >
        <div className="all" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            return (
              row !== undefined && (
                <div key={item.key} className="at tall" style={{ transform: `translateY(${item.start}px)` }}>
                  <Line row={row} longest={longest} current={item.index === current} />
                </div>
              )
            );
          })}
        </div>
      </div>
    </>
  );
}
