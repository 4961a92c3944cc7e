/** Everything that is known of one span. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../../api.ts';
import { Failed, Waiting } from '../../parts/notes.tsx';
import { Cost, CopyButton, Duration, Time, Tokens, TypeMark } from '../../parts/values.tsx';
import { count, duration, percent } from '../../units.ts';
import { Attributes, Events, valueText } from './attributes.tsx';
import { markdown } from './copy.ts';
import { SpanLogs } from './log-record.tsx';
import { gaps } from './time.ts';
import { nameOf, type Tree } from './tree.ts';
import { ownMillis } from './waterfall.tsx';
import type { OperationStats, SpanDetail } from '../../../wire.ts';

/** Where a duration stands among the usual ones of its operation. */
function usually(millis: number, { p50Millis, p95Millis, p99Millis, count: runs }: OperationStats): string {
  const place =
    millis > p99Millis
      ? 'slower than 99 % of'
      : millis > p95Millis
        ? 'slower than 95 % of'
        : millis > p50Millis
          ? 'in the slower half of'
          : 'in the faster half of';
  return `${place} ${count(runs, 'run')} (p50 ${duration(p50Millis)}, p95 ${duration(p95Millis)}, p99 ${duration(p99Millis)})`;
}

function Gaps({ tree, at }: { readonly tree: Tree; readonly at: number }) {
  const found = gaps(tree, at);
  if (found.length === 0) return null;
  const side = (child: number, own: string): string => (child < 0 ? own : `“${nameOf(tree, child)}”`);
  return (
    <section>
      <h3>Gaps</h3>
      <ul>
        {found.map(({ from, to, after, before }) => (
          <li key={from}>
            {duration((to - from) / 1000)} between {side(after, 'the start')} and {side(before, 'the end')} with nothing
            traced: own code, or a library without a span.
          </li>
        ))}
      </ul>
    </section>
  );
}

