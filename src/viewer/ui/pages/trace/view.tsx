/** A trace with its tools: views, search, critical path, rows, and the panel of the chosen span. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { ask } from '../../api.ts';
import { useShortcuts } from '../../shortcuts.tsx';
import { count, integer } from '../../units.ts';
import { Flame } from './flame.tsx';
import type { Level } from './log-list.ts';
import { TraceLogView } from './logs.tsx';
import { Minimap } from './minimap.tsx';
import { Panel } from './panel.tsx';
import { Statistics } from './statistics.tsx';
import { criticalPath, type Stretch } from './time.ts';
import { find, reveal, visibleRows, type Folds, type Row, type Tree } from './tree.ts';
import { Waterfall } from './waterfall.tsx';
import type { TraceLogs } from '../../../wire.ts';
import type { TraceSearch } from '../../router.tsx';

const route = getRouteApi('/trace/$traceId');
const views = [
  ['waterfall', 'Waterfall'],
  ['flame', 'Flame graph'],
  ['statistics', 'Statistics'],
  ['logs', 'Logs'],
] as const;
const noLevels: readonly Level[] = [];
const nothing: Folds = { closed: new Set(), openRuns: new Set() };

/** How many log records there are, for the button that leads to them. */
function useLogCount(traceId: string): number {
  const { data } = useQuery({
    queryKey: ['logs', traceId, 'count'],
    queryFn: ({ signal }) => ask<TraceLogs>(`traces/${traceId}/logs`, { limit: 1 }, { signal }),
  });
  return data?.total ?? 0;
}

