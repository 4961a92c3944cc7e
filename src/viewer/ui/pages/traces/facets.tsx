/** Conditions with the number of traces that each would leave. */
import { toggled } from '../../filter.ts';
import { typeNames } from '../../operations.ts';
import { integer } from '../../units.ts';
import type { Facet, OperationType, TraceFilter, TraceList } from '../../../wire.ts';

type FacetName = 'type' | 'status' | 'service' | 'route';
const facets: readonly (readonly [FacetName, string])[] = [
  ['status', 'Status'],
  ['type', 'Operation'],
  ['service', 'Service'],
  ['route', 'Route'],
];
const statusNames: Readonly<Record<string, string>> = { ok: 'No error', error: 'With errors' };

function title(name: FacetName, value: string): string {
  if (name === 'type') return typeNames[value as OperationType] ?? value;
  return name === 'status' ? (statusNames[value] ?? value) : value;
}

interface FacetsProps {
  readonly facets: TraceList['facets'];
  readonly filter: TraceFilter;
  readonly change: (filter: TraceFilter) => void;
}

export function Facets({ facets: values, filter, change }: FacetsProps) {
  return (
    <aside className="facets" aria-label="Filters">
      {facets.map(([name, heading]) => {
        const chosen: readonly string[] = filter[name] ?? [];
        const known: Facet = values[name];
        // A chosen value stays to be taken away, though no trace has it any more.
        const gone = chosen
          .filter((value) => !known.some(([other]) => other === value))
          .map((value) => [value, 0] as const);
        const shown = [...known, ...gone];
        return shown.length === 0 ? null : (
          <fieldset key={name}>
            <legend>{heading}</legend>
            {shown.map(([value, traces]) => (
              <label key={value} title={value}>
                <input
                  type="checkbox"
                  checked={chosen.includes(value)}
                  onChange={() => change(toggled(filter, name, value))}
                />
                {name === 'type' && <span className={`dot t-${value}`} />}
                <span className="value">{title(name, value)}</span>
                <span className="soft number">{integer(traces)}</span>
              </label>
            ))}
          </fieldset>
        );
      })}
    </aside>
  );
}
