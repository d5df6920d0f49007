import { expect, it } from 'vitest';
import type { WhyLine } from '../api/loan-types';
import { i18next } from '../i18n';
import { figureWord, lineReckoning, lineRule, lineTitle, rate, statusWord } from './why';

const t = i18next.getFixedT('ru');
const line: WhyLine = { what: 'interest', n: 5, due_on: '2026-06-15', from: '2026-05-16', to: '2026-06-15', days: 31, base: '69169.17', rate_percent: '24', rate_period: 'year', amount: '1409.91' };
const plain = (text: string) => text.replace(/\u00a0/g, ' ');

it('a line says what it is, of which payment, and how it was reckoned', () => {
  expect(plain(lineTitle(line, t, 'ru'))).toBe('Проценты · платёж № 5, до 15.06.2026');
  expect(plain(lineReckoning(line, t, 'ru'))).toBe('69 169,17 × 24 % × 31 день (16.05.2026 – 15.06.2026)');
  expect(lineRule({ ...line, what: 'penalty' }, t)).toContain('20');
});
it('a line that was not reckoned says only what it is', () => {
  expect(lineTitle({ ...line, what: 'advance', n: null }, t, 'ru')).toBe('Аванс: деньги уже у кредитора');
  expect(lineReckoning({ ...line, base: null }, t, 'ru')).toBe('');
});
it('a word of a newer server stands as it is', () => { expect(lineTitle({ ...line, what: 'surcharge', n: null }, t, 'ru')).toBe('surcharge'); });
it('a rate of a day says so', () => { expect([rate('24', 'year', t, 'ru'), rate('0.8', 'day', t, 'ru')].map(plain)).toEqual(['24 %', '0,8 % в день']); });
it('every way to end has its word', () => { for (const status of ['active', 'overdue', 'closed_paid', 'closed_early', 'written_off', 'ceded', 'cancelled', 'returned_goods']) expect(statusWord(status, t)).not.toBe(status); });

it('a figure of another day is not called that of today', () => {
  expect(figureWord('payoff', true, t)).toBe('Закрыть сегодня');
  expect(figureWord('payoff', false, t)).toBe('Закрыть в этот день');
  expect(figureWord('penalty', false, t)).toBe('Неустойка');
});
