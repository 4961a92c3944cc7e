/** The page *AI*: what models were asked, what they used and cost; or one conversation. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { AiReport } from '../../../wire.ts';
import { ask } from '../../api.ts';
import { Empty, Failed, Waiting } from '../../parts/notes.tsx';
import { Choices, ScopeBar, useFresh, useScope } from '../../parts/scope.tsx';
import { SortedTable } from '../../parts/sorted.tsx';
import { integer } from '../../units.ts';
import { callColumns, columns, groupings, KnownCost } from './columns.tsx';
import { ConversationView } from './conversation.tsx';

type Row = AiReport['rows'][number];

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
