/** Deletes what the search found. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api.ts';
import { filterParameters, isEmptyFilter } from '../../filter.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { useIsAdmin } from '../../parts/session.ts';
import { count } from '../../units.ts';
import type { TraceFilter } from '../../../wire.ts';

export function DeleteFound({ filter, total }: { readonly filter: TraceFilter; readonly total: number }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  if (!useIsAdmin()) return null;
  const isAll = isEmptyFilter(filter);
  const remove = async (): Promise<void> => {
    const parameters = { ...filterParameters(filter), confirm: isAll ? 'all' : undefined };
    await ask('traces', parameters, { method: 'DELETE' });
    await queries.invalidateQueries();
  };
  return (
    <>
      <button type="button" className="button" disabled={total === 0} onClick={() => setAsking(true)}>
        Delete …
      </button>
      {asking && (
        <Confirm
          title={isAll ? `Delete all ${count(total, 'trace')}?` : `Delete the ${count(total, 'trace')} found?`}
          does={`Delete ${count(total, 'trace')}`}
          run={remove}
          close={() => setAsking(false)}
        >
          <p>
            {isAll
              ? 'No condition is set: everything in the store goes.'
              : 'Everything that meets the conditions goes, also what has arrived since the list was drawn.'}{' '}
            This cannot be undone; download it first to keep it.
          </p>
        </Confirm>
      )}
    </>
  );
}
