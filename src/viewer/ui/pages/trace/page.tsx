/** The page *Trace*. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ask, RefusedError } from '../../api.ts';
import { useLive } from '../../live.ts';
import { Empty, Failed, Waiting } from '../../parts/notes.tsx';
import { Cost, Duration, Time, Tokens } from '../../parts/values.tsx';
import { count } from '../../units.ts';
import { buildTree } from './tree.ts';
import { TraceView } from './view.tsx';
import type { TraceRow, TraceSkeleton } from '../../../wire.ts';
import { useTitle } from '../../parts/title.ts';

const route = getRouteApi('/trace/$traceId');

function Head({ row }: { readonly row: TraceRow }) {
  return (
    <header className="trace-head">
      <h1>
        {row.name} {row.open && <span className="tag warn">still running</span>}
      </h1>
      <ul className="facts-line">
        <li>
          <Time millis={row.startMillis} />
        </li>
        <li>
          <Duration millis={row.durationMillis} />
        </li>
        <li>{count(row.spanCount, 'span')}</li>
        <li className={row.errorCount > 0 ? 'error' : ''}>{count(row.errorCount, 'error')}</li>
        <li>{row.services.join(', ')}</li>
        {row.tokens !== undefined && (
          <li>
            <Tokens tokens={row.tokens} /> <Cost usd={row.costUsd} unknown={row.costUnknown} />
          </li>
        )}
        <li className="mono">{row.traceId}</li>
        {row.types.ai !== undefined && (
          <li>
            <Link to="/ai" search={{ trace: row.traceId } as never}>
              Conversation
            </Link>
          </li>
        )}
        <li>
          <Link to="/compare/$pair" params={{ pair: `${row.traceId}...usual` }}>
            Compare with the usual run
          </Link>
        </li>
        <li>
          <Link to="/compare/$pair" params={{ pair: `${row.traceId}...` }}>
            Compare with another
          </Link>
        </li>
      </ul>
    </header>
  );
}

export function TracePage() {
  const { traceId } = route.useParams();
  const queries = useQueryClient();
  const key = ['trace', traceId];
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => ask<TraceSkeleton>(`traces/${encodeURIComponent(traceId)}`, {}, { signal }),
    retry: (times, fault) => times < 1 && !(fault instanceof RefusedError),
  });
  useLive((message) => {
    const version = message.kind === 'traces' ? message.versions[traceId] : undefined;
    const isNews = version !== undefined && version !== data?.version;
    const isGone = message.kind === 'deleted' && message.traceIds.includes(traceId);
    if (isNews || isGone || message.kind === 'resync') void queries.invalidateQueries({ queryKey: key });
    const hasLogs = message.kind === 'logs' && message.traceIds.includes(traceId);
    if (!hasLogs && message.kind !== 'resync') return;
    void queries.invalidateQueries({ queryKey: ['logs', traceId] });
    void queries.invalidateQueries({ queryKey: ['span', traceId] });
  });
  const tree = useMemo(() => (data === undefined ? undefined : buildTree(data)), [data]);
  const name = data?.row.name;
  useTitle(name ?? 'Trace');
  if (error instanceof RefusedError && error.status === 404) {
    return (
      <Empty title="This trace is not here (yet)">
        <p>
          Its first spans may still be on their way, and this page shows them as they come. An old trace may have been
          evicted: <Link to="/health">Health</Link> says what is kept and what was lost.
        </p>
      </Empty>
    );
  }
  if (tree === undefined || data === undefined) {
    return error === null ? <Waiting of="the trace" /> : <Failed error={error} again={() => void refetch()} />;
  }
  return (
    <div className="trace-page">
      <Head row={data.row} />
      {data.warnings.map((warning) => (
        <p key={warning} className="note">
          {warning}
        </p>
      ))}
      <TraceView key={traceId} tree={tree} />
    </div>
  );
}
