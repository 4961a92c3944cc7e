/** What the tables of *AI* show of a row and of a call. */
import { Link } from '@tanstack/react-router';
import type { AiReport } from '../../../wire.ts';
import type { Column } from '../../parts/sorted.tsx';
import { Cost, Duration, Time, Tokens } from '../../parts/values.tsx';
import { count, dollars, integer } from '../../units.ts';

type Row = AiReport['rows'][number];
type Call = AiReport['recent'][number];

/** What a row may stand for. */
export const groupings = [
  { key: 'model', name: 'Model' },
  { key: 'route', name: 'Route' },
  { key: 'user', name: 'User' },
  { key: 'thread', name: 'Thread' },
  { key: 'trace', name: 'Trace' },
] as const;
const NO_KEY = { model: 'no model said', route: 'no route', user: 'no user said', thread: 'no thread', trace: '' };

/** Costs that are known, and how many calls are not in them. */
export function KnownCost({
  usd,
  unpriced,
  calls,
}: {
  readonly usd: number;
  readonly unpriced: number;
  readonly calls: number;
}) {
  if (unpriced === calls) return <span className="soft">unknown</span>;
  return (
    <span
      className="number"
      title={unpriced > 0 ? `${count(unpriced, 'call')} without a known price not counted` : undefined}
    >
      {dollars(usd)}
      {unpriced > 0 && <span className="soft"> + {integer(unpriced)} unknown</span>}
    </span>
  );
}

function Key({ row, by }: { readonly row: Row; readonly by: AiReport['by'] }) {
  if (row.key === '') return <span className="soft">{NO_KEY[by]}</span>;
  if (by === 'thread')
    return (
      <Link to="/ai" search={{ thread: row.key } as never}>
        {row.key}
      </Link>
    );
  if (by === 'trace') {
    return (
      <Link to="/ai" search={{ trace: row.key } as never} className="mono">
        {row.key.slice(0, 16)}
      </Link>
    );
  }
  if (by === 'route')
    return (
      <Link to="/" search={{ type: ['ai'], route: [row.key] }}>
        {row.key}
      </Link>
    );
  return (
    <Link to="/" search={{ type: ['ai'], q: row.key }}>
      {row.key}
    </Link>
  );
}

export const columns = (by: AiReport['by']): readonly Column<Row>[] => [
  {
    name: groupings.find(({ key }) => key === by)?.name ?? '',
    value: (row) => row.key,
    cell: (row) => <Key row={row} by={by} />,
  },
  { name: 'Calls', numeric: true, value: (row) => row.calls, cell: (row) => integer(row.calls) },
  {
    name: 'Failed',
    numeric: true,
    value: (row) => row.errors,
    cell: (row) => (row.errors === 0 ? '0' : <span className="error">{integer(row.errors)}</span>),
  },
  {
    name: 'Cost',
    numeric: true,
    value: (row) => row.costUsd,
    cell: (row) => <KnownCost usd={row.costUsd} unpriced={row.unpriced} calls={row.calls} />,
  },
  {
    name: 'Input',
    title: 'Tokens sent',
    numeric: true,
    value: (row) => row.tokens.input,
    cell: (row) => `${integer(row.tokens.input)} tok`,
  },
  {
    name: 'Cached',
    title: 'Part of the input that came from the cache of the provider',
    numeric: true,
    wide: true,
    value: (row) => row.tokens.cachedInput,
    cell: (row) =>
      row.tokens.cachedInput === undefined ? (
        <span className="soft">not said</span>
      ) : (
        `${integer(row.tokens.cachedInput)} tok`
      ),
  },
  {
    name: 'Output',
    title: 'Tokens received',
    numeric: true,
    value: (row) => row.tokens.output,
    cell: (row) => `${integer(row.tokens.output)} tok`,
  },
  {
    name: 'Reasoning',
    title: 'Part of the output spent on reasoning',
    numeric: true,
    wide: true,
    value: (row) => row.tokens.reasoning,
    cell: (row) =>
      row.tokens.reasoning === undefined ? (
        <span className="soft">not said</span>
      ) : (
        `${integer(row.tokens.reasoning)} tok`
      ),
  },
  {
    name: 'First token',
    title: 'Median time until the first token came',
    numeric: true,
    wide: true,
    value: (row) => row.p50FirstTokenMillis,
    cell: (row) =>
      row.p50FirstTokenMillis === undefined ? (
        <span className="soft">not said</span>
      ) : (
        <Duration millis={row.p50FirstTokenMillis} />
      ),
  },
  {
    name: 'p50',
    title: 'Half of the calls were faster',
    numeric: true,
    value: (row) => row.p50Millis,
    cell: (row) => <Duration millis={row.p50Millis} />,
  },
  {
    name: 'p95',
    title: '95 of 100 calls were faster',
    numeric: true,
    value: (row) => row.p95Millis,
    cell: (row) => <Duration millis={row.p95Millis} />,
  },
  {
    name: 'Last',
    title: 'The trace of the latest call',
    wide: true,
    cell: (row) => (
      <Link to="/trace/$traceId" params={{ traceId: row.lastTraceId }}>
        open
      </Link>
    ),
  },
];

export const callColumns: readonly Column<Call>[] = [
  {
    name: 'Time',
    value: (call) => -call.startMillis,
    cell: (call) => <Time millis={call.startMillis} />,
  },
  {
    name: 'Call',
    value: (call) => call.name,
    cell: (call) => (
      <Link to="/ai" search={{ trace: call.traceId } as never}>
        {call.name}
      </Link>
    ),
  },
  {
    name: 'Model',
    wide: true,
    value: (call) => call.model,
    cell: (call) => call.model ?? <span className="soft">not said</span>,
  },
  {
    name: 'Duration',
    numeric: true,
    value: (call) => call.durationMillis,
    cell: (call) => <Duration millis={call.durationMillis} />,
  },
  {
    name: 'First token',
    numeric: true,
    wide: true,
    value: (call) => call.timeToFirstTokenMillis,
    cell: (call) =>
      call.timeToFirstTokenMillis === undefined ? (
        <span className="soft">not said</span>
      ) : (
        <Duration millis={call.timeToFirstTokenMillis} />
      ),
  },
  {
    name: 'Tokens',
    numeric: true,
    value: (call) => (call.tokens === undefined ? undefined : call.tokens.input + call.tokens.output),
    cell: (call) =>
      call.tokens === undefined ? <span className="soft">not said</span> : <Tokens tokens={call.tokens} />,
  },
  {
    name: 'Cost',
    numeric: true,
    value: (call) => call.costUsd,
    cell: (call) => <Cost usd={call.costUsd} unknown={call.costUnknown} />,
  },
  {
    name: 'Ended',
    wide: true,
    value: (call) => call.error ?? call.finishReasons?.join(', '),
    cell: (call) =>
      call.error === undefined ? (
        (call.finishReasons?.join(', ') ?? <span className="soft">not said</span>)
      ) : (
        <span className="error clip" title={call.error}>
          {call.error}
        </span>
      ),
  },
];
