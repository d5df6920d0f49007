import { describe, expect, it } from 'vitest';
import { comboNames, isTyping } from './keys';

const press = (part: Partial<KeyboardEvent>) => comboNames({ key: '', code: '', ctrlKey: false, metaKey: false, altKey: false, ...part });

describe('keys', () => {
  it('are found by place, so that the Russian layout works', () => {
    expect(press({ key: 'л', code: 'KeyK', ctrlKey: true })).toContain('Ctrl+K');
    expect(press({ key: 'о', code: 'KeyJ' })).toContain('j');
    expect(press({ key: 'т', code: 'KeyN', altKey: true })).toContain('Alt+N');
  });
  it('let the printed sign win over the place', () => { expect(press({ key: '?', code: 'Digit7' })[0]).toBe('?'); });
  it('know digits with Alt and function keys', () => {
    expect(press({ key: '1', code: 'Digit1', altKey: true })).toContain('Alt+1');
    expect(press({ key: 'F2', code: 'F2' })).toEqual(['F2']);
    expect(press({ key: 'Enter', code: 'Enter', ctrlKey: true })).toContain('Ctrl+Enter');
  });
});

it('typing is told from pressing buttons and ticks', () => {
  document.body.innerHTML = '<input id="a"><input id="b" type="checkbox"><textarea id="c"></textarea><button id="d"></button>';
  const typing = (id: string) => isTyping(document.getElementById(id));
  expect([typing('a'), typing('b'), typing('c'), typing('d')]).toEqual([true, false, true, false]);
});
