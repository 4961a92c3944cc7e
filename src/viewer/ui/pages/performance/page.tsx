/** The page *Performance*: what is slow, what fails, where the time goes, and what changed. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { OperationStats, PerformanceReport, PerformanceRow } from '../../../wire.ts';
import { ask } from '../../api.ts';
import { Empty, Failed, Waiting } from '../../parts/notes.tsx';
import { Choices, type Scope, ScopeBar, useFresh, useScope } from '../../parts/scope.tsx';
import { type Column, SortedTable } from '../../parts/sorted.tsx';
import { Duration, Time, TypeMark } from '../../parts/values.tsx';
import { count, duration, integer, percent } from '../../units.ts';
import { rate } from '../../parts/rate.ts';
import { Against } from './against.tsx';
import { Detail } from './detail.tsx';

const groupings = [
  { key: 'operation', name: 'Operation' },
  { key: 'route', name: 'Route' },
] as const;
/** A change smaller than this is noise. */
const NOTICEABLE = 0.1;
type Named = Pick<PerformanceRow, 'service' | 'name' | 'type'>;
const rowKey = ({ service, name, type }: Named): string => `${service} ${name} ${type}`;
/** An address may leave the type out. */
const isCalled = (row: Named, key: unknown): boolean => key === rowKey(row) || key === `${row.service} ${row.name}`;

function Failures({ row }: { readonly row: OperationStats }) {
  if (row.errors === 0) return <>0 %</>;
  return (
    <span className="error" title={`${integer(row.errors)} of ${integer(row.count)}`}>
      {percent(row.errors / row.count)}
    </span>
  );
}

function Change({ now, before }: { readonly now: number; readonly before: number | undefined }) {
  if (before === undefined) return <span className="soft">new</span>;
  const change = before === 0 ? 0 : now / before - 1;
  const text = `${change > 0 ? '+' : ''}${Math.round(change * 100)} %`;
  const noticed = Math.abs(change) >= NOTICEABLE;
  return (
    <span className={noticed && change > 0 ? 'error' : 'soft'} title={`${duration(before)} before`}>
      {noticed ? (change > 0 ? '▲ ' : '▼ ') : ''}
      {text}
    </span>
  );
}

function columnsOf(scope: Scope, report: PerformanceReport): readonly Column<PerformanceRow>[] {
  const isRoute = report.by === 'route';
  const change: readonly Column<PerformanceRow>[] =
    report.against === undefined
      ? []
      : [
          {
            name: 'p95 change',
            title: 'Against the earlier window; from 10 % on it is marked',
            numeric: true,
            value: (row) =>
              row.before === undefined ? undefined : row.p95Millis / Math.max(row.before.p95Millis, 0.001),
            cell: (row) => <Change now={row.p95Millis} before={row.before?.p95Millis} />,
          },
        ];
  return [
    {
      name: isRoute ? 'Route' : 'Operation',
      value: (row) => row.name,
      cell: (row) => (
        <span className="named">
          <TypeMark type={row.type} />
          <button
            type="button"
            className="link"
            title={row.name}
            aria-expanded={isCalled(row, scope.search['row'])}
            onClick={() => scope.set({ row: isCalled(row, scope.search['row']) ? undefined : rowKey(row) })}
          >
            {row.name}
          </button>
        </span>
      ),
    },
    { name: 'Service', wide: true, value: (row) => row.service, cell: (row) => row.service },
    { name: 'Count', numeric: true, wide: true, value: (row) => row.count, cell: (row) => integer(row.count) },
    {
      name: 'Rate',
      numeric: true,
      wide: true,
      value: (row) => row.ratePerMinute,
      cell: (row) => rate(row.ratePerMinute),
    },
    { name: 'Failed', numeric: true, value: (row) => row.errors / row.count, cell: (row) => <Failures row={row} /> },
    {
      name: 'p50',
      title: 'Half of the runs were faster',
      numeric: true,
      wide: true,
      value: (row) => row.p50Millis,
      cell: (row) => <Duration millis={row.p50Millis} />,
    },
    {
      name: 'p95',
      title: '95 of 100 runs were faster',
      numeric: true,
      value: (row) => row.p95Millis,
      cell: (row) => <Duration millis={row.p95Millis} />,
    },
    {
      name: 'p99',
      title: '99 of 100 runs were faster',
      numeric: true,
      wide: true,
      value: (row) => row.p99Millis,
      cell: (row) => <Duration millis={row.p99Millis} />,
    },
    ...change,
    {
      name: 'Total time',
      title: 'Sum of all runs: where the time goes',
      numeric: true,
      wide: true,
      value: (row) => row.totalMillis,
      cell: (row) => <Duration millis={row.totalMillis} />,
    },
  ];
}

function Nothing() {
  return (
    <Empty title="Nothing ran in this window">
      <p>
        Look further back, or take a condition away. <Link to="/health">Health</Link> says whether anything arrives, and
        how to send something.
      </p>
    </Empty>
  );
}

export function PerformancePage() {
  const scope = useScope();
  const by = scope.search['by'] === 'route' ? 'route' : 'operation';
  const against = typeof scope.search['against'] === 'string' ? scope.search['against'] : '';
  const parameters = { ...scope.parameters, by, ...(against === '' ? {} : { against }) };
  useFresh('performance');
  const { data, error, refetch } = useQuery({
    queryKey: ['performance', 'report', parameters],
    queryFn: ({ signal }) => ask<PerformanceReport>('performance', parameters, { signal }),
    placeholderData: keepPreviousData,
  });
  const chosen = data?.rows.find((row) => isCalled(row, scope.search['row']));
  return (
    <div className="plain">
      <ScopeBar title="Performance" scope={scope}>
        <Choices
          label="One row for each"
          of={groupings}
          chosen={by}
          choose={(key) => scope.set({ by: key, row: undefined })}
        />
        <Against against={against} window={data} choose={(wanted) => scope.set({ against: wanted })} />
      </ScopeBar>
      {error !== null && data === undefined && <Failed error={error} again={() => void refetch()} />}
      {error === null && data === undefined && <Waiting of="operations" />}
      {data !== undefined && data.rows.length === 0 && <Nothing />}
      {data !== undefined && data.rows.length > 0 && (
        <>
          <p className="soft">
            {count(data.rows.length, data.by)}, <Time millis={data.from} /> to <Time millis={data.to} />
            {data.against !== undefined && (
              <>
                , compared with <Time millis={data.against.from} /> to <Time millis={data.against.to} />
              </>
            )}
          </p>
          {data.against !== undefined && data.rows.every(({ before }) => before === undefined) && (
            <p className="hint">
              None of these ran in the window compared with: choose another one, or look at a shorter time above.
            </p>
          )}
          {chosen !== undefined && <Detail row={chosen} by={data.by} parameters={scope.parameters} />}
          <SortedTable
            label="Operations"
            columns={columnsOf(scope, data)}
            rows={data.rows}
            rowKey={rowKey}
            chosen={chosen === undefined ? undefined : rowKey(chosen)}
          />
        </>
      )}
    </div>
  );
}
