/** A trace against what its route usually does. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import { ask } from '../../api.ts';
import { Empty, Failed, Waiting } from '../../parts/notes.tsx';
import { TypeMark } from '../../parts/values.tsx';
import { count, duration } from '../../units.ts';
import { nameOf, serviceOf, type Tree } from '../trace/tree.ts';
import type { UsualRun } from '../../../wire.ts';

interface Here {
  readonly calls: number;
  readonly longest: number;
}

/** `3.2`, `12`. */
const times = (ratio: number): string => ratio.toFixed(ratio < 10 ? 1 : 0);
const keyOf = (service: string, name: string): string => `${service}\0${name}`;

function operationsHere(tree: Tree): Map<string, Here> {
  const here = new Map<string, Here>();
  for (let at = 0; at < tree.size; at++) {
    const key = keyOf(serviceOf(tree, at), nameOf(tree, at));
    const before = here.get(key);
    const millis = (tree.skeleton.spans.durationMicros[at] ?? 0) / 1000;
    here.set(key, { calls: (before?.calls ?? 0) + 1, longest: Math.max(before?.longest ?? 0, millis) });
  }
  return here;
}

export function Usual({ tree }: { readonly tree: Tree }) {
  const { row } = tree.skeleton;
  const { data, error } = useQuery({
    queryKey: ['usual', row.traceId],
    queryFn: ({ signal }) => ask<UsualRun>(`traces/${row.traceId}/usual`, {}, { signal }),
  });
  if (data === undefined) return error === null ? <Waiting of="the usual run" /> : <Failed error={error} />;
  if (data.traces === 0) {
    return (
      <Empty title={`No other run of “${row.name}” is kept`}>
        <p>Call the route again a few times, then look here once more.</p>
      </Empty>
    );
  }
  const here = operationsHere(tree);
  // What is slower by less than a hundredth of the trace is not what made it slow.
  const isSlower = (longest: number, p95Millis: number): boolean => longest - p95Millis > row.durationMillis / 100;
  const excess = ({ service, name, p50Millis }: UsualRun['operations'][number]): number =>
    (here.get(keyOf(service, name))?.longest ?? 0) - p50Millis;
  const known = new Set(data.operations.map(({ service, name }) => keyOf(service, name)));
  const isNew = [...here].filter(([key]) => !known.has(key));
  return (
    <div className="compare">
      <h1>
        <Link to="/trace/$traceId" params={{ traceId: row.traceId }} search={{}}>
          {row.name}
        </Link>{' '}
        against its usual run
      </h1>
      <p className="soft">
        This one took {duration(row.durationMillis)}; of {count(data.traces, 'other run')} half took less than{' '}
        {duration(data.root.p50Millis)}, 95 % less than {duration(data.root.p95Millis)}.
      </p>
      <div className="scroll" tabIndex={0} role="region" aria-label="Operations beside their usual run">
        <table className="sorted">
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col" className="num wide">
                Calls here
              </th>
              <th scope="col" className="num wide">
                Usual calls
              </th>
              <th scope="col" className="num">
                Longest here
              </th>
              <th scope="col" className="num wide">
                Usual p50
              </th>
              <th scope="col" className="num wide">
                Usual p95
              </th>
              <th scope="col" className="num">
                Verdict
              </th>
            </tr>
          </thead>
          <tbody>
            {data.operations
              .toSorted((a, b) => excess(b) - excess(a))
              .map(({ service, name, type, perTrace, p50Millis, p95Millis }) => {
                const own = here.get(keyOf(service, name));
                const verdicts = [
                  ...(own === undefined ? ['missing here'] : []),
                  ...(own !== undefined && isSlower(own.longest, p95Millis)
                    ? [`${times(own.longest / p50Millis)} × p50`]
                    : []),
                  ...(own !== undefined && own.calls > perTrace * 1.5
                    ? [perTrace === 0 ? 'not usual' : 'more calls']
                    : []),
                ];
                return (
                  <tr key={`${type} ${keyOf(service, name)}`}>
                    <td>
                      <TypeMark type={type} /> {name} <span className="soft">{service}</span>
                    </td>
                    <td className="num wide">{own?.calls ?? 0}</td>
                    <td className="num wide">{perTrace}</td>
                    <td className="num">{own === undefined ? '–' : duration(own.longest)}</td>
                    <td className="num wide">{duration(p50Millis)}</td>
                    <td className="num wide">{duration(p95Millis)}</td>
                    <td className="num">
                      {verdicts.length === 0
                        ? 'as usual'
                        : verdicts.map((verdict) => (
                            <Fragment key={verdict}>
                              {' '}
                              <span className="tag warn">{verdict}</span>
                            </Fragment>
                          ))}
                    </td>
                  </tr>
                );
              })}
            {isNew.map(([key, own]) => (
              <tr key={key} className="only-a">
                <td>
                  {key.split('\0')[1]} <span className="soft">{key.split('\0')[0]}</span>
                </td>
                <td className="num wide">{own.calls}</td>
                <td className="num wide">0</td>
                <td className="num">{duration(own.longest)}</td>
                <td className="num wide">–</td>
                <td className="num wide">–</td>
                <td className="num">
                  <span className="tag warn">only here</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
