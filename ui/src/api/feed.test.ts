import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientKey, historyKey, loanKey } from './cache';
import { Feed } from './feed';
import type { CallCard, Card } from './types';

const card = (client: string, level: 1 | 2): Card => ({ client_id: client, version: 1, level } as Card);
const call = (version: number, client: string, level: 1 | 2, state = 'talking'): CallCard => ({ call: { id: 'c1', version, state, client_id: client }, candidates: [], card: card(client, level), identification: null } as unknown as CallCard);

describe('what a call had opened', () => {
  let queries: QueryClient;
  let feed: Feed;
  const kept = () => queries.getQueryCache().getAll().map((query) => query.queryKey.slice(1).join(' ')).sort();
  beforeEach(() => {
    vi.useFakeTimers();
    queries = new QueryClient();
    feed = new Feed(queries, 'anna');
    feed.dispatch({ type: 'card', card: call(1, 'k1', 2) });
    queries.setQueryData(clientKey('k1', 'c1'), card('k1', 2));
    queries.setQueryData(historyKey('k1', 'c1'), 'opened');
    queries.setQueryData(loanKey('k1', 'c1', 'l1'), 'opened');
    queries.setQueryData(clientKey('k1', null), card('k1', 1));
  });
  afterEach(() => vi.useRealTimers());

  it('is forgotten with the call, and only with it', () => {
    feed.dispatch({ type: 'call', call: call(2, 'k1', 2, 'wrap_up').call });
    vi.advanceTimersByTime(1);
    expect(kept()).toHaveLength(4);
    feed.dispatch({ type: 'finished', callId: 'c1' });
    vi.advanceTimersByTime(1);
    expect(kept()).toEqual(['k1 ']);
  });
  it('is forgotten when the call goes to somebody else', () => {
    feed.dispatch({ type: 'frame', frame: { type: 'call.gone', call_id: 'c1' }, userId: 'anna' });
    vi.advanceTimersByTime(1);
    expect(kept()).toEqual(['k1 ']);
  });
  it('is read anew at another level', () => {
    feed.dispatch({ type: 'card', card: call(2, 'k1', 1) });
    expect(queries.getQueryData(historyKey('k1', 'c1'))).toBeUndefined();
    expect(queries.getQueryData(loanKey('k1', 'c1', 'l1'))).toBeUndefined();
  });
  it('of another client goes when the client is changed', () => {
    feed.dispatch({ type: 'card', card: call(2, 'k2', 1) });
    expect(kept()).toEqual(['k1 ']);
  });
});

it('an answer with the call alone leaves the client as the feed last said it', () => {
  const feed = new Feed(new QueryClient(), 'anna');
  feed.dispatch({ type: 'card', card: call(1, 'k1', 1) });
  const asked = call(3, 'k1', 1).call;
  feed.dispatch({ type: 'card', card: call(2, 'k1', 2) });
  feed.dispatch({ type: 'call', call: asked });
  expect([feed.getState().calls[0]?.call.version, feed.getState().calls[0]?.card?.level]).toEqual([3, 2]);
});