export function TraceView({ tree }: { readonly tree: Tree }) {
  const { spans } = tree.skeleton;
  const { traceId } = tree.skeleton.row;
  const logCount = useLogCount(traceId);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const findField = useRef<HTMLInputElement>(null);
  const chosen = search.span === undefined ? -1 : spans.id.indexOf(search.span);
  const [folds, setFolds] = useState<Folds>(() => (chosen < 0 ? nothing : reveal(tree, chosen, nothing)));
  const [zoom, setZoom] = useState<Stretch>();
  // The keys can stand on the head of a run without opening it; -1: they stand on the chosen span.
  const [runAt, setRunAt] = useState(-1);
  const [critical, setCritical] = useState(true);
  const shown = zoom ?? { from: 0, to: tree.length };
  const rows = useMemo(() => visibleRows(tree, folds), [tree, folds]);
  const path = useMemo(() => (critical ? criticalPath(tree) : undefined), [tree, critical]);
  const found = useMemo(() => find(tree, search.find ?? ''), [tree, search.find]);
  const hits = useMemo(() => new Set(found), [found]);
  const current = rows.findIndex((row) =>
    runAt < 0 ? row.at === chosen && row.run === 0 : row.at === runAt && row.run > 0,
  );
  const view = views.find(([name]) => name === search.view)?.[0] ?? 'waterfall';
  const isLogs = view === 'logs';

  const change = useCallback(
    (next: { readonly [Name in keyof TraceSearch]?: TraceSearch[Name] | undefined }) =>
      void navigate({
        search: (before) =>
          Object.fromEntries(Object.entries({ ...before, ...next }).filter(([, value]) => value !== undefined)),
        replace: true,
      }),
    [navigate],
  );
  const goTo = useCallback(
    (at: number): void => {
      setRunAt(-1);
      setFolds((before) => reveal(tree, at, before));
      change({ span: spans.id[at], view: undefined });
    },
    [tree, spans, change],
  );
  const toggle = useCallback((row: Row): void => {
    const flip = (set: ReadonlySet<number>): Set<number> => {
      const next = new Set(set);
      if (!next.delete(row.at)) next.add(row.at);
      return next;
    };
    setFolds(({ closed, openRuns }) =>
      row.run > 0 ? { closed, openRuns: flip(openRuns) } : { closed: flip(closed), openRuns },
    );
  }, []);
  const choose = useCallback(
    (row: Row): void => {
      if (row.run > 0) toggle(row);
      else change({ span: spans.id[row.at] });
      setRunAt(row.run > 0 ? row.at : -1);
    },
    [toggle, change, spans],
  );

  const closeAll = (): void => {
    const parents = new Set<number>();
    for (let at = 0; at < tree.size; at++)
      if ((spans.depth[at] ?? 0) > 0 && (tree.end[at] ?? 0) > at + 1) parents.add(at);
    setFolds({ closed: parents, openRuns: new Set() });
  };
  const move = (by: number): void => {
    const next = rows[Math.min(rows.length - 1, Math.max(0, current + by))];
    if (next === undefined) return;
    if (next.run > 0) setRunAt(next.at);
    else goTo(next.at);
  };
  const cycle = (positions: readonly number[], by: 1 | -1): void => {
    const next = by === 1 ? positions.find((at) => at > chosen) : positions.findLast((at) => at < chosen);
    const to = next ?? positions.at(by === 1 ? 0 : -1);
    if (to !== undefined) goTo(to);
  };
  const errors = useMemo(() => spans.status.flatMap((status, at) => (status === 2 ? [at] : [])), [spans]);
  const row = rows[current];
  const fold = (isClosed: boolean): void => {
    if (row === undefined) return;
    const opens = row.run > 0 || tree.end[row.at] !== row.at + 1;
    const isOpen = row.run > 0 ? folds.openRuns.has(row.at) : !folds.closed.has(row.at);
    if (opens && isOpen === isClosed) toggle(row);
  };
  useShortcuts([
    { keys: ['j', 'ArrowDown'], does: 'Next row', run: () => move(1) },
    { keys: ['k', 'ArrowUp'], does: 'Row before', run: () => move(-1) },
    { keys: ['ArrowRight'], does: 'Open the row', run: () => fold(false) },
    { keys: ['ArrowLeft'], does: 'Close the row', run: () => fold(true) },
    { keys: ['/'], does: 'Search in the trace', run: () => findField.current?.focus() },
    { keys: ['n'], does: 'Next match', run: () => cycle(found, 1) },
    { keys: ['N'], does: 'Match before', run: () => cycle(found, -1) },
    { keys: ['e'], does: 'Next error', run: () => cycle(errors, 1) },
    { keys: ['c'], does: 'Critical path on or off', run: () => setCritical(!critical) },
    {
      keys: ['f'],
      does: 'Flame graph or waterfall',
      run: () => change({ view: view === 'flame' ? undefined : 'flame' }),
    },
    { keys: ['['], does: 'Close all rows', run: closeAll },
    { keys: [']'], does: 'Open all rows', run: () => setFolds(nothing) },
    { keys: ['0'], does: 'The whole time', run: () => setZoom(undefined) },
    { keys: ['Escape'], does: 'Close the panel', run: () => change({ span: undefined }) },
  ]);
  return (
    <>
      <div className="tools trace-tools">
        <span role="group" aria-label="View" className="group">
          {views.map(([name, title]) => (
            <button
              key={name}
              type="button"
              className="button"
              aria-pressed={view === name}
              onClick={() => change({ view: name === 'waterfall' ? undefined : name })}
            >
              {title}
              {name === 'logs' && logCount > 0 && <span className="soft"> {integer(logCount)}</span>}
            </button>
          ))}
        </span>
        <input
          ref={findField}
          type="search"
          aria-label={isLogs ? 'Search in the logs' : 'Search in the trace'}
          placeholder={isLogs ? 'Search the logs' : 'Search names, services, types'}
          value={search.find ?? ''}
          onChange={(event) => change({ find: event.target.value === '' ? undefined : event.target.value })}
          onKeyDown={(event) => event.key === 'Enter' && !isLogs && cycle(found, event.shiftKey ? -1 : 1)}
        />
        {search.find !== undefined && !isLogs && <span role="status">{count(found.length, 'match')}</span>}
        {errors.length > 0 && (
          <button type="button" className="button" onClick={() => cycle(errors, 1)}>
            Next of {count(errors.length, 'error')}
          </button>
        )}
        {view === 'waterfall' && (
          <>
            <button type="button" className="button" aria-pressed={critical} onClick={() => setCritical(!critical)}>
              Critical path
            </button>
            <span className="choices" role="group" aria-label="Rows">
              <button type="button" className="button" onClick={closeAll}>
                Close all
              </button>
              <button type="button" className="button" onClick={() => setFolds(nothing)}>
                Open all
              </button>
            </span>
            {zoom !== undefined && (
              <button type="button" className="button" onClick={() => setZoom(undefined)}>
                Whole time
              </button>
            )}
          </>
        )}
      </div>
      <div className="trace-body">
        <div className="trace-main">
          {view === 'flame' && <Flame tree={tree} choose={goTo} />}
          {view === 'statistics' && <Statistics tree={tree} path={path ?? criticalPath(tree)} choose={goTo} />}
          {isLogs && (
            <TraceLogView
              tree={tree}
              find={search.find ?? ''}
              wanted={search.level ?? noLevels}
              want={(level) => change({ level: level.length === 0 ? undefined : level })}
              clear={() => change({ level: undefined, find: undefined })}
              choose={(span) => change({ span })}
            />
          )}
          {view === 'waterfall' && (
            <>
              <Minimap tree={tree} shown={shown} show={setZoom} />
              <Waterfall
                tree={tree}
                rows={rows}
                shown={shown}
                current={current}
                hits={hits}
                {...folds}
                path={path}
                choose={choose}
                toggle={toggle}
              />
            </>
          )}
        </div>
        {chosen >= 0 && <Panel tree={tree} at={chosen} close={() => change({ span: undefined })} />}
      </div>
    </>
  );
}
