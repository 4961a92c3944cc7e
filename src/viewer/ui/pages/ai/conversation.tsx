/** One conversation: the calls of a trace or a thread, each with what is new in it. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { AiCall, Conversation, JsonValue, Message, ToolCall } from '../../../wire.ts';
import { ask } from '../../api.ts';
import { Empty, Failed, Waiting } from '../../parts/notes.tsx';
import { useFresh } from '../../parts/scope.tsx';
import { CopyButton, Cost, Duration, Time, Tokens } from '../../parts/values.tsx';
import { count, dollars, integer } from '../../units.ts';
import { asMarkdown, jsonText } from './markdown.ts';
import { useTitle } from '../../parts/title.ts';

/** More is shown when somebody asks for it: a browser lays out a megabyte of text slowly. */
const PREVIEW = 2_000;
const roleNames: Readonly<Record<string, string>> = {
  system: 'System',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool',
};

function LongText({ text, code = false }: { readonly text: string; readonly code?: boolean }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > PREVIEW;
  const shown = cut ? `${text.slice(0, PREVIEW)} …` : text;
  return (
    <>
      {code ? <pre className="said">{shown}</pre> : <div className="said">{shown}</div>}
      {cut && (
        <button type="button" className="button" onClick={() => setWhole(true)}>
          Show all {integer(text.length)} characters
        </button>
      )}
    </>
  );
}

function Json({ name, value }: { readonly name: string; readonly value: JsonValue | undefined }) {
  if (value === undefined) return null;
  return (
    <>
      <h3>{name}</h3>
      <LongText text={jsonText(value)} code />
    </>
  );
}

function Tool({ call }: { readonly call: ToolCall }) {
  const told = call.arguments !== undefined || call.result !== undefined;
  return (
    <div className="tool">
      <p>
        Calls <strong>{call.name === '' ? 'a tool without a name' : call.name}</strong>{' '}
        {call.id !== undefined && <span className="soft mono">{call.id}</span>}
        {!told && <span className="soft"> (arguments not recorded)</span>}
      </p>
      <Json name="Arguments" value={call.arguments} />
      <Json name="Result" value={call.result} />
    </div>
  );
}

function Said({ message }: { readonly message: Message }) {
  return (
    <li className={`message role-${roleNames[message.role] === undefined ? 'other' : message.role}`}>
      <h3>
        {roleNames[message.role] ?? message.role}
        {message.toolCallId !== undefined && <span className="soft mono"> answers {message.toolCallId}</span>}
      </h3>
      {message.text !== undefined && <LongText text={message.text} />}
      {message.toolCalls?.map((call, index) => (
        <Tool key={index} call={call} />
      ))}
      {message.text === undefined && message.toolCalls === undefined && <p className="soft">Content not recorded</p>}
    </li>
  );
}

function Documents({ documents }: { readonly documents: NonNullable<AiCall['documents']> }) {
  return (
    <details className="documents">
      <summary>{count(documents.length, 'document')} found</summary>
      <ol>
        {documents.map((document, index) => (
          <li key={index}>
            <p>
              <span className="mono">{document.id ?? `document ${index + 1}`}</span>{' '}
              {document.score !== undefined && <span className="soft">score {Number(document.score.toFixed(4))}</span>}
            </p>
            {document.text === undefined ? (
              <p className="soft">Text not recorded</p>
            ) : (
              <LongText text={document.text} />
            )}
          </li>
        ))}
      </ol>
    </details>
  );
}

function Call({ call }: { readonly call: AiCall }) {
  const facts = [
    call.model ?? (call.operation === 'chat' ? 'model not said' : undefined),
    call.provider,
    call.finishReasons === undefined ? undefined : `ended: ${call.finishReasons.join(', ')}`,
  ].filter((fact) => fact !== undefined);
  const isModel = call.tokens !== undefined || call.costUnknown === true || call.costUsd !== undefined;
  return (
    <article className="call">
      <header>
        <h2>
          <Link to="/trace/$traceId" params={{ traceId: call.traceId }} search={{ span: call.spanId }}>
            {call.name}
          </Link>
        </h2>
        <span className="soft">{facts.join(' · ')}</span>
        <span className="facts">
          <Time millis={call.startMillis} />
          <Duration millis={call.durationMillis} />
          {call.timeToFirstTokenMillis !== undefined && (
            <span>
              first token <Duration millis={call.timeToFirstTokenMillis} />
            </span>
          )}
          {call.tokens !== undefined && <Tokens tokens={call.tokens} />}
          {isModel && <Cost usd={call.costUsd} unknown={call.costUnknown} />}
        </span>
      </header>
      {call.error !== undefined && <p className="error">{call.error}</p>}
      {call.documents !== undefined && <Documents documents={call.documents} />}
      {call.messages.length > 0 && (
        <ol className="messages">
          {call.messages.map((message, index) => (
            <Said key={index} message={message} />
          ))}
        </ol>
      )}
      {!call.contentCaptured && call.operation !== 'invoke_agent' && (
        <p className="soft">The application recorded numbers only, not what was said.</p>
      )}
    </article>
  );
}

function NoContentHint({ calls }: { readonly calls: readonly AiCall[] }) {
  if (calls.some((call) => call.contentCaptured)) return null;
  return (
    <p className="hint">
      No content was recorded, which is the safe default. To see messages here while you develop, start the application
      with <code>OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true</code>.
    </p>
  );
}

export function ConversationView({
  path,
  trace,
  thread,
}: {
  readonly path: string;
  readonly trace?: string;
  readonly thread?: string;
}) {
  useFresh('conversation');
  useTitle('Conversation');
  const { data, error, refetch } = useQuery({
    queryKey: ['conversation', path],
    queryFn: ({ signal }) => ask<Conversation>(path, {}, { signal }),
  });
  return (
    <div className="plain conversation">
      <div className="scope">
        <h1>Conversation</h1>
        {trace !== undefined && (
          <Link to="/trace/$traceId" params={{ traceId: trace }}>
            trace <span className="mono">{trace.slice(0, 16)}</span>
          </Link>
        )}
        {thread !== undefined && <span className="mono clip">{thread}</span>}
        <Link to="/ai">All calls</Link>
        {data !== undefined && data.calls.length > 0 && (
          <CopyButton name="Copy as Markdown" text={() => asMarkdown(data)} />
        )}
      </div>
      {error !== null && data === undefined && <Failed error={error} again={() => void refetch()} />}
      {error === null && data === undefined && <Waiting of="the conversation" />}
      {data !== undefined && data.calls.length === 0 && (
        <Empty title="No call of a model is here">
          <p>
            The trace has no AI span, or it left the store. See <Link to="/ai">all calls</Link>.
          </p>
        </Empty>
      )}
      {data !== undefined && data.calls.length > 0 && (
        <>
          <dl className="sums">
            <div>
              <dt>Calls</dt>
              <dd>{integer(data.calls.length)}</dd>
            </div>
            <div>
              <dt>Tokens</dt>
              <dd>
                <Tokens tokens={data.tokens} />
              </dd>
            </div>
            <div>
              <dt>Cost</dt>
              <dd>
                {dollars(data.costUsd)}
                {data.unpriced > 0 && <span className="soft"> + {count(data.unpriced, 'call')} of unknown price</span>}
              </dd>
            </div>
          </dl>
          <NoContentHint calls={data.calls} />
          {data.calls.map((call) => (
            <Call key={`${call.traceId} ${call.spanId}`} call={call} />
          ))}
        </>
      )}
    </div>
  );
}
