/** Texts that are called by a word after "/": finding them in what is being typed, and putting them there. */
import type { DirectoryEntry, Language, SnippetBody } from '../api/types';
import { localized } from '../format/format';

export interface Snippet { id: string; key: string; title: string; text: string; topic: string | null; shared: boolean }
export interface Slash { from: number; to: number; word: string }

export function snippetsOf(entries: DirectoryEntry<SnippetBody>[], language: Language): Snippet[] {
  return entries.filter((entry) => !entry.retired).map(({ id, body }) => ({ id, key: body.key, title: localized(body.title, language), text: withHoles(localized(body.text, language)), topic: body.topic, shared: body.shared }));
}

/** The "/word" that the caret stands in or behind; a date like 12/05 or an address is none. */
export function slashAt(text: string, caret: number): Slash | null {
  const match = /(?:^|\s)\/([\p{L}\p{N}._-]{0,32})$/u.exec(text.slice(0, caret));
  return match ? { from: caret - (match[1]?.length ?? 0) - 1, to: caret, word: match[1] ?? '' } : null;
}

const plain = (text: string): string => text.toLowerCase().replace(/ё/g, 'е');

/** Those that the word begins or whose title has it: of the call's topics first, then one's own, then by the word. */
export function findSnippets(all: Snippet[], word: string, topics: string[]): Snippet[] {
  const typed = plain(word);
  const rank = (each: Snippet): number => (plain(each.key).startsWith(typed) ? 0 : 4) + (each.topic !== null && topics.includes(each.topic) ? 0 : 2) + (each.shared ? 1 : 0);
  return all.filter((each) => plain(each.key).startsWith(typed) || plain(each.title).split(/\s+/).some((part) => part.startsWith(typed)))
    .sort((one, other) => rank(one) - rank(other) || one.key.localeCompare(other.key));
}

/** What stands in a text where the operator has something to fill in. */
export const HOLE = '___';

/** An empty place ("сумма , дата ") is made visible, so that it cannot be sent unfilled by an oversight. */
export function withHoles(text: string): string {
  return text.replace(/[ \u00a0](?=[,.;]|$)/gu, (gap) => gap + HOLE);
}

/** The first hole at or after `from`. */
export function holeAfter(text: string, from: number): { from: number; to: number } | null {
  const found = /_{3,}/g;
  found.lastIndex = from;
  const hole = found.exec(text);
  return hole ? { from: hole.index, to: hole.index + hole[0].length } : null;
}
