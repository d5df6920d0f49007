/** Who is at the screen. Everything below the log-in may count on a session being there. */
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect } from 'react';
import { ApiError, setCsrf, setSignedOutHandler } from './client';
import { forgetRecentClients } from '../clients/recent';
import { dropDraftsOfOthers } from '../state/drafts';
import { forgetNotices } from '../state/notices';
import { session as requests } from './endpoints';
import type { Session } from './types';

const Context = createContext<Session | null>(null);

export function useSession(): Session {
  const found = useContext(Context);
  if (!found) throw new Error('useSession needs a signed-in page');
  return found;
}

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <Context.Provider value={session}>{children}</Context.Provider>;
}

export const SESSION_KEY = ['session'] as const;

/** The session, `null` when nobody is signed in, `undefined` while it is not known. */
export function useSessionQuery() {
  const queries = useQueryClient();
  useEffect(() => setSignedOutHandler(() => changePerson(queries, null)), [queries]);
  return useQuery<Session | null>({
    queryKey: SESSION_KEY,
    staleTime: Infinity,
    retry: (count, error) => error instanceof ApiError && error.status === 0 && count < 5,
    queryFn: async () => {
      try {
        const found = await requests.get();
        setCsrf(found.csrf);
        return found;
      } catch (error) {
        if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return null;
        throw error;
      }
    },
  });
}

/**
 * Puts another person (or nobody) at the screen. Nothing that was fetched for the one before may stay. A session that merely
 * ran out keeps its drafts for the same person's return; anybody else's go when he signs in.
 */
export function changePerson(queries: QueryClient, session: Session | null): void {
  setCsrf(session?.csrf ?? '');
  forgetNotices();
  if (session) { forgetRecentClients(); dropDraftsOfOthers(session.user.id); }
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
  queries.setQueryData(SESSION_KEY, session);
}
