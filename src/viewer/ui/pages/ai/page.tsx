/** The page *AI*: what models were asked, what they used and cost; or one conversation. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { AiReport } from '../../../wire.ts';
import { ask } from '../../api.ts';
import { Empty, Failed, Waiting } from '../../parts/notes.tsx';
import { Choices, ScopeBar, useFresh, useScope } from '../../parts/scope.tsx';
import { type Column, SortedTable } from '../../parts/sorted.tsx';
import { Cost, Duration, Time, Tokens } from '../../parts/values.tsx';
import { count, dollars, integer } from '../../units.ts';
import { ConversationView } from './conversation.tsx';

type Row = AiReport['rows'][number];
type Call = AiReport['recent'][number];

const groupings = [
  { key: 'model', name: 'Model' },
  { key: 'route', name: 'Route' },
  { key: 'user', name: 'User' },
  { key: 'thread', name: 'Thread' },
  { key: 'trace', name: 'Trace' },
] as const;
const NO_KEY = { model: 'no model said', route: 'no route', user: 'no user said', thread: 'no thread', trace: '' };

/** Costs that are known, and how many calls are not in them. */
function KnownCost({
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

const columns = (by: AiReport['by']): readonly Column<Row>[] => [
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

const callColumns: readonly Column<Call>[] = [
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

function Sum({ report }: { readonly report: AiReport }) {
  const sum = (value: (row: Row) => number): number => report.rows.reduce((total, row) => total + value(row), 0);
  const calls = sum((row) => row.calls);
  const cells = [
    ['Calls', integer(calls)],
    ['Failed', integer(sum((row) => row.errors))],
    ['Input', `${integer(sum((row) => row.tokens.input))} tok`],
    ['Output', `${integer(sum((row) => row.tokens.output))} tok`],
  ] as const;
  return (
    <dl className="sums">
      {cells.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div>
        <dt>Cost</dt>
        <dd>
          <KnownCost usd={sum((row) => row.costUsd)} unpriced={sum((row) => row.unpriced)} calls={calls} />
        </dd>
      </div>
      <div>
        <dt>Prices of</dt>
        <dd>{report.pricesOf}</dd>
      </div>
    </dl>
  );
}

function NoCalls() {
  return (
    <Empty title="No call of a model is in these traces">
      <p>
        Calls appear here when their spans speak <code>gen_ai.*</code>, the AI SDK’s <code>ai.*</code>, OpenInference or
        the older <code>llm.*</code> names. With the library, wrap the call:
      </p>
      <pre tabIndex={0}>
        {
          "await traceAIChatCompletion('openai', 'gpt-4o', () =>\n  openai.chat.completions.create({ model: 'gpt-4o', messages }));"
        }
      </pre>
      <p>
        Or look further back, or take a condition away. <Link to="/health">Health</Link> says whether anything arrives.
      </p>
    </Empty>
  );
}

function Report() {
  const scope = useScope();
  const by = groupings.find(({ key }) => key === scope.search['by'])?.key ?? 'model';
  useFresh('ai');
  const { data, error, refetch } = useQuery({
    queryKey: ['ai', by, scope.parameters],
    queryFn: ({ signal }) => ask<AiReport>('ai', { ...scope.parameters, by }, { signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="plain">
      <ScopeBar title="AI" scope={scope}>
        <Choices label="One row for each" of={groupings} chosen={by} choose={(key) => scope.set({ by: key })} />
      </ScopeBar>
      {error !== null && data === undefined && <Failed error={error} again={() => void refetch()} />}
      {error === null && data === undefined && <Waiting of="calls" />}
      {data !== undefined && data.rows.length === 0 && <NoCalls />}
      {data !== undefined && data.rows.length > 0 && (
        <>
          <Sum report={data} />
          <SortedTable
            label={`Calls by ${data.by}`}
            columns={columns(data.by)}
            rows={data.rows}
            rowKey={(row) => row.key}
          />
          <h2>Latest calls</h2>
          <SortedTable
            label="Latest calls"
            columns={callColumns}
            rows={data.recent}
            rowKey={(call) => `${call.traceId} ${call.spanId}`}
          />
        </>
      )}
    </div>
  );
}

export function AiPage() {
  const { search } = useScope();
  const { trace, thread } = search;
  if (typeof trace === 'string')
    return <ConversationView key={trace} path={`traces/${encodeURIComponent(trace)}/conversation`} trace={trace} />;
  if (typeof thread === 'string')
    return <ConversationView key={thread} path={`threads/${encodeURIComponent(thread)}`} thread={thread} />;
  return <Report />;
}
