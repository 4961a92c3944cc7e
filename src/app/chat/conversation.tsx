'use client';

import { type SubmitEvent, useRef, useState } from 'react';
import { refusalOf, request } from '../request.ts';
import { TraceLink } from '../trace-link.tsx';
import { visitorCartId } from '../visitor-cart.ts';

interface Turn {
  readonly id: number;
  readonly question: string;
  readonly answer: string;
  readonly state: 'writing' | 'done' | 'stopped' | 'failed';
  readonly traceId?: string | undefined;
  readonly millis?: number;
}

const suggestions = [
  'Which tent would you take into the rain?',
  'What do I need to sleep warm?',
  'What keeps me dry, and what does shipping cost?',
];

function TurnView({ turn, viewer }: { turn: Turn; viewer: string }) {
  const { question, answer, state, traceId, millis } = turn;
  return (
    <li className="turn">
      <p className="question">{question}</p>
      <div className={state === 'failed' ? 'answer bad' : 'answer'} aria-busy={state === 'writing'}>
        <p>{answer || (state === 'writing' ? '…' : 'No answer.')}</p>
        {state === 'stopped' && <p className="quiet">Stopped.</p>}
        {millis !== undefined && (
          <p className="quiet">
            {millis} ms · <TraceLink viewer={viewer} traceId={traceId} />
          </p>
        )}
      </div>
    </li>
  );
}

/** Questions and answers, which come in while they are written. */
export function Conversation({ viewer }: { viewer: string }) {
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const [draft, setDraft] = useState('');
  const writing = useRef<AbortController | undefined>(undefined);
  const isWriting = turns.at(-1)?.state === 'writing';

  const change = (id: number, part: Partial<Turn>): void =>
    setTurns((all) => all.map((turn) => (turn.id === id ? { ...turn, ...part } : turn)));

  async function ask(question: string) {
    const id = turns.length;
    const stop = new AbortController();
    writing.current = stop;
    setDraft('');
    setTurns((all) => [...all, { id, question, answer: '', state: 'writing' }]);
    try {
      const outcome = await request('/api/chat', {
        json: { message: question, cartId: visitorCartId() },
        signal: stop.signal,
        onText: (answer) => change(id, { answer }),
      });
      const { traceId, millis, status } = outcome;
      const failed = status >= 400;
      change(id, {
        state: failed ? 'failed' : 'done',
        traceId,
        millis,
        ...(failed ? { answer: refusalOf(outcome) } : {}),
      });
    } catch {
      change(id, stop.signal.aborted ? { state: 'stopped' } : { state: 'failed', answer: 'The answer broke off.' });
    }
  }

  function onSubmit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const question = draft.trim();
    if (question && !isWriting) void ask(question);
  }

  return (
    <div className="conversation">
      {turns.length === 0 ? (
        <ul className="suggestions" aria-label="Questions to begin with">
          {suggestions.map((suggestion) => (
            <li key={suggestion}>
              <button type="button" className="plain" onClick={() => void ask(suggestion)}>
                {suggestion}
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <ol className="turns" role="log" aria-label="Conversation">
          {turns.map((turn) => (
            <TurnView key={turn.id} turn={turn} viewer={viewer} />
          ))}
        </ol>
      )}
      <form className="ask" onSubmit={onSubmit}>
        <input
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          maxLength={1000}
          aria-label="Your question"
          placeholder="Ask about tents or rain"
          autoComplete="off"
        />
        {isWriting ? (
          <button type="button" className="plain" onClick={() => writing.current?.abort()}>
            Stop
          </button>
        ) : (
          <button type="submit" disabled={draft.trim() === ''}>
            Ask
          </button>
        )}
      </form>
    </div>
  );
}
