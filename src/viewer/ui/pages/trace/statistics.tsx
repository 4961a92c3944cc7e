/** The trace in numbers: one row for each operation, with its own time, so that the sum of the column is the work done. */
import { useMemo } from 'react';
import { type Column, SortedTable } from '../../parts/sorted.tsx';
import { Duration, TypeMark } from '../../parts/values.tsx';
import { integer, percent } from '../../units.ts';
import { lengthOf, ownTime, type Stretch } from './time.ts';
import { nameOf, serviceOf, typeOf, type Tree } from './tree.ts';
import type { OperationType } from '../../../wire.ts';

export interface OperationSum {
  readonly name: string;
  readonly service: string;
  readonly type: OperationType;
  /** Position of the longest. */
  readonly longestAt: number;
  readonly calls: number;
  readonly errors: number;
  readonly totalMillis: number;
  readonly ownMillis: number;
  readonly leastMillis: number;
  readonly mostMillis: number;
  /** Part of the critical path, in milliseconds. */
  readonly criticalMillis: number;
}

type Growing = { -readonly [Key in keyof OperationSum]: OperationSum[Key] };

/** Sums a trace up by operation, most own time first. */
export function statistics(tree: Tree, path: ReadonlyMap<number, readonly Stretch[]>): OperationSum[] {
  const sums = new Map<string, Growing>();
  const { durationMicros, status } = tree.skeleton.spans;
  for (let at = 0; at < tree.size; at++) {
    const [name, service, type] = [nameOf(tree, at), serviceOf(tree, at), typeOf(tree, at)];
    const key = `${type}\0${service}\0${name}`;
    const millis = (durationMicros[at] ?? 0) / 1000;
    const sum = sums.get(key) ?? {
      name,
      service,
      type,
      longestAt: at,
      calls: 0,
      errors: 0,
      totalMillis: 0,
      ownMillis: 0,
      leastMillis: millis,
      mostMillis: millis,
      criticalMillis: 0,
    };
    sums.set(key, sum);
    if (millis > sum.mostMillis) sum.longestAt = at;
    sum.calls += 1;
    sum.errors += status[at] === 2 ? 1 : 0;
    sum.totalMillis += millis;
    sum.ownMillis += lengthOf(ownTime(tree, at)) / 1000;
    sum.leastMillis = Math.min(sum.leastMillis, millis);
    sum.mostMillis = Math.max(sum.mostMillis, millis);
    sum.criticalMillis += lengthOf(path.get(at) ?? []) / 1000;
  }
  return [...sums.values()].toSorted((a, b) => b.ownMillis - a.ownMillis);
}

const millis = (
  name: string,
  title: string,
  value: (row: OperationSum) => number,
  wide = false,
): Column<OperationSum> => ({
  name,
  title,
  numeric: true,
  wide,
  value,
  cell: (row) => <Duration millis={value(row)} />,
});

const columnsOf = (whole: number, choose: (at: number) => void): readonly Column<OperationSum>[] => [
  {
    name: 'Operation',
    value: (row) => row.name,
    cell: (row) => (
      <span className="named">
        <TypeMark type={row.type} />
        <button type="button" className="link" title="Go to the longest" onClick={() => choose(row.longestAt)}>
          {row.name}
        </button>
      </span>
    ),
  },
  { name: 'Service', wide: true, value: (row) => row.service, cell: (row) => row.service },
  { name: 'Calls', numeric: true, value: (row) => row.calls, cell: (row) => integer(row.calls) },
  {
    name: 'Failed',
    numeric: true,
    value: (row) => row.errors,
    cell: (row) => (row.errors === 0 ? '0' : <span className="error">{integer(row.errors)}</span>),
  },
  millis('Own time', 'Time in which no child ran: the work of the operation itself', (row) => row.ownMillis),
  {
    name: 'Critical path',
    title: 'Share of the trace in which everything waited for this operation itself',
    numeric: true,
    value: (row) => row.criticalMillis,
    cell: (row) => percent(whole === 0 ? 0 : row.criticalMillis / whole),
  },
  millis('Total', 'Sum of all calls; calls side by side count twice', (row) => row.totalMillis),
  millis('Average', 'Total by calls', (row) => row.totalMillis / row.calls, true),
  millis('Shortest', 'The shortest call', (row) => row.leastMillis, true),
  millis('Longest', 'The longest call', (row) => row.mostMillis, true),
];

interface StatisticsProps {
  readonly tree: Tree;
  readonly path: ReadonlyMap<number, readonly Stretch[]>;
  readonly choose: (at: number) => void;
}

export function Statistics({ tree, path, choose }: StatisticsProps) {
  const rows = useMemo(() => statistics(tree, path), [tree, path]);
  const whole = tree.length / 1000;
  const columns = useMemo(() => columnsOf(whole, choose), [whole, choose]);
  return (
    <div className="plain">
      <SortedTable
        label="Operations of this trace"
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.type} ${row.service} ${row.name}`}
      />
    </div>
  );
}
