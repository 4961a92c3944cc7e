/** Who looks at the page, and what they may do. */
import { useQuery } from '@tanstack/react-query';
import type { Session } from '../../wire.ts';
import { ask, RefusedError } from '../api.ts';

/** Asked once: a role does not change while a page is open. */
export const useSession = () =>
  useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => ask<Session>('session', {}, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: (times, fault) => times < 1 && !(fault instanceof RefusedError),
  });

/** Whether somebody may delete, import and change settings. */
export const useIsAdmin = (): boolean => useSession().data?.role === 'admin';