function Links({ detail }: { readonly detail: SpanDetail }) {
  if (detail.links.length + detail.linkedFrom.length === 0) return null;
  return (
    <section>
      <h3>Links</h3>
      <ul>
        {detail.links.map((link) => (
          <li key={link.traceId + link.spanId}>
            to{' '}
            {link.known ? (
              <Link to="/trace/$traceId" params={{ traceId: link.traceId }} search={{ span: link.spanId }}>
                {link.traceId.slice(0, 16)}
              </Link>
            ) : (
              <>{link.traceId.slice(0, 16)} (not in the store)</>
            )}
            <Attributes rows={link.attributes} />
          </li>
        ))}
        {detail.linkedFrom.map(({ traceId, spanId, name }) => (
          <li key={traceId + spanId}>
            from{' '}
            <Link to="/trace/$traceId" params={{ traceId }} search={{ span: spanId }}>
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The status' own words, else what names the kind of error. */
function reasonOf({ statusMessage, attributes }: SpanDetail): string {
  if (statusMessage !== undefined && statusMessage !== '') return statusMessage;
  const type = attributes.find(({ key }) => key === 'error.type');
  return type === undefined
    ? 'The span failed and gives no reason.'
    : `The span failed: ${valueText(type.value)} (error.type).`;
}

const isCut = ({ attributes, resource, events, links, logs, eventsLeftOut, logsLeftOut }: SpanDetail): boolean =>
  eventsLeftOut !== undefined ||
  logsLeftOut !== undefined ||
  logs.some(({ bodyCutBytes }) => bodyCutBytes !== undefined) ||
  [attributes, resource, ...[...events, ...links, ...logs].map((each) => each.attributes)].some((rows) =>
    rows.some(({ cutBytes }) => cutBytes !== undefined),
  );

interface PanelProps {
  readonly tree: Tree;
  readonly at: number;
  readonly close: () => void;
}

export function Panel({ tree, at, close }: PanelProps) {
  const { row, version, spans, tokens, costUsd } = tree.skeleton;
  const id = spans.id[at] ?? '';
  // Long texts come cut; the span whose texts somebody wants whole is asked for once more.
  const [whole, setWhole] = useState('');
  const full = whole === id ? '1' : undefined;
  const { data, error, refetch } = useQuery({
    queryKey: ['span', row.traceId, id, version, full],
    queryFn: ({ signal }) => ask<SpanDetail>(`traces/${row.traceId}/spans/${id}`, { full }, { signal }),
    placeholderData: keepPreviousData,
  });
  // While a trace grows, what is known of the span stays on the screen; another span's never does.
  const detail = data?.spanId === id ? data : undefined;
  const address = `${location.origin}/trace/${row.traceId}?span=${id}`;
  const millis = (spans.durationMicros[at] ?? 0) / 1000;
  const own = ownMillis(tree, at);
  return (
    <aside className="panel" aria-label="Span">
      <header>
        <h2>{nameOf(tree, at)}</h2>
        <button type="button" className="button quiet" onClick={close} aria-label="Close the panel">
          ✕
        </button>
      </header>
      <div className="choices" role="group" aria-label="Copy">
        <CopyButton name="Copy link" text={() => address} />
        <CopyButton name="Markdown" text={() => markdown(tree, at, address)} />
        {detail !== undefined && <CopyButton name="JSON" text={() => JSON.stringify(detail, undefined, 2)} />}
      </div>
      {detail === undefined &&
        (error === null ? <Waiting of="the span" /> : <Failed error={error} again={() => void refetch()} />)}
      {detail !== undefined && (
        <>
          {detail.status === 'error' && <p className="exception">{reasonOf(detail)}</p>}
          <dl className="facts">
            <div>
              <dt>Type</dt>
              <dd>
                <TypeMark type={detail.type} /> {detail.kind} in {detail.service}
              </dd>
            </div>
            <div>
              <dt>Started</dt>
              <dd>
                <Time millis={detail.startMillis} />, {duration((spans.startMicros[at] ?? 0) / 1000)} into the trace
              </dd>
            </div>
            <div>
              <dt>Took</dt>
              <dd>
                <Duration millis={millis} />, own time {duration(own)} ({percent(millis === 0 ? 1 : own / millis)})
              </dd>
            </div>
            {detail.usual !== undefined && (
              <div>
                <dt>Usually</dt>
                <dd>{usually(millis, detail.usual)}</dd>
              </div>
            )}
            {tokens[at] !== undefined && (
              <div>
                <dt>Used</dt>
                <dd>
                  <Tokens tokens={tokens[at]} />{' '}
                  <Cost usd={costUsd[at] ?? undefined} unknown={costUsd[at] === null ? true : undefined} />
                </dd>
              </div>
            )}
          </dl>
          <Gaps tree={tree} at={at} />
          {full === undefined && isCut(detail) && (
            <p className="note-inline">
              Texts over 16 KiB are cut.{' '}
              <button type="button" className="button" onClick={() => setWhole(id)}>
                Show them whole
              </button>
            </p>
          )}
          <section>
            <h3>Attributes</h3>
            <Attributes rows={detail.attributes} none="None were recorded." />
          </section>
          <Events events={detail.events} />
          {detail.eventsLeftOut !== undefined && (
            <p className="soft">{count(detail.eventsLeftOut, 'more event')} not shown.</p>
          )}
          <SpanLogs logs={detail.logs} leftOut={detail.logsLeftOut ?? 0} />
          <Links detail={detail} />
          <details>
            <summary>Resource</summary>
            <Attributes rows={detail.resource} />
          </details>
          <details>
            <summary>
              Scope {detail.scope.name} {detail.scope.version}
            </summary>
            <Attributes rows={detail.scope.attributes} none="No attributes." />
            <p className="soft mono">
              span {detail.spanId}, parent {detail.parentSpanId ?? 'none'}
              {detail.traceState === undefined ? '' : `, tracestate ${detail.traceState}`}
            </p>
          </details>
          {detail.dropped.attributes + detail.dropped.events + detail.dropped.links > 0 && (
            <p className="soft">
              The sender left out {count(detail.dropped.attributes, 'attribute')},{' '}
              {count(detail.dropped.events, 'event')} and {count(detail.dropped.links, 'link')}.
            </p>
          )}
        </>
      )}
    </aside>
  );
}
