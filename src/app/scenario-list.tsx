'use client';

import { useState } from 'react';
import type { Outcome } from './request.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { TraceLink } from './trace-link.tsx';

type State = 'idle' | 'running' | 'broken' | Outcome;

function Result({ state, viewer }: { state: State; viewer: string }) {
  if (state === 'idle') return null;
  if (state === 'running') return <span className="quiet">running …</span>;
  if (state === 'broken') return <span className="status bad">no answer</span>;
  return (
    <>
      <span className={state.status < 400 ? 'status good' : 'status bad'}>{state.status}</span>
      <span className="quiet">{state.millis} ms</span>
      <TraceLink viewer={viewer} traceId={state.traceId} />
    </>
  );
}

function ScenarioRow({ scenario, viewer }: { scenario: Scenario; viewer: string }) {
  const [state, setState] = useState<State>('idle');
  const [text, setText] = useState('');

  async function run() {
    setState('running');
    setText('');
    try {
      setState(await scenario.run(setText));
    } catch {
      setState('broken');
    }
  }

  return (
    <li className="scenario">
      <button type="button" className="plain" disabled={state === 'running'} onClick={() => void run()}>
        {scenario.name}
      </button>
      <div className="scenario-about">
        <code>{scenario.call}</code>
        <span className="quiet">{scenario.about}</span>
      </div>
      <p className="scenario-result" aria-live="polite">
        <Result state={state} viewer={viewer} />
      </p>
      {text && <p className="scenario-text">{text}</p>}
    </li>
  );
}

/** Requests to start, each with a way to its trace. */
export function ScenarioList({ viewer }: { viewer: string }) {
  return (
    <ul className="scenarios">
      {scenarios.map((scenario) => (
        <ScenarioRow key={scenario.id} scenario={scenario} viewer={viewer} />
      ))}
    </ul>
  );
}
