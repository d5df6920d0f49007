/** Notifications: calm ones collect in the bell, urgent ones also show for 8 s, critical ones stay until taken. */
import { useSyncExternalStore } from 'react';
import type { Severity } from '../api/types';

export interface Notice { id: number; severity: Severity; title: string; text?: string; at: number; read: boolean; shown: boolean; kept: boolean }

const URGENT_MS = 8000;
const KEEP = 50;
let notices: Notice[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function publish(next: Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

export function addNotice(severity: Severity, title: string, text?: string): void {
  const notice: Notice = { id: nextId++, severity, title, text, at: Date.now(), read: false, shown: severity !== 'calm', kept: true };
  publish([notice, ...notices].slice(0, KEEP));
  if (severity === 'urgent') window.setTimeout(() => hideNotice(notice.id), URGENT_MS);
}

/** A short word that something was done; shows like an urgent one but is not kept in the bell. */
export function addConfirmation(title: string): void {
  const notice: Notice = { id: nextId++, severity: 'calm', title, at: Date.now(), read: true, shown: true, kept: false };
  publish([notice, ...notices]);
  window.setTimeout(() => publish(notices.filter((other) => other.id !== notice.id)), 3000);
}

export function hideNotice(id: number): void {
  publish(notices.map((notice) => (notice.id === id ? { ...notice, shown: false } : notice)));
}

export function readAllNotices(): void { publish(notices.map((notice) => ({ ...notice, read: true }))); }
export function clearNotices(): void { publish(notices.filter((notice) => notice.shown)); }

/** Another person may not read what this one was told. */
export function forgetNotices(): void { if (notices.length > 0) publish([]); }

export const noticesNow = (): Notice[] => notices;

export function useNotices(): Notice[] {
  return useSyncExternalStore((listener) => { listeners.add(listener); return () => listeners.delete(listener); }, noticesNow);
}
