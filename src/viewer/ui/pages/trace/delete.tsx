/** Deletes the trace that is shown. */
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../../api.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { useIsAdmin } from '../../parts/session.ts';
import { count } from '../../units.ts';
import type { TraceRow } from '../../../wire.ts';

export function DeleteTrace({ row }: { readonly row: TraceRow }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  if (!useIsAdmin()) return null;
  const remove = async (): Promise<void> => {
    await ask(`traces/${row.traceId}`, {}, { method: 'DELETE' });
    await navigate({ to: '/' });
  };
  return (
    <>
      <button type="button" className="button" onClick={() => setAsking(true)}>
        Delete …
      </button>
      {asking && (
        <Confirm title={`Delete “${row.name}”?`} does="Delete the trace" run={remove} close={() => setAsking(false)}>
          <p>
            Its {count(row.spanCount, 'span')} go from the store. This cannot be undone; download it first to keep it.
          </p>
        </Confirm>
      )}
    </>
  );
}
