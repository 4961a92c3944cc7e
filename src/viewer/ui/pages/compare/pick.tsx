/** Chooses the other trace of a comparison: by search, or by an id or address that is pasted. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Fragment, useState } from 'react';
import { ask } from '../../api.ts';
import { Failed, Waiting } from '../../parts/notes.tsx';
import { Choices } from '../../parts/scope.tsx';
import { Duration, Time, TypeMark } from '../../parts/values.tsx';
import { count } from '../../units.ts';
import { operationTypes, type TraceList, type TraceRow } from '../../../wire.ts';

const SHOWN = 50;
const kinds = [
  { key: 'same', name: 'Same route' },
  { key: 'all', name: 'All' },
] as const;

/** An id, or an address of Jaeger's or this page that ends in one. */
export const idIn = (text: string): string | undefined =>
  /(?:^|\/trace\/)([\da-f]{32})(?:$|[?#])/.exec(text.trim().toLowerCase())?.[1];

function Candidate({ row, pair }: { readonly row: TraceRow; readonly pair: string }) {
  return (
    <tr>
      <td>
        <Link to="/compare/$pair" params={{ pair }}>
          {row.name}
        </Link>{' '}
        <span className="soft">{row.service}</span>
      </td>
      <td className="num">
        <Time millis={row.startMillis} />
      </td>
      <td className="num">
        <Duration millis={row.durationMillis} />
      </td>
      <td className="num wide">{count(row.spanCount, 'span')}</td>
      <td className="num">{row.errorCount > 0 && <span className="tag bad">{count(row.errorCount, 'error')}</span>}</td>
      <td className="wide">
        {operationTypes
          .filter((type) => row.types[type] !== undefined)
          .slice(0, 5)
          .map((type) => (
            <Fragment key={type}>
              <TypeMark type={type} amount={row.types[type] ?? 0} />{' '}
            </Fragment>
          ))}
      </td>
    </tr>
  );
}

/** @param first what is compared; undefined while it is to be chosen too */
export function Pick({ first }: { readonly first: TraceRow | undefined }) {
  const navigate = useNavigate();
  const [kind, setKind] = useState<string>('same');
  const [text, setText] = useState('');
  const isSame = first !== undefined && kind === 'same';
  // A root without a route is found by its name.
  const same =
    first === undefined || !isSame ? {} : first.route === undefined ? { q: first.name } : { route: [first.route] };
  const q = [...('q' in same ? [same.q] : []), text.trim()].join(' ').trim();
  const parameters = { ...same, q: q === '' ? undefined : q, limit: SHOWN };
  const { data, error } = useQuery({
    queryKey: ['traces', 'pick', parameters],
    queryFn: ({ signal }) => ask<TraceList>('traces', parameters, { signal }),
    placeholderData: keepPreviousData,
  });
  const pairWith = (traceId: string): string =>
    first === undefined ? `${traceId}...` : `${first.traceId}...${traceId}`;
  const rows = data?.traces.filter(({ traceId }) => traceId !== first?.traceId) ?? [];
  return (
    <div className="compare">
      <h1>{first === undefined ? 'Compare two traces' : `Compare “${first.name}” with …`}</h1>
      <p className="soft">
        {first === undefined ? (
          'Choose the first; then the other one is asked for.'
        ) : (
          <>
            <Time millis={first.startMillis} />, <Duration millis={first.durationMillis} />. Choose the other trace, or{' '}
            <Link to="/compare/$pair" params={{ pair: `${first.traceId}...usual` }}>
              what its route usually does
            </Link>
            .
          </>
        )}
      </p>
      <div className="tools">
        {first !== undefined && <Choices label="Which traces" of={kinds} chosen={kind} choose={setKind} />}
        <input
          type="search"
          className="long"
          autoFocus
          aria-label="Search the other trace"
          placeholder="Search names and values, or paste an id or address"
          value={text}
          onChange={(event) => {
            const id = idIn(event.target.value);
            if (id === undefined) setText(event.target.value);
            else void navigate({ to: '/compare/$pair', params: { pair: pairWith(id) } });
          }}
        />
        {data !== undefined && <span role="status">{count(rows.length, 'trace')} to choose from</span>}
      </div>
      {error !== null && data === undefined && <Failed error={error} />}
      {error === null && data === undefined && <Waiting of="the traces" />}
      {data !== undefined && rows.length === 0 && (
        <p>No other trace is there{isSame ? ' of the same route: choose All, or call the route again' : ''}.</p>
      )}
      {rows.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label="Traces to choose from">
          <table className="sorted">
            <thead>
              <tr>
                <th scope="col">Trace</th>
                <th scope="col" className="num">
                  Started
                </th>
                <th scope="col" className="num">
                  Duration
                </th>
                <th scope="col" className="num wide">
                  Spans
                </th>
                <th scope="col" className="num">
                  Errors
                </th>
                <th scope="col" className="wide">
                  Operations
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Candidate key={row.traceId} row={row} pair={pairWith(row.traceId)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
