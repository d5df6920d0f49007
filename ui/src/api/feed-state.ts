/**
 * What the page knows from the feed, as a pure function of the messages. Calls are whole states, never differences:
 * the last message about a call wins, whatever was lost before it.
 */
import type { Call, CallCard, CommandFailure, Frame, LinkState, Me, OperatorState, StateReason } from './types';

/** A source that only posts events takes no commands: calls come, but nothing can be asked of it. */
export type Link = LinkState | 'events_only';

export interface OwnState { state: OperatorState; reason: StateReason | null; since: string }

export interface FeedState {
  status: 'connecting' | 'live' | 'lost';
  /** Tells "not yet connected" from "was connected and is not any more": only the second is worth a banner. */
  everLive: boolean;
  head: number | null;
  epoch: string | number | null;
  me: OwnState | null;
  /** Calls of this operator that are not finished, oldest first. */
  calls: CallCard[];
  /** The call on the screen. A second one waits in the strip until the operator switches. */
  currentCallId: string | null;
  /** What the exchange did not do, by call, until the call changes its state or something else is asked. */
  failures: Record<string, CommandFailure>;
  links: Record<string, Link>;
  storageLow: boolean;
}

export const EMPTY_FEED: FeedState = {
  status: 'connecting', everLive: false, head: null, epoch: null, me: null, calls: [], currentCallId: null, failures: {}, links: {}, storageLow: false,
};

export type FeedAction =
  | { type: 'frame'; frame: Frame; userId: string }
  | { type: 'lost' }
  | { type: 'card'; card: CallCard }
  | { type: 'call'; call: Call }
  | { type: 'finished'; callId: string }
  | { type: 'asked'; callId: string }
  | { type: 'me'; me: Me }
  | { type: 'own'; me: OwnState }
  | { type: 'show'; callId: string }
  | { type: 'links'; links: Record<string, Link> };

export function reduceFeed(state: FeedState, action: FeedAction): FeedState {
  switch (action.type) {
    case 'frame': return onFrame(state, action.frame, action.userId);
    case 'lost': return { ...state, status: 'lost' };
    case 'card': return withCard(state, action.card);
    case 'call': return withCall(state, action.call);
    case 'asked': return withoutFailure(state, action.callId);
    case 'finished': return withoutCall(state, action.callId);
    case 'me': return onMe(state, action.me);
    case 'own': return { ...state, me: action.me };
    case 'show': return state.calls.some((card) => card.call.id === action.callId) ? { ...state, currentCallId: action.callId } : state;
    case 'links': return { ...state, links: { ...state.links, ...action.links } };
  }
}

function onFrame(state: FeedState, frame: Frame, userId: string): FeedState {
  switch (frame.type) {
    case 'hello': {
      // After a break only what the server names is alive; an old call kept here would be a ghost.
      const known = { ...state, status: 'live' as const, everLive: true, head: frame.head, epoch: frame.epoch };
      // Nobody's phone stands before an administrator or an auditor.
      return frame.me ? onMe(known, frame.me) : { ...known, me: null, calls: [], currentCallId: null };
    }
    case 'call.card': return withCard({ ...state, head: Math.max(state.head ?? 0, frame.seq) }, frame.card);
    case 'call.gone': return withoutCall(state, frame.call_id);
    case 'call.command_failed': return { ...state, failures: { ...state.failures, [frame.call_id]: frame } };
    case 'operator.state':
      return frame.user_id === userId ? { ...state, me: { state: frame.state, reason: frame.reason, since: frame.since } } : state;
    case 'pbx.link': return { ...state, links: { ...state.links, [frame.source]: frame.state } };
    case 'storage_low': return { ...state, storageLow: frame.on };
    case 'heartbeat': return { ...state, head: Math.max(state.head ?? 0, frame.head) };
    default: return state;
  }
}

function onMe(state: FeedState, me: Me): FeedState {
  const next = { ...state, me: { state: me.state, reason: me.reason, since: me.since } };
  const open = [...(me.call ? [me.call] : []), ...(me.waiting ?? [])];
  const kept = { ...next, calls: state.calls.filter((card) => open.some((other) => other.call.id === card.call.id)) };
  const found = open.reduce(withCard, kept);
  // What the operator was looking at stays, if it is still there.
  return found.calls.some((card) => card.call.id === found.currentCallId) ? found : { ...found, currentCallId: found.calls[0]?.call.id ?? null };
}

/** Whole states from the feed and from answers of requests: whichever comes later, the older version loses. */
function withCard(state: FeedState, card: CallCard): FeedState {
  const id = card.call.id;
  const known = state.calls.find((other) => other.call.id === id);
  if (known && card.call.version < known.call.version) return state;
  if (card.call.state === 'finished') return withoutCall(state, id);
  const moved = known && known.call.state !== card.call.state;
  const calls = known ? state.calls.map((other) => (other.call.id === id ? card : other)) : [...state.calls, card];
  const shown = state.currentCallId && calls.some((other) => other.call.id === state.currentCallId) ? state.currentCallId : id;
  return { ...(moved ? withoutFailure(state, id) : state), calls, currentCallId: shown };
}

/** An answer that has only the call: what is known of its client stays as the feed last said it. */
function withCall(state: FeedState, call: Call): FeedState {
  const known = state.calls.find((other) => other.call.id === call.id);
  return known ? withCard(state, { ...known, call }) : state;
}

function withoutFailure(state: FeedState, callId: string): FeedState {
  if (!(callId in state.failures)) return state;
  const { [callId]: _gone, ...failures } = state.failures;
  return { ...state, failures };
}

function withoutCall(state: FeedState, callId: string): FeedState {
  const calls = state.calls.filter((card) => card.call.id !== callId);
  if (calls.length === state.calls.length) return state;
  const currentCallId = state.currentCallId === callId ? (calls[0]?.call.id ?? null) : state.currentCallId;
  return { ...withoutFailure(state, callId), calls, currentCallId };
}

/**
 * The talk that another operator has now, when the server takes a call away. A finished card goes as well, a call that
 * was never answered is no loss, and a card made by hand cannot go to anybody.
 */
export function movedOn(state: FeedState, callId: string): Call | null {
  const gone = state.calls.find((card) => card.call.id === callId)?.call;
  return gone && !gone.by_hand && (gone.state === 'talking' || gone.state === 'held') ? gone : null;
}

/** Which links are down: any of them stops the pop of calls that come through it. */
export function downLinks(state: FeedState): string[] {
  return Object.entries(state.links).filter(([, link]) => link === 'down').map(([source]) => source);
}

/** Whether the exchange of a call can be asked for anything; one that nothing is known of yet may try. */
export function takesCommands(state: FeedState, source: string): boolean {
  const link = state.links[source];
  // Calls that are posted are commanded over whichever link for commands is open.
  return link === 'events_only' ? Object.values(state.links).includes('up') : link !== 'down';
}

/** How a link stands, from the kind and the state that the server tells. */
export function linkOf(link: { kind: string; state: LinkState }): Link {
  return link.kind === 'http' && link.state === 'up' ? 'events_only' : link.state;
}

/** Waits of 0.5, 1, 2, 4, 8, 8… seconds, each shortened by up to a third so that a floor does not return at one instant. */
export function backoffMs(attempt: number, random: number): number {
  const whole = Math.min(8000, 500 * 2 ** Math.min(attempt, 4));
  return Math.round(whole * (1 - random / 3));
}
