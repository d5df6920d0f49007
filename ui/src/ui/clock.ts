/** One ticking clock for all timers, in the server's time. */
import { useSyncExternalStore } from 'react';
import { serverNow } from '../api/client';

let second = Math.floor(serverNow() / 1000);
const listeners = new Set<() => void>();
let timer: number | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    const next = Math.floor(serverNow() / 1000);
    if (next === second) return;
    second = next;
    for (const each of listeners) each();
  }, 250);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) { window.clearInterval(timer); timer = undefined; }
  };
}

/** Milliseconds of now, renewed every minute: for words like "5 minutes ago" in long lists. */
export function useMinute(): number {
  return useSyncExternalStore(subscribe, () => Math.floor(second / 60)) * 60_000;
}

/** Milliseconds of now, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => second) * 1000;
}
