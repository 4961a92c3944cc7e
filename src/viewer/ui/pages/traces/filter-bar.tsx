/** Free text, durations and attributes; and every condition in force, each with a way to drop it. */
import { useState, type RefObject, type SubmitEvent } from 'react';
import { goDuration, isEmptyFilter, readFilter, toggled } from '../../filter.ts';
import { duration, localTime } from '../../units.ts';
import type { TraceFilter } from '../../../wire.ts';

interface FilterBarProps {
  readonly filter: TraceFilter;
  readonly change: (filter: TraceFilter) => void;
  readonly field: RefObject<HTMLInputElement | null>;
}

const MINUTE = 60_000;
const lookbacks = [
  ['Last 5 min', 5 * MINUTE],
  ['Last 15 min', 15 * MINUTE],
  ['Last hour', 60 * MINUTE],
  ['Last 24 hours', 1440 * MINUTE],
  ['Last 7 days', 10_080 * MINUTE],
  ['Any time', 0],
] as const;

/** `250ms`, `1.5s`; a number alone is milliseconds. */
function millis(text: string): number | undefined {
  const trimmed = text.replaceAll(' ', '');
  return /^\d+(?:\.\d+)?$/.test(trimmed) ? Number(trimmed) : goDuration(trimmed);
}

/** A field that takes effect on Enter or when it is left. */
function DurationField({
  name,
  hint,
  value,
  change,
}: {
  name: string;
  hint: string;
  value: number | undefined;
  change: (value?: number) => void;
}) {
  const [text, setText] = useState<string>();
  const shown = text ?? (value === undefined ? '' : duration(value));
  const isWrong = text !== undefined && text !== '' && millis(text) === undefined;
  const take = (): void => {
    if (text === undefined || isWrong) return;
    setText(undefined);
    change(millis(text));
  };
  return (
    <input
      className="short"
      aria-label={`${name} duration`}
      aria-invalid={isWrong}
      placeholder={hint}
      value={shown}
      onChange={(event) => setText(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => event.key === 'Enter' && take()}
    />
  );
}

export function FilterBar({ filter, change, field }: FilterBarProps) {
  const [attribute, setAttribute] = useState('');
  const [text, setText] = useState<string>();
  const without = (...names: (keyof TraceFilter)[]): void =>
    change(
      readFilter(Object.fromEntries(Object.entries(filter).filter(([name]) => !names.some((other) => other === name)))),
    );
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const q = text ?? filter.q ?? '';
    const attr = attribute.trim();
    setText(undefined);
    setAttribute('');
    change(readFilter({ ...filter, q, attr: [...(filter.attr ?? []), ...(attr === '' ? [] : [attr])] }));
  };
  return (
    <form className="filter-bar" role="search" onSubmit={submit}>
      <input
        ref={field}
        type="search"
        className="long"
        aria-label="Search traces"
        placeholder="Search names, values"
        value={text ?? filter.q ?? ''}
        onChange={(event) => setText(event.target.value)}
      />
      <input
        className="middle"
        aria-label="Attribute condition"
        placeholder="Attribute: key=value"
        value={attribute}
        onChange={(event) => setAttribute(event.target.value)}
      />
      <DurationField
        name="Least"
        hint="≥ 250ms"
        value={filter.minMillis}
        change={(minMillis) => change(readFilter({ ...filter, minMillis }))}
      />
      <DurationField
        name="Most"
        hint="≤ 1.5s"
        value={filter.maxMillis}
        change={(maxMillis) => change(readFilter({ ...filter, maxMillis }))}
      />
      <select
        className="button"
        aria-label="How far back"
        value=""
        onChange={(event) => {
          const back = Number(event.target.value);
          change(readFilter({ ...filter, from: back === 0 ? undefined : Date.now() - back, to: undefined }));
        }}
      >
        <option value="">Any time …</option>
        {lookbacks.map(([name, back]) => (
          <option key={name} value={back}>
            {name}
          </option>
        ))}
      </select>
      <button type="submit" className="button">
        Search
      </button>
      {filter.attr?.map((attr) => (
        <button
          key={attr}
          type="button"
          className="button"
          title="Take this condition away"
          onClick={() => change(toggled(filter, 'attr', attr))}
        >
          {attr} ✕
        </button>
      ))}
      {(filter.from !== undefined || filter.to !== undefined) && (
        <button type="button" className="button" title="Take this condition away" onClick={() => without('from', 'to')}>
          {filter.from === undefined ? '…' : localTime(filter.from)} to{' '}
          {filter.to === undefined ? 'now' : localTime(filter.to)} ✕
        </button>
      )}
      {!isEmptyFilter(filter) && (
        <button type="button" className="button quiet" onClick={() => change({})}>
          Clear all
        </button>
      )}
    </form>
  );
}
