'use client';

import { type SubmitEvent, useState } from 'react';
import { TraceLink } from '../trace-link.tsx';

interface Answer {
  readonly message?: string;
  readonly error?: string;
  readonly trace_id?: string;
}

/** Asks for the landscapes of a ZIP code. */
export function Generate({ viewer }: { viewer: string }) {
  const [answer, setAnswer] = useState<Answer | 'asking'>();

  async function ask(zip: string) {
    setAnswer('asking');
    try {
      const response = await fetch(`/admin/generate?zip=${encodeURIComponent(zip)}`, { method: 'POST' });
      setAnswer((await response.json()) as Answer);
    } catch {
      setAnswer({ error: 'The queues do not answer. Please try again.' });
    }
  }

  function onSubmit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const zip = new FormData(event.currentTarget).get('zip');
    void ask(typeof zip === 'string' ? zip.trim() : '');
  }

  return (
    <div aria-live="polite">
      {typeof answer === 'object' && answer.error !== undefined && <p className="note bad">{answer.error}</p>}
      {typeof answer === 'object' && answer.error === undefined && (
        <p className="note">
          {answer.message} · <TraceLink viewer={viewer} traceId={answer.trace_id} />
        </p>
      )}
      <form className="checkout" onSubmit={onSubmit}>
        <label>
          <span>ZIP code</span>
          <input name="zip" inputMode="numeric" maxLength={5} placeholder="78729" required />
        </label>
        <button type="submit" disabled={answer === 'asking'}>
          Generate
        </button>
      </form>
    </div>
  );
}
