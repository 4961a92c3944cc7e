/** The view of a trace's log records by time. Only rows on the screen exist; pages are asked for until all are here. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { apiUrl, ask } from '../../api.ts';
import { Failed, Waiting } from '../../parts/notes.tsx';
import { utcTime, localTime, count, integer } from '../../units.ts';
import { countLevels, type Level, levelMarks, narrowLogs, offset } from './log-list.ts';
import { LevelMark, LogDetails, LogLine } from './log-record.tsx';
import { NoLogs } from './no-logs.tsx';
import { nameOf, type Tree } from './tree.ts';
import type { LogRow, TraceLogs } from '../../../wire.ts';

const ROW_HEIGHT = 28;

/** All pages as one list that only changes when they do. */
function useLogs(traceId: string) {
  const query = useInfiniteQuery({
    queryKey: ['logs', traceId, 'list'],
    queryFn: ({ pageParam, signal }) =>
      ask<TraceLogs>(`traces/${traceId}/logs`, { after: pageParam === '' ? undefined : pageParam }, { signal }),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  });
  const { data, hasNextPage, isFetching, error, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching && error === null) void fetchNextPage();
  }, [hasNextPage, isFetching, error, fetchNextPage]);
  const logs = useMemo(() => data?.pages.flatMap((page) => page.logs), [data]);
  return { ...query, logs, last: data?.pages.at(-1) };
}

interface RowProps {
  readonly log: LogRow;
  readonly tree: Tree;
  readonly isOpen: boolean;
  readonly toggle: () => void;
  readonly choose: (spanId: string) => void;
}

function SpanLink({ log, tree, choose }: Pick<RowProps, 'log' | 'tree' | 'choose'>) {
  const { spanId } = log;
  if (spanId === undefined) return <span className="soft">no span</span>;
  const at = tree.skeleton.spans.id.indexOf(spanId);
  if (at < 0) return <span className="soft">span {spanId} is not here</span>;
  return (
    <button type="button" className="link" title={`Span ${spanId}`} onClick={() => choose(spanId)}>
      {nameOf(tree, at)}
    </button>
  );
}

function Row({ log, tree, isOpen, toggle, choose }: RowProps) {
  const { timeMillis } = log;
  return (
    <>
      <div className="log-row">
        <button
          type="button"
          className="twisty"
          aria-expanded={isOpen}
          aria-label="The whole log record"
          onClick={toggle}
        >
          {isOpen ? '▾' : '▸'}
        </button>
        <span className="when">
          {offset(log, tree.skeleton.row.startMillis)}{' '}
          {timeMillis !== undefined && (
            <time className="soft" dateTime={new Date(timeMillis).toISOString()} title={utcTime(timeMillis)}>
              {localTime(timeMillis)}
            </time>
          )}
        </span>
        <LevelMark log={log} />
        <span className="line" onClick={toggle}>
          <LogLine log={log} />
        </span>
        <span className="whose">
          <SpanLink log={log} tree={tree} choose={choose} />
        </span>
      </div>
      {isOpen && <LogDetails log={log} />}
    </>
  );
}

interface ListProps {
  readonly logs: readonly LogRow[];
  readonly tree: Tree;
  readonly choose: (spanId: string) => void;
}

function List({ logs, tree, choose }: ListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  // By record and not by place, so that a row stays open when others come before it.
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const virtual = useVirtualizer({
    count: logs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (index) => logs[index]?.id ?? index,
  });
  const toggle = (id: string): void => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  return (
    <div className="scroller" ref={scroller} tabIndex={0} role="region" aria-label="Log records by time">
      <ol className="all" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const log = logs[item.index];
          return (
            log !== undefined && (
              <li
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                aria-setsize={logs.length}
                aria-posinset={item.index + 1}
                className="at log"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Row log={log} tree={tree} isOpen={open.has(log.id)} toggle={() => toggle(log.id)} choose={choose} />
              </li>
            )
          );
        })}
      </ol>
    </div>
  );
}

interface LogsProps {
  readonly tree: Tree;
  readonly find: string;
  readonly wanted: readonly Level[];
  readonly want: (levels: readonly Level[]) => void;
  readonly clear: () => void;
  readonly choose: (spanId: string) => void;
}

export function TraceLogView({ tree, find, wanted, want, clear, choose }: LogsProps) {
  const { traceId } = tree.skeleton.row;
  const { logs, last, error, refetch, hasNextPage } = useLogs(traceId);
  const counts = useMemo(() => countLevels(logs ?? []), [logs]);
  const shown = useMemo(() => narrowLogs(logs ?? [], wanted, find), [logs, wanted, find]);
  if (logs === undefined || last === undefined) {
    return error === null ? <Waiting of="the logs" /> : <Failed error={error} again={() => void refetch()} />;
  }
  if (last.total === 0) return <NoLogs />;
  return (
    <div className="logs">
      <div className="tools">
        <span role="group" aria-label="Severity" className="group">
          {counts.map(([level, amount]) => (
            <button
              key={level}
              type="button"
              className="button"
              aria-pressed={wanted.includes(level)}
              onClick={() =>
                want(wanted.includes(level) ? wanted.filter((each) => each !== level) : [...wanted, level])
              }
            >
              <span aria-hidden="true">{levelMarks[level]}</span> {level === 'NONE' ? 'Not said' : level}{' '}
              <span className="soft">{integer(amount)}</span>
            </button>
          ))}
        </span>
        <span role="status">
          {shown.length === logs.length
            ? count(logs.length, 'log record')
            : `${integer(shown.length)} of ${count(logs.length, 'log record')}`}
          {hasNextPage && `, more of the ${integer(last.total)} are on their way`}
        </span>
        <a className="button push" href={apiUrl(`traces/${traceId}/logs`, { format: 'otlp' })} download>
          Download logs as OTLP
        </a>
      </div>
      {last.refused > 0 && (
        <p className="note">
          {count(last.refused, 'more log record')} came and {last.refused === 1 ? 'was' : 'were'} not kept: a trace
          keeps its first {integer(last.total)}.
        </p>
      )}
      {shown.length > 0 ? (
        <List logs={shown} tree={tree} choose={choose} />
      ) : (
        <div className="plain">
          <p>No log record meets the search and the severities chosen.</p>
          <button type="button" className="button" onClick={clear}>
            Show all
          </button>
        </div>
      )}
    </div>
  );
}
