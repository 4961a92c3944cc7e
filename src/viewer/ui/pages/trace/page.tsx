/** The page *Trace*. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ask, RefusedError } from '../../api.ts';
import { useLive } from '../../live.ts';
import { Empty, Failed, Waiting } from '../../parts/notes.tsx';
import { Head } from './head.tsx';
import { buildTree } from './tree.ts';
import { TraceView } from './view.tsx';
import type { TraceSkeleton } from '../../../wire.ts';
import { useTitle } from '../../parts/title.ts';

const route = getRouteApi('/trace/$traceId');

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
      <Head tree={tree} />
      {data.warnings.map((warning) => (
        <p key={warning} className="note">
          {warning}
        </p>
      ))}
      <TraceView key={traceId} tree={tree} />
    </div>
  );
}
