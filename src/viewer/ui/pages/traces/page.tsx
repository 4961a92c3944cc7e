/** The page *Traces*: what came, newest first, and ways to find one among them. */
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { ask } from '../../api.ts';
import { filterParameters, isEmptyFilter, readFilter } from '../../filter.ts';
import { useLive } from '../../live.ts';
import { Downloads } from '../../parts/downloads.tsx';
import { ImportButton } from '../../parts/import.tsx';
import { Failed, Waiting } from '../../parts/notes.tsx';
import { Choices } from '../../parts/scope.tsx';
import { useShortcuts } from '../../shortcuts.tsx';
import { count } from '../../units.ts';
import { DeleteFound } from './delete.tsx';
import { Facets } from './facets.tsx';
import { FilterBar } from './filter-bar.tsx';
import { TraceTable } from './list.tsx';
import { NothingFound, NothingYet } from './nothing.tsx';
import type { TraceFilter, TraceList } from '../../../wire.ts';
import { useTitle } from '../../parts/title.ts';
import type { ListSearch } from '../../router.tsx';

const route = getRouteApi('/');
// The plot's library is not part of the page's first bytes.
const ScatterPlot = lazy(async () => ({ default: (await import('./scatter.tsx')).ScatterPlot }));
const orders = [
  { key: '', name: 'Newest' },
  { key: 'longest', name: 'Longest' },
] as const;
/** A busy server must not make the list flicker, nor ask for it all the time. */
const REFRESH_MILLIS = 1000;

/** Asks again when something came, at most once a second; not while paused. */
function useRefresh(paused: boolean): number {
  const queries = useQueryClient();
  const [waiting, setWaiting] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const refresh = (): void => {
    timer.current = undefined;
    void queries.invalidateQueries({ queryKey: ['traces'] });
    void queries.invalidateQueries({ queryKey: ['scatter'] });
  };
  useLive((message) => {
    // Log records change nothing in the list.
    if (message.kind === 'hello' || message.kind === 'logs') return;
    if (paused) setWaiting((before) => before + (message.kind === 'traces' ? message.rows.length : 1));
    else timer.current ??= setTimeout(refresh, REFRESH_MILLIS);
  });
  useEffect(() => {
    if (paused) return;
    setWaiting(0);
    refresh();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- asks once, when the pause ends
  }, [paused]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return waiting;
}

export function TracesPage() {
  const { order, ...filter } = route.useSearch();
  const navigate = route.useNavigate();
  const [paused, setPaused] = useState(false);
  const [current, setCurrent] = useState(-1);
  const search = useRef<HTMLInputElement>(null);
  const waiting = useRefresh(paused);
  const list = useInfiniteQuery({
    queryKey: ['traces', filter, order],
    queryFn: ({ pageParam, signal }) =>
      ask<TraceList>('traces', { ...filterParameters(filter), order, limit: 100, before: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
  const first = list.data?.pages[0];
  const rows = list.data?.pages.flatMap(({ traces }) => traces) ?? [];
  const go = (to: ListSearch): void => {
    setCurrent(-1);
    void navigate({ search: to });
  };
  const change = (next: TraceFilter): void =>
    go({ ...readFilter({ ...next }), ...(order === undefined ? {} : { order }) });
  const open = (index: number): void => {
    const row = rows[index];
    if (row !== undefined) void navigate({ to: '/trace/$traceId', params: { traceId: row.traceId }, search: {} });
  };
  useTitle('Traces');
  useShortcuts([
    { keys: ['/'], does: 'Search', run: () => search.current?.focus() },
    { keys: ['j', 'ArrowDown'], does: 'Next trace', run: () => setCurrent(Math.min(rows.length - 1, current + 1)) },
    { keys: ['k', 'ArrowUp'], does: 'Trace before', run: () => setCurrent(Math.max(0, current - 1)) },
    { keys: ['Enter'], does: 'Open the trace', run: () => open(current) },
    { keys: ['p'], does: 'Pause or go on', run: () => setPaused(!paused) },
    { keys: ['x'], does: 'Clear the filter', run: () => change({}) },
  ]);
  if (first === undefined) {
    return list.error === null ? (
      <Waiting of="the traces" />
    ) : (
      <Failed error={list.error} again={() => void list.refetch()} />
    );
  }
  if (first.total === 0 && isEmptyFilter(filter)) return <NothingYet />;
  return (
    <div className="traces-page">
      <h1 className="hidden">Traces</h1>
      <Facets facets={first.facets} filter={filter} change={change} />
      <div className="traces-main">
        <FilterBar filter={filter} change={change} field={search} />
        <Suspense fallback={<div className="scatter" />}>
          <ScatterPlot
            filter={filter}
            change={change}
            open={(traceId) => void navigate({ to: '/trace/$traceId', params: { traceId }, search: {} })}
          />
        </Suspense>
        <div className="tools list-tools">
          <span role="status">{count(first.total, 'trace')}</span>
          <button type="button" className="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
            {paused ? `Paused: go on${waiting > 0 ? ` (${waiting} new or grown)` : ''}` : 'Pause'}
          </button>
          <Choices
            label="Order"
            of={orders}
            chosen={order ?? ''}
            choose={(key) => go(key === 'longest' ? { ...filter, order: key } : filter)}
          />
          <span className="push" />
          <ImportButton />
          <Downloads of={filterParameters(filter)} name="traces" />
          <DeleteFound filter={filter} total={first.total} />
        </div>
        {rows.length === 0 ? (
          <NothingFound clear={() => change({})} />
        ) : (
          <TraceTable
            rows={rows}
            order={order}
            current={current}
            more={() => list.hasNextPage && !list.isFetching && void list.fetchNextPage()}
          />
        )}
      </div>
    </div>
  );
}
