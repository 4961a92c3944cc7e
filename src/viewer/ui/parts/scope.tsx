/** Which traces a page speaks of: the filter in its address, and how far back. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useRef } from 'react';
import type { TraceFilter } from '../../wire.ts';
import type { Parameters } from '../api.ts';
import { filterParameters, readFilter, type Search, toggled } from '../filter.ts';
import { useLive } from '../live.ts';
import { typeNames } from '../operations.ts';
import { useTitle } from './title.ts';

const MINUTE = 60_000;
const spans = [
  { key: '15m', name: '15 min', millis: 15 * MINUTE },
  { key: '1h', name: '1 h', millis: 60 * MINUTE },
  { key: '24h', name: '24 h', millis: 1440 * MINUTE },
  { key: '', name: 'All', millis: undefined },
] as const;
/** A question about "the last hour" is the same question for this long, so that it is asked once. */
const GRAIN = 10_000;
const REFRESH = 2_000;

/** Unix milliseconds, in steps. */
const coarseNow = (): number => Math.floor(Date.now() / GRAIN) * GRAIN;

export interface Scope {
  readonly search: Search;
  readonly filter: TraceFilter;
  /** The filter as a question to the server. */
  readonly parameters: Parameters;
  /** Changes some of the address; `undefined` takes a parameter out. */
  readonly set: (change: Search) => void;
}

export function useScope(): Scope {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const filter = readFilter(search);
  const back = spans.find(({ key }) => key === search['last'])?.millis;
  const from = back === undefined ? filter.from : coarseNow() - back;
  const parameters = filterParameters(from === undefined ? filter : { ...filter, from });
  const set = (change: Search): void => void navigate({ to: '.', search: { ...search, ...change } as never });
  return { search, filter, parameters, set };
}

/** Asks again when spans arrive, at most every other second. */
export function useFresh(key: string): void {
  const queries = useQueryClient();
  const waiting = useRef(false);
  useLive((message) => {
    if (message.kind === 'hello' || message.kind === 'logs' || waiting.current) return;
    waiting.current = true;
    setTimeout(() => {
      waiting.current = false;
      void queries.invalidateQueries({ queryKey: [key] });
    }, REFRESH);
  });
}

interface Choice {
  readonly key: string;
  readonly name: string;
}

/** One of a few, all of them to be seen. */
export function Choices(props: {
  readonly label: string;
  readonly of: readonly Choice[];
  readonly chosen: string;
  readonly choose: (key: string) => void;
}) {
  return (
    <div className="choices" role="group" aria-label={props.label}>
      {props.of.map(({ key, name }) => (
        <button
          key={key}
          type="button"
          className="button"
          aria-pressed={key === props.chosen}
          onClick={() => props.choose(key)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

const lists = ['type', 'service', 'route', 'status', 'attr'] as const;

function Conditions({ scope }: { readonly scope: Scope }) {
  const { filter, set } = scope;
  const given = lists.flatMap((name) => (filter[name] ?? []).map((value) => ({ name, value })));
  return given.map(({ name, value }) => (
    <button
      key={`${name} ${value}`}
      type="button"
      className="button condition"
      title="Take this condition away"
      onClick={() => set({ [name]: toggled(filter, name, value)[name] })}
    >
      {name}: {name === 'type' ? typeNames[value as keyof typeof typeNames] : value} <span aria-hidden="true">×</span>
    </button>
  ));
}

/** The page's heading, what it is narrowed to, and its own choices. */
export function ScopeBar({
  title,
  scope,
  children,
}: {
  readonly title: string;
  readonly scope: Scope;
  readonly children?: ReactNode;
}) {
  const { search, filter, set } = scope;
  useTitle(title);
  return (
    <div className="scope">
      <h1>{title}</h1>
      <Choices
        label="How far back"
        of={spans}
        chosen={typeof search['last'] === 'string' ? search['last'] : ''}
        choose={(last) => set({ last: last === '' ? undefined : last, from: undefined, to: undefined })}
      />
      {children}
      <input
        type="search"
        aria-label="Only traces that contain"
        placeholder="Only traces that contain …"
        key={filter.q ?? ''}
        defaultValue={filter.q ?? ''}
        onKeyDown={(event) => {
          if (event.key === 'Enter') set({ q: event.currentTarget.value.trim() || undefined });
        }}
        onBlur={(event) => {
          const q = event.currentTarget.value.trim();
          if (q !== (filter.q ?? '')) set({ q: q || undefined });
        }}
      />
      <Conditions scope={scope} />
    </div>
  );
}
