/** The WebSocket of `/api/v1/feed`: connects, returns by itself, and tells the rest of the page what changed. */
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { ApiError, BASE, setCsrf, signedOut } from './client';
import { forgetCall, forgetDetails, keepCard } from './cache';
import { backoffMs, EMPTY_FEED, type FeedAction, type FeedState, reduceFeed } from './feed-state';
import { operators, session } from './endpoints';
import type { Statement } from './payment-types';
import type { Frame, ImportJob, Job, OperatorRow, Page } from './types';

/** Heartbeats come every 10 s; a socket silent for longer than this is dead even if nobody said so. */
const SILENCE_MS = 25_000;

type FrameListener = (frame: Frame, before: FeedState) => void;

export class Feed {
  private state: FeedState = EMPTY_FEED;
  private readonly listeners = new Set<() => void>();
  private readonly frameListeners = new Set<FrameListener>();
  private socket: WebSocket | null = null;
  private attempt = 0;
  private retryTimer: number | undefined;
  private silenceTimer: number | undefined;
  private stopped = true;

  constructor(private readonly queries: QueryClient, private readonly userId: string) {}

  getState = (): FeedState => this.state;
  subscribe = (listener: () => void): (() => void) => { this.listeners.add(listener); return () => this.listeners.delete(listener); };
  onFrame(listener: FrameListener): () => void { this.frameListeners.add(listener); return () => this.frameListeners.delete(listener); }

  dispatch = (action: FeedAction): void => {
    const before = this.state;
    const next = reduceFeed(before, action);
    if (next === before) return;
    this.state = next;
    this.forget(before, next);
    for (const listener of this.listeners) listener();
  };

  /** What a call had opened goes with the call, with its client and with its level. */
  private forget(before: FeedState, next: FeedState): void {
    if (before.calls === next.calls) return;
    for (const { call, card } of before.calls) {
      const now = next.calls.find((other) => other.call.id === call.id);
      // After the screen has let go of it: an observer would only fetch it again.
      if (!now) window.setTimeout(() => forgetCall(this.queries, call.id));
      else if (now.card?.client_id !== card?.client_id || now.card?.level !== card?.level) forgetDetails(this.queries, call.id, now.call.client_id);
    }
  }

  start(): void {
    this.stopped = false;
    window.addEventListener('online', this.retryNow);
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    window.removeEventListener('online', this.retryNow);
    window.clearTimeout(this.retryTimer);
    window.clearTimeout(this.silenceTimer);
    this.socket?.close();
    this.socket = null;
  }

  private retryNow = (): void => {
    if (this.stopped || this.socket) return;
    window.clearTimeout(this.retryTimer);
    this.connect();
  };

