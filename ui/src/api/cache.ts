/** What the page keeps of clients: the names it is kept under, and how what a call had opened is forgotten. */
import type { Query, QueryClient } from '@tanstack/react-query';
import type { Card } from './types';

/** The card; everything else about a client stands under it. A call opens more than its client's page, so each has its own. */
export const clientKey = (clientId: string, callId: string | null) => ['client', clientId, callId] as const;
export const historyKey = (clientId: string, callId: string | null) => [...clientKey(clientId, callId), 'history'] as const;
export const loanKey = (clientId: string, callId: string | null, loanId: string) => [...clientKey(clientId, callId), 'loan', loanId] as const;

const ofCall = (query: Query, callId: string): boolean => query.queryKey[0] === 'client' && query.queryKey[2] === callId;

/** The call is over or gone: nothing that it had opened may stay in the browser. */
export function forgetCall(queries: QueryClient, callId: string): void {
  queries.removeQueries({ predicate: (query) => ofCall(query, callId) });
}

/** Another client or another level: what was read before is dropped, and read again where it is on the screen. */
export function forgetDetails(queries: QueryClient, callId: string, clientId: string | null): void {
  queries.removeQueries({ predicate: (query) => ofCall(query, callId) && query.queryKey[1] !== clientId });
  void queries.resetQueries({ predicate: (query) => ofCall(query, callId) && query.queryKey.length > 3 });
}

/** Keeps the newer of two cards; another level is always news. */
export function keepCard(queries: QueryClient, callId: string | null, card: Card): void {
  queries.setQueryData<Card>(clientKey(card.client_id, callId), (old) => (old && old.level === card.level && old.version > card.version ? old : card));
}
