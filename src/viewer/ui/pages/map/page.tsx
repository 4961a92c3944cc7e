/** The page *Map*: services, what they call, how often, how slow, and what fails. */
import '@xyflow/react/dist/base.css';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ServiceMap } from '../../../wire.ts';
import { ask } from '../../api.ts';
import { Empty, Failed, Waiting } from '../../parts/notes.tsx';
import { ScopeBar, useFresh, useScope } from '../../parts/scope.tsx';
import { type Column, SortedTable } from '../../parts/sorted.tsx';
import { Duration, TypeMark } from '../../parts/values.tsx';
import { integer, percent } from '../../units.ts';
import { Graph } from './graph.tsx';
import { rate } from '../../parts/rate.ts';

type Call = ServiceMap['calls'][number];

const columns: readonly Column<Call>[] = [
  {
    name: 'From',
    value: (call) => call.from,
    cell: (call) => (
      <Link to="/" search={{ service: [call.from] }}>
        {call.from}
      </Link>
    ),
  },
  { name: 'To', value: (call) => call.to, cell: (call) => call.to },
  { name: 'Type', wide: true, value: (call) => call.type, cell: (call) => <TypeMark type={call.type} /> },
  { name: 'Calls', numeric: true, wide: true, value: (call) => call.count, cell: (call) => integer(call.count) },
  {
    name: 'Rate',
    numeric: true,
    wide: true,
    value: (call) => call.ratePerMinute,
    cell: (call) => rate(call.ratePerMinute),
  },
  {
    name: 'Failed',
    numeric: true,
    value: (call) => call.errors / call.count,
    cell: (call) => (call.errors === 0 ? '0 %' : <span className="error">{percent(call.errors / call.count)}</span>),
  },
  {
    name: 'p50',
    numeric: true,
    wide: true,
    value: (call) => call.p50Millis,
    cell: (call) => <Duration millis={call.p50Millis} />,
  },
  {
    name: 'p95',
    title: '95 of 100 calls were faster',
    numeric: true,
    value: (call) => call.p95Millis,
    cell: (call) => <Duration millis={call.p95Millis} />,
  },
];

export function MapPage() {
  const scope = useScope();
  useFresh('map');
  const { data, error, refetch } = useQuery({
    queryKey: ['map', scope.parameters],
    queryFn: ({ signal }) => ask<ServiceMap>('map', scope.parameters, { signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="plain">
      <ScopeBar title="Map" scope={scope} />
      {error !== null && data === undefined && <Failed error={error} again={() => void refetch()} />}
      {error === null && data === undefined && <Waiting of="the map" />}
      {data !== undefined && data.services.length === 0 && (
        <Empty title="No service is in these traces">
          <p>
            A service appears with its first span. Look further back, or see <Link to="/health">Health</Link> for how to
            send one.
          </p>
        </Empty>
      )}
      {data !== undefined && data.services.length > 0 && (
        <>
          <Graph map={data} />
          {data.calls.length === 0 ? (
            <p className="soft">
              No span has a parent in another service, and none names a database, a model or a queue.
            </p>
          ) : (
            <>
              <h2>Calls</h2>
              <SortedTable
                label="Calls"
                columns={columns}
                rows={data.calls}
                rowKey={(call) => `${call.from} ${call.to} ${call.type}`}
              />
            </>
          )}
        </>
      )}
    </div>
  );
}