  private connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const since = this.state.head === null ? '' : `?since=${this.state.head}`;
    const socket = new WebSocket(`${scheme}://${location.host}${BASE}/feed${since}`);
    this.socket = socket;
    socket.onmessage = (event: MessageEvent<string>) => this.receive(event.data);
    socket.onclose = () => this.lost(socket);
    socket.onerror = () => socket.close();
    this.watchSilence();
  }

  private watchSilence(): void {
    window.clearTimeout(this.silenceTimer);
    this.silenceTimer = window.setTimeout(() => this.socket?.close(), SILENCE_MS);
  }

  private lost(socket: WebSocket): void {
    if (this.stopped || this.socket !== socket) return;
    this.socket = null;
    window.clearTimeout(this.silenceTimer);
    this.dispatch({ type: 'lost' });
    this.retryTimer = window.setTimeout(() => this.connect(), backoffMs(this.attempt, Math.random()));
    if (this.attempt > 0) void this.checkSession();
    this.attempt += 1;
  }

  /** A feed that does not come back may mean that the session is over: then the log-in must show, not a lost connection. */
  private async checkSession(): Promise<void> {
    try {
      setCsrf((await session.get()).csrf);
    } catch (error) {
      if (!this.stopped && error instanceof ApiError && error.status === 401) signedOut();
    }
  }

  private receive(text: string): void {
    this.watchSilence();
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch {
      return;
    }
    const before = this.state;
    if (frame.type === 'hello') {
      this.attempt = 0;
      // Another epoch is another history (a restored box): nothing remembered can be trusted.
      if (before.everLive) void this.queries.invalidateQueries();
    }
    this.dispatch({ type: 'frame', frame, userId: this.userId });
    this.spread(frame);
    for (const listener of this.frameListeners) listener(frame, before);
  }

  /** What a message means for data that was fetched by requests. */
  private spread(frame: Frame): void {
    const { queries } = this;
    switch (frame.type) {
      case 'client.changed': void queries.invalidateQueries({ queryKey: ['client', frame.client_id] }); break;
      case 'directory.changed': void queries.invalidateQueries({ queryKey: ['directory', frame.kind] }); break;
      case 'import.progress': this.importProgress(frame); break;
      case 'job.progress': queries.setQueryData<Job>(['job', frame.job], (old) => ({ ...old, ...frame }) as Job); if (frame.state && frame.state !== 'running') void queries.invalidateQueries({ queryKey: ['backups'] }); break;
      case 'statement.progress': this.statementProgress(frame); break;
      case 'payment.changed': void queries.invalidateQueries({ queryKey: ['incoming'] }); break;
      case 'operator.state':
        queries.setQueryData<Page<OperatorRow>>(['operators'], (old) => old && { ...old, items: old.items.map((row) => (row.user_id === frame.user_id ? { ...row, state: frame.state, reason: frame.reason, since: frame.since, call_id: frame.call_id } : row)) });
        void queries.invalidateQueries({ queryKey: ['calls', 'live'] });
        break;
      case 'pbx.link': void queries.invalidateQueries({ queryKey: ['pbx', 'status'] }); break;
      case 'call.card': if (frame.card.card) keepCard(queries, frame.call_id, frame.card.card); void queries.invalidateQueries({ queryKey: ['calls'] }); break;
      case 'call.gone': void queries.invalidateQueries({ queryKey: ['calls'] }); break;
      case 'resync': void this.resync(); break;
      default: break;
    }
  }

  private statementProgress({ type: _, ...statement }: Statement & { type: string }): void {
    this.queries.setQueryData<InfiniteData<Page<Statement>>>(['statements'], (old) => old && { ...old, pages: old.pages.map((page) => ({ ...page, items: page.items.map((row) => (row.statement_id === statement.statement_id ? statement : row)) })) });
    if (statement.state === 'running') return;
    void this.queries.invalidateQueries({ queryKey: ['statements'] });
    void this.queries.invalidateQueries({ queryKey: ['incoming'] });
  }

  private importProgress(frame: Partial<ImportJob> & { import_id: string; type: string }): void {
    this.queries.setQueryData<ImportJob>(['import', frame.import_id], (old) => ({ ...old, ...frame }) as ImportJob);
    this.queries.setQueryData<Page<ImportJob>>(['imports'], (old) => old && { ...old, items: old.items.map((row) => (row.import_id === frame.import_id ? { ...row, ...frame } : row)) });
    if (frame.state && frame.state !== 'running') void this.queries.invalidateQueries({ queryKey: ['imports'] });
  }

  private async resync(): Promise<void> {
    void this.queries.invalidateQueries();
    try {
      this.dispatch({ type: 'me', me: await operators.me() });
    } catch {
      // The next hello brings it.
    }
  }
}

let active: Feed | null = null;
const activeListeners = new Set<() => void>();

export function startFeed(queries: QueryClient, userId: string): () => void {
  const feed = new Feed(queries, userId);
  active = feed;
  feed.start();
  for (const listener of activeListeners) listener();
  return () => {
    feed.stop();
    if (active === feed) active = null;
    for (const listener of activeListeners) listener();
  };
}

export function feed(): Feed | null { return active; }

export function dispatchFeed(action: FeedAction): void { active?.dispatch(action); }

function subscribe(listener: () => void): () => void {
  activeListeners.add(listener);
  let leave = active?.subscribe(listener);
  const rebind = () => { leave?.(); leave = active?.subscribe(listener); };
  activeListeners.add(rebind);
  return () => { activeListeners.delete(listener); activeListeners.delete(rebind); leave?.(); };
}

/** Re-renders only when the chosen part changes (compare by identity: choose parts of the state, do not build new ones). */
export function useFeed<T>(choose: (state: FeedState) => T): T {
  return useSyncExternalStore(subscribe, () => choose(active?.getState() ?? EMPTY_FEED));
}
