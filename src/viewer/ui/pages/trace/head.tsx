/** What the trace is, and what can be done with all of it: copied, downloaded, compared, deleted. */
import { Link } from '@tanstack/react-router';
import { apiUrl } from '../../api.ts';
import { Downloads } from '../../parts/downloads.tsx';
import { CopyButton, Cost, Duration, Time, Tokens } from '../../parts/values.tsx';
import { count } from '../../units.ts';
import { markdown } from './copy.ts';
import { DeleteTrace } from './delete.tsx';
import type { Tree } from './tree.ts';
import type { TraceRow } from '../../../wire.ts';

function Facts({ row }: { readonly row: TraceRow }) {
  return (
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
      {row.types.ai !== undefined && (
        <li>
          <Link to="/ai" search={{ trace: row.traceId } as never}>
            Conversation
          </Link>
        </li>
      )}
      <li>
        Compare with{' '}
        <Link to="/compare/$pair" params={{ pair: `${row.traceId}...usual` }} aria-label="Compare with the usual run">
          the usual run
        </Link>
        ,{' '}
        <Link to="/compare/$pair" params={{ pair: `${row.traceId}...` }} aria-label="Compare with another">
          another
        </Link>
      </li>
    </ul>
  );
}

export function Head({ tree }: { readonly tree: Tree }) {
  const { row } = tree.skeleton;
  const { traceId } = row;
  return (
    <header className="trace-head">
      <div className="title-line">
        <h1>
          {row.name} <span className="soft mono">{traceId}</span>{' '}
          {row.open && <span className="tag warn">still running</span>}
        </h1>
        <div className="tools">
          <span className="choices" role="group" aria-label="Copy">
            <CopyButton name="Copy Markdown" text={() => markdown(tree, 0, `${location.origin}/trace/${traceId}`)} />
            <CopyButton
              name="JSON"
              text={async () => (await fetch(apiUrl('export', { format: 'otlp', traceId }))).text()}
            />
          </span>
          <Downloads of={{ traceId }} name={traceId} />
          <DeleteTrace row={row} />
        </div>
      </div>
      <Facts row={row} />
    </header>
  );
}
