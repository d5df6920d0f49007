/**
 * Unsaved work of the operator. It survives a reload, a second call and a lost connection; it is kept per user,
 * goes when that user signs out or another one signs in, and is swept after two weeks.
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

function sweep(goes: (key: string) => boolean): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX) && goes(key)) localStorage.removeItem(key);
  } catch {
    // No storage, nothing to sweep.
  }
}

/** After signing out: what was written about clients may not lie in a shared browser. */
export function dropDraftsOf(user: string): void { sweep((key) => key.startsWith(`${PREFIX}${user}.`)); }

/** After signing in, for whoever closed the browser without signing out. */
export function dropDraftsOfOthers(user: string): void { sweep((key) => !key.startsWith(`${PREFIX}${user}.`)); }

/** Removes drafts older than two weeks and those that cannot be read. */
export function sweepDrafts(now: number = Date.now()): void {
  sweep((key) => {
    try {
      return !(now - (JSON.parse(localStorage.getItem(key) ?? '') as Stored<unknown>).at < KEEP_MS);
    } catch {
      return true;
    }
  });
}
