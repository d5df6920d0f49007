/** The tree of topics as rows of a list: order, depth, search. */
import type { DirectoryEntry, Language, TopicBody } from '../api/types';
import { localized } from '../format/format';

export type TopicEntry = DirectoryEntry<TopicBody>;
export interface TopicRow { entry: TopicEntry; depth: number; leaf: boolean; title: string; path: string }

const compare = (language: Language) => (a: TopicEntry, b: TopicEntry): number => a.body.order - b.body.order || localized(a.body.title, language).localeCompare(localized(b.body.title, language), language);

/** All topics, parents before children. An entry whose parent is gone stands at the top rather than being lost. */
export function topicRows(entries: TopicEntry[], language: Language, withRetired = false): TopicRow[] {
  const live = entries.filter((entry) => withRetired || !entry.retired);
  const ids = new Set(live.map((entry) => entry.id));
  const children = new Map<string | null, TopicEntry[]>();
  for (const entry of live) {
    const parent = entry.body.parent && ids.has(entry.body.parent) ? entry.body.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), entry]);
  }
  const rows: TopicRow[] = [];
  const seen = new Set<string>();
  const walk = (parent: string | null, depth: number, path: string) => {
    for (const entry of [...(children.get(parent) ?? [])].sort(compare(language))) {
      if (seen.has(entry.id)) continue;
      seen.add(entry.id);
      const title = localized(entry.body.title, language);
      const full = path ? `${path} › ${title}` : title;
      rows.push({ entry, depth, leaf: !children.has(entry.id), title, path: full });
      walk(entry.id, depth + 1, full);
    }
  };
  walk(null, 0, '');
  return rows;
}

const plain = (text: string): string => text.toLowerCase().replace(/ё/g, 'е');

/** Every word typed must occur somewhere in the path; only topics that can be chosen are found. */
export function searchTopics(rows: TopicRow[], typed: string): TopicRow[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  return rows.filter((row) => row.leaf && words.every((word) => plain(row.path).includes(word)));
}
