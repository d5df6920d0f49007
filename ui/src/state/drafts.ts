/**
 * Unsaved work of the operator. It survives a reload, a second call and a lost connection; it is kept per user,
 * so that a shared workplace never shows one person's words to another, and it is swept after two weeks.
 */
const PREFIX = 'lenderbox.draft.';
const KEEP_MS = 14 * 24 * 3600 * 1000;

interface Stored<T> { at: number; value: T }

const keyOf = (user: string, name: string): string => `${PREFIX}${user}.${name}`;

export function loadDraft<T>(user: string, name: string): T | null {
  try {
    const text = localStorage.getItem(keyOf(user, name));
    if (!text) return null;
    const stored = JSON.parse(text) as Stored<T>;
    return typeof stored === 'object' && stored !== null && 'value' in stored ? stored.value : null;
  } catch {
    return null;
  }
}

export function saveDraft<T>(user: string, name: string, value: T, now: number = Date.now()): void {
  try {
    localStorage.setItem(keyOf(user, name), JSON.stringify({ at: now, value } satisfies Stored<T>));
  } catch {
    // A full or forbidden storage must not stop the talk: the server keeps its own copy of call notes.
  }
}

export function dropDraft(user: string, name: string): void {
  try {
    localStorage.removeItem(keyOf(user, name));
  } catch {
    // As above.
  }
}

/** Removes drafts older than two weeks and those that cannot be read. */
export function sweepDrafts(now: number = Date.now()): void {
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(PREFIX)) continue;
      let at = 0;
      try {
        at = (JSON.parse(localStorage.getItem(key) ?? '') as Stored<unknown>).at;
      } catch {
        at = 0;
      }
      if (!(now - at < KEEP_MS)) localStorage.removeItem(key);
    }
  } catch {
    // No storage, nothing to sweep.
  }
}
