import { describe, expect, it } from 'vitest';
import { backoffMs, downLinks, EMPTY_FEED, type FeedState, linkOf, movedOn, reduceFeed, takesCommands } from './feed-state';
import type { Call, CallCard, CallState, Frame, Me } from './types';

function callCard(id: string, version: number, state: CallState = 'ringing'): CallCard {
  const call: Call = {
    id, number: 1, direction: 'inbound', state, from: null, to: null, queue: null, ivr: {}, client_number: '+79161234567', operator: null, client_id: null, candidates_count: 0,
    started_at: '2026-11-21T10:00:00Z', answered_at: null, ended_at: null, result: null, participants: [], talk_seconds: 0, hold_seconds: 0, wait_seconds: 0, topics: [], consulted: [], comment: '', disposition: null,
    opening_words: [], level: 0, by_hand: false, recording_url: null, corrections: [], source: 'test', version,
  };
  return { call, candidates: [], card: null, identification: null };
}
const me = (call: CallCard | null): Me => ({ state: 'ready', reason: null, since: '2026-11-21T10:00:00Z', call });
const hello = (call: CallCard | null, head = 1): Frame => ({ type: 'hello', head, epoch: 'e', me: me(call) });
const card = (found: CallCard, seq: number): Frame => ({ type: 'call.card', seq, call_id: found.call.id, card: found, reason: 'changed' });
const play = (frames: Frame[], from: FeedState = EMPTY_FEED): FeedState => frames.reduce((state, frame) => reduceFeed(state, { type: 'frame', frame, userId: 'me' }), from);

describe('feed', () => {
  it('shows the call that the server says is live', () => {
    const state = play([hello(callCard('a', 1))]);
    expect(state.status).toBe('live');
    expect(state.currentCallId).toBe('a');
  });
  it('shows every open call after a break, the one on the line first', () => {
    const state = play([{ type: 'hello', head: 1, epoch: 'e', me: { ...me(callCard('b', 1, 'talking')), waiting: [callCard('a', 1, 'wrap_up')] } }]);
    expect(state.calls.map((each) => each.call.id)).toEqual(['b', 'a']);
    expect(state.currentCallId).toBe('b');
    const looking = reduceFeed(state, { type: 'show', callId: 'a' });
    expect(play([{ type: 'hello', head: 2, epoch: 'e', me: { ...me(callCard('b', 1, 'talking')), waiting: [callCard('a', 1, 'wrap_up')] } }], looking).currentCallId).toBe('a');
  });
  it('lives without a phone, as for an administrator', () => {
    const state = play([{ type: 'hello', head: 1, epoch: 'e', me: null }]);
    expect(state.status).toBe('live');
    expect(state.me).toBeNull();
  });
  it('puts a first call on the screen and lets a second one wait', () => {
    const state = play([hello(null), card(callCard('a', 1), 2), card(callCard('b', 1), 3)]);
    expect(state.calls.map((each) => each.call.id)).toEqual(['a', 'b']);
    expect(state.currentCallId).toBe('a');
    expect(reduceFeed(state, { type: 'show', callId: 'b' }).currentCallId).toBe('b');
    expect(reduceFeed(state, { type: 'show', callId: 'nobody' }).currentCallId).toBe('a');
  });
  it('keeps the newest state of a call when an older answer arrives late', () => {
    const state = play([hello(null), card(callCard('a', 5, 'talking'), 2)]);
    expect(reduceFeed(state, { type: 'card', card: callCard('a', 4, 'ringing') }).calls[0]?.call.state).toBe('talking');
    expect(reduceFeed(state, { type: 'card', card: callCard('a', 6, 'wrap_up') }).calls[0]?.call.state).toBe('wrap_up');
  });
  it('takes the next call when the one on the screen goes or ends', () => {
    const two = play([hello(null), card(callCard('a', 1), 2), card(callCard('b', 1), 3)]);
    expect(play([{ type: 'call.gone', call_id: 'a' }], two).currentCallId).toBe('b');
    expect(play([card(callCard('a', 2, 'finished'), 4)], two).currentCallId).toBe('b');
    expect(reduceFeed(two, { type: 'finished', callId: 'a' }).calls).toHaveLength(1);
  });
  it('tells of a talk that another took, and never of a card made by hand or written up', () => {
    const byHand = callCard('hand', 1, 'talking');
    byHand.call.by_hand = true;
    const state = play([hello(null), card(callCard('a', 1, 'talking'), 2), card(callCard('b', 1, 'wrap_up'), 3), card(callCard('c', 1, 'ringing'), 4), card(callCard('d', 1, 'held'), 5), card(byHand, 6)]);
    expect(['a', 'b', 'c', 'd', 'hand', 'nobody'].map((id) => movedOn(state, id)?.id)).toEqual(['a', undefined, undefined, 'd', undefined, undefined]);
  });
  it('leaves no ghost call after a break', () => {
    const state = reduceFeed(play([hello(null), card(callCard('a', 1), 2)]), { type: 'lost' });
    expect(state.status).toBe('lost');
    expect(state.calls).toHaveLength(1);
    expect(play([hello(null, 9)], state).calls).toHaveLength(0);
    expect(play([hello(callCard('b', 1), 9)], state).currentCallId).toBe('b');
  });
  it('does not go back to an older picture of the call that lives on', () => {
    const state = play([hello(null), card(callCard('a', 7, 'talking'), 2)]);
    expect(play([hello(callCard('a', 6, 'ringing'), 9)], state).calls[0]?.call.version).toBe(7);
  });
  it('takes only its own state from the floor', () => {
    const state = play([hello(null), { type: 'operator.state', user_id: 'other', state: 'on_call', reason: null, since: 'x', call_id: null }]);
    expect(state.me?.state).toBe('ready');
    expect(play([{ type: 'operator.state', user_id: 'me', state: 'not_ready', reason: 'missed', since: 'x', call_id: null }], state).me?.reason).toBe('missed');
  });
  it('knows which links are down', () => {
    const state = play([{ type: 'pbx.link', source: 'a', state: 'down' }, { type: 'pbx.link', source: 'b', state: 'up' }]);
    expect(downLinks(state)).toEqual(['a']);
    expect(downLinks(play([{ type: 'pbx.link', source: 'a', state: 'up' }], state))).toEqual([]);
  });
  it('asks nothing of an exchange that is down or only posts events', () => {
    const links = { b: linkOf({ kind: 'http', state: 'up' }), c: linkOf({ kind: 'ami', state: 'down' }) };
    const state = reduceFeed(EMPTY_FEED, { type: 'links', links });
    expect(['b', 'c', 'new'].map((source) => takesCommands(state, source))).toEqual([false, false, true]);
    const followed = play([{ type: 'pbx.link', source: 'feed', state: 'up' }], state);
    expect(['b', 'c', 'feed'].map((source) => takesCommands(followed, source))).toEqual([true, false, true]);
    expect(downLinks(state)).toEqual(['c']);
  });
  it('does not change at all on messages that are not for it', () => {
    const state = play([hello(null)]);
    expect(play([{ type: 'directory.changed', kind: 'topic' }], state)).toBe(state);
  });
});

it('waits longer after each failure, up to eight seconds, and never less than a third under', () => {
  expect([0, 1, 2, 3, 4, 9].map((attempt) => backoffMs(attempt, 0))).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
  expect(backoffMs(4, 1)).toBe(5333);
});
