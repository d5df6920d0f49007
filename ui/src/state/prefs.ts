/** What a person sets for this browser: language, density, the last tab of the card. Kept in localStorage. */
import { useSyncExternalStore } from 'react';
import type { Language } from '../api/types';

export interface Prefs { language: Language | null; density: 'compact' | 'roomy'; cardTab: string }

const KEY = 'lenderbox.prefs';
const DEFAULTS: Prefs = { language: null, density: 'compact', cardTab: 'loans' };
const listeners = new Set<() => void>();

function read(): Prefs {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Prefs>) };
  } catch {
    return DEFAULTS;
  }
}

let current = read();
document.documentElement.dataset.density = current.density;

export function getPrefs(): Prefs { return current; }

export function setPrefs(change: Partial<Prefs>): void {
  current = { ...current, ...change };
  document.documentElement.dataset.density = current.density;
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // The choice then lasts until the page is closed.
  }
  for (const listener of listeners) listener();
}

export function usePrefs(): Prefs {
  return useSyncExternalStore((listener) => { listeners.add(listener); return () => listeners.delete(listener); }, getPrefs);
}
