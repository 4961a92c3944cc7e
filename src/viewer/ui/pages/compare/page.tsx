/** The page that compares a trace with another, or with the usual run of its route: `/compare/{a}...{b}`, as Jaeger writes it. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ask } from '../../api.ts';
import { Failed, Waiting } from '../../parts/notes.tsx';
import { Time, TypeMark } from '../../parts/values.tsx';
import { count, duration } from '../../units.ts';
import { buildTree, type Tree } from '../trace/tree.ts';
import { align, differenceOf, type Pair, type Side } from './align.ts';
import { Pick } from './pick.tsx';
import { Usual } from './usual.tsx';
import type { TraceSkeleton } from '../../../wire.ts';
import { useTitle } from '../../parts/title.ts';

const route = getRouteApi('/compare/$pair');
/** The table is not virtual: the ways two traces go are hundreds, not thousands; the rest is counted. */
const MAX_ROWS = 1000;

export const useTree = (traceId: string) =>
  useQuery({
    queryKey: ['trace', traceId],
    queryFn: ({ signal }) => ask<TraceSkeleton>(`traces/${encodeURIComponent(traceId)}`, {}, { signal }),
    enabled: traceId !== '',
  });

const signed = (millis: number): string => `${millis > 0 ? '+' : millis < 0 ? '−' : '±'}${duration(Math.abs(millis))}`;

function Cell({ side, traceId }: { readonly side: Side | undefined; readonly traceId: string }) {
  if (side === undefined) return <td className="num soft">not there</td>;
  return (
    <td className="num">
      {side.errors > 0 && <span className="tag bad">{count(side.errors, 'error')}</span>}{' '}
      {side.calls > 1 ? `${side.calls} × ` : ''}
      <Link to="/trace/$traceId" params={{ traceId }} search={{ span: side.spanId }}>
        {duration(side.millis)}
      </Link>
    </td>
  );
}

/** What differs by less than a hundredth of the longer trace is not what made the difference. */
function Difference({ pair, whole }: { readonly pair: Pair; readonly whole: number }) {
  if (pair.a === undefined) return 'only in B';
  if (pair.b === undefined) return 'only in A';
  const millis = differenceOf(pair);
  if (Math.abs(millis) < whole / 100) return <span className="soft">{signed(millis)}</span>;
  return <span className={millis > 0 ? 'error' : ''}>{`${millis > 0 ? '▲' : '▼'} ${signed(millis)}`}</span>;
}

function Head({ letter, tree }: { readonly letter: string; readonly tree: Tree }) {
  const { row } = tree.skeleton;
  return (
    <li>
      <strong>{letter}</strong>{' '}
      <Link to="/trace/$traceId" params={{ traceId: row.traceId }} search={{}}>
        {row.name}
      </Link>{' '}
      <Time millis={row.startMillis} />, {duration(row.durationMillis)}, {count(row.spanCount, 'span')}
    </li>
  );
}

const idOf = (tree: Tree): string => tree.skeleton.row.traceId;
const classOf = ({ a, b }: Pair): string => (a === undefined ? 'only-b' : b === undefined ? 'only-a' : '');

function Two({ a, b }: { readonly a: Tree; readonly b: Tree }) {
  const [sorted, setSorted] = useState(false);
  const pairs = useMemo(() => align(a, b), [a, b]);
  const longest = Math.max(a.length, b.length) / 1000;
  const shown = sorted ? pairs.toSorted((x, y) => Math.abs(differenceOf(y)) - Math.abs(differenceOf(x))) : pairs;
  return (
    <div className="compare">
      <h1>Two traces</h1>
      <ul className="facts-line">
        <Head letter="A" tree={a} />
        <Head letter="B" tree={b} />
      </ul>
      <div className="tools">
        <button type="button" className="button" aria-pressed={sorted} onClick={() => setSorted(!sorted)}>
          Largest difference first
        </button>
        <Link className="button" to="/compare/$pair" params={{ pair: `${idOf(b)}...${idOf(a)}` }}>
          Swap A and B
        </Link>
        <Link className="button" to="/compare/$pair" params={{ pair: `${idOf(a)}...` }}>
          Another B
        </Link>
      </div>
      <div className="scroll" tabIndex={0} role="region" aria-label="Both traces">
        <table className="sorted">
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col" className="num">
                A
              </th>
              <th scope="col" className="num">
                B
              </th>
              <th scope="col" className="num">
                B against A
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, MAX_ROWS).map((pair) => (
              <tr key={pair.key} className={classOf(pair)}>
                <td style={{ paddingLeft: 8 + (sorted ? 0 : Math.min(pair.depth, 16) * 12) }}>
                  <TypeMark type={pair.type} /> {pair.name} <span className="soft">{pair.service}</span>
                </td>
                <Cell side={pair.a} traceId={a.skeleton.row.traceId} />
                <Cell side={pair.b} traceId={b.skeleton.row.traceId} />
                <td className="num">
                  <Difference pair={pair} whole={longest} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pairs.length > MAX_ROWS && <p className="soft">{count(pairs.length - MAX_ROWS, 'more operation')}</p>}
    </div>
  );
}

export function ComparePage() {
  const { pair } = route.useParams();
  const [first = '', second = ''] = pair.split('...');
  const isUsual = second === 'usual';
  useTitle('Compare');
  const a = useTree(first);
  const b = useTree(isUsual ? '' : second);
  const left = useMemo(() => (a.data === undefined ? undefined : buildTree(a.data)), [a.data]);
  const right = useMemo(() => (b.data === undefined ? undefined : buildTree(b.data)), [b.data]);
  const error = a.error ?? b.error;
  if (error !== null) {
    return (
      <Failed error={error}>
        <p>
          <Link to="/compare/$pair" params={{ pair: '...' }}>
            Choose two traces
          </Link>{' '}
          that are there.
        </p>
      </Failed>
    );
  }
  if (first === '') return <Pick first={undefined} />;
  if (left === undefined) return <Waiting of="the trace" />;
  if (second === '') return <Pick first={left.skeleton.row} />;
  if (isUsual) return <Usual tree={left} />;
  return right === undefined ? <Waiting of="the other trace" /> : <Two a={left} b={right} />;
}
