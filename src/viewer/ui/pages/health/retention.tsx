/** What is kept, to be seen by everybody and changed by an admin. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Retention } from '../../../wire.ts';
import { ask } from '../../api.ts';
import { useIsAdmin } from '../../parts/session.ts';

const MEGABYTE = 1_000_000;
const fields = [
  { key: 'maxSpans', name: 'Spans', unit: '', factor: 1 },
  { key: 'maxBytes', name: 'Size', unit: 'MB', factor: MEGABYTE },
  { key: 'maxAgeHours', name: 'Age', unit: 'hours', factor: 1 },
] as const;

export function RetentionForm({ retention }: { readonly retention: Retention }) {
  const queries = useQueryClient();
  const [said, setSaid] = useState('');
  const mayChange = useIsAdmin();
  const save = async (form: FormData): Promise<void> => {
    const wanted = Object.fromEntries(fields.map(({ key, factor }) => [key, Number(form.get(key)) * factor]));
    try {
      const body = JSON.stringify(wanted);
      await ask('settings', {}, { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
      setSaid('Saved');
      await queries.invalidateQueries({ queryKey: ['health'] });
    } catch (error) {
      setSaid(error instanceof Error ? error.message : 'Not saved');
    }
  };
  return (
    <form
      className="retention"
      key={JSON.stringify(retention)}
      onSubmit={(event) => {
        event.preventDefault();
        void save(new FormData(event.currentTarget));
      }}
    >
      <h2>Keep at most</h2>
      {fields.map(({ key, name, unit, factor }) => (
        <label key={key}>
          {name}{' '}
          <input
            type="number"
            name={key}
            min={1}
            step={1}
            required
            disabled={!mayChange}
            defaultValue={Math.round(retention[key] / factor)}
          />{' '}
          {unit}
        </label>
      ))}
      {mayChange && (
        <button type="submit" className="button">
          Save
        </button>
      )}
      <span role="status">{said}</span>
    </form>
  );
}
