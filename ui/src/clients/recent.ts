/** The clients that were open in this tab. Only for the session: a shared workplace remembers nobody. */
export interface Recent { id: string; name: string }
const KEY = 'lenderbox.recent';
const KEEP = 8;

export function recentClients(): Recent[] {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as Recent[];
  } catch {
    return [];
  }
}

export function forgetRecentClients(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // As below.
  }
}

export function remember(client: Recent): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([client, ...recentClients().filter((other) => other.id !== client.id)].slice(0, KEEP)));
  } catch {
    // Only a convenience.
  }
}
