import { describe, expect, it } from 'vitest';
import type { DirectoryEntry, SnippetBody } from '../api/types';
import { findSnippets, holeAfter, slashAt, snippetsOf, withHoles } from './snippets';

const entry = (key: string, shared: boolean, topic: string | null = null, retired = false): DirectoryEntry<SnippetBody> => ({
  id: key, kind: 'snippet', version: 1, retired, body: { key, title: { ru: `Название ${key}`, en: `Name ${key}` }, text: { ru: 'Текст', en: 'Text' }, topic, shared },
});
const all = snippetsOf([entry('платёж', true, 't1'), entry('плюс', false), entry('где', true), entry('старый', true, null, true)], 'ru');
const keys = (word: string, topics: string[] = []) => findSnippets(all, word, topics).map((each) => each.key);

describe('a snippet', () => {
  it('is called by a slash at the beginning of a word', () => {
    expect(slashAt('/', 1)).toEqual({ from: 0, to: 1, word: '' });
    expect(slashAt('Спросил. /пла', 13)).toEqual({ from: 9, to: 13, word: 'пла' });
    expect(slashAt('строка\n/где', 11)?.word).toBe('где');
  });
  it('is not called by a date, a fraction or what was typed long ago', () => {
    expect(slashAt('12/05', 5)).toBeNull();
    expect(slashAt('и/или', 5)).toBeNull();
    expect(slashAt('/пла платёж', 11)).toBeNull();
  });
  it('is found by its word or its title, ё or е', () => {
    expect(keys('плат')).toEqual(['платёж']);
    expect(keys('платеж')).toEqual(['платёж']);
    expect(keys('назв')).toEqual(['плюс', 'где', 'платёж']);
    expect(keys('нет')).toEqual([]);
  });
  it('of the topic of the call stands first, then one\'s own', () => {
    expect(keys('пл')).toEqual(['плюс', 'платёж']);
    expect(keys('пл', ['t1'])).toEqual(['платёж', 'плюс']);
  });
  it('that was retired is not offered', () => { expect(keys('стар')).toEqual([]); });
  it('shows its empty places', () => {
    expect(withHoles('Дата: , сумма . Причина: ')).toBe('Дата: ___, сумма ___. Причина: ___');
    expect(withHoles('Дата: ___, всё.')).toBe('Дата: ___, всё.');
  });
  it('is filled hole by hole, and let go after the last', () => {
    const text = 'Дата: ___, сумма: ___.';
    expect(holeAfter(text, 0)).toEqual({ from: 6, to: 9 });
    expect(holeAfter(text, 9)).toEqual({ from: 18, to: 21 });
    expect(holeAfter(text, 21)).toBeNull();
  });
});
