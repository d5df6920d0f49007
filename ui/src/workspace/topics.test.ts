import { describe, expect, it } from 'vitest';
import { searchTopics, type TopicEntry, topicRows } from './topics';

function topic(id: string, parent: string | null, ru: string, order = 1, retired = false): TopicEntry {
  return { id, kind: 'topic', version: 1, retired, body: { parent, title: { ru, en: `${id} in English` }, order, hint: { ru: '', en: '' }, required_level: 0, links: [], severity: 'calm' } };
}
const tree = [topic('b', null, 'Досрочное погашение', 2), topic('a', null, 'Платёж', 1), topic('a2', 'a', 'Не дошёл', 2), topic('a1', 'a', 'Когда следующий платёж', 1), topic('old', 'a', 'Старая', 3, true), topic('lost', 'gone', 'Без родителя', 9)];

describe('topics', () => {
  it('stand in order under their parents', () => {
    expect(topicRows(tree, 'ru').map((row) => [row.entry.id, row.depth])).toEqual([['a', 0], ['a1', 1], ['a2', 1], ['b', 0], ['lost', 0]]);
  });
  it('are found by any words of the path, ё and е alike, leaves only', () => {
    const rows = topicRows(tree, 'ru');
    expect(searchTopics(rows, 'платеж не дошел').map((row) => row.entry.id)).toEqual(['a2']);
    expect(searchTopics(rows, 'ПЛАТЁЖ').map((row) => row.entry.id)).toEqual(['a1', 'a2']);
    expect(searchTopics(rows, 'старая')).toEqual([]);
  });
  it('survive a ring of parents', () => {
    expect(() => topicRows([topic('x', 'y', 'Икс'), topic('y', 'x', 'Игрек')], 'ru')).not.toThrow();
  });
  it('show removed ones only to the editor', () => {
    expect(topicRows(tree, 'ru', true).map((row) => row.entry.id)).toContain('old');
  });
});
