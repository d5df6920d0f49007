import { expect, it } from 'vitest';
import type { WhyLine } from '../api/loan-types';
import { i18next } from '../i18n';
import { figureWord, lineReckoning, lineRule, lineTitle, rate, statusWord } from './why';

const t = i18next.getFixedT('ru');
const line: WhyLine = { what: 'interest', n: 5, due_on: '2026-06-15', moved_from: null, from: '2026-05-16', to: '2026-06-15', days: 31, year_days: 365, base: '69169.17', rate_percent: '24', rate_period: 'year', flow: null, amount: '1409.91' };
const plain = (text: string) => text.replace(/\u00a0/g, ' ');

it('a line says what it is, of which payment, and how it was reckoned', () => {
  expect(plain(lineTitle(line, t, 'ru'))).toBe('Проценты · платёж № 5, до 15.06.2026');
  expect(plain(lineReckoning(line, t, 'ru'))).toBe('69 169,17 × 24 % × 31 день / 365 (16.05.2026 – 15.06.2026)');
  expect(lineRule({ ...line, what: 'penalty' }, t)).toContain('20');
});
it('a line that was not reckoned says only what it is', () => {
  expect(lineTitle({ ...line, what: 'advance', n: null }, t, 'ru')).toBe('Аванс: деньги уже у кредитора');
  expect(lineReckoning({ ...line, base: null, from: null }, t, 'ru')).toBe('');
});
it('days past due say which days were counted, and from which day off the last day to pay moved', () => {
  const late: WhyLine = { ...line, what: 'days_late', moved_from: '2026-06-13', from: '2026-06-16', to: '2026-06-20', days: null, year_days: null, base: null, rate_percent: null, rate_period: null, amount: '5' };
  expect(plain(lineTitle(late, t, 'ru'))).toBe('Дней после срока · платёж № 5, до 15.06.2026 (перенесён с 13.06.2026)');
  expect(plain(lineReckoning(late, t, 'ru'))).toBe('16.06.2026 – 20.06.2026');
});
it('a rate of a day is a part of no year', () => { expect(plain(lineReckoning({ ...line, rate_percent: '0.8', rate_period: 'day', year_days: null }, t, 'ru'))).toBe('69 169,17 × 0,8 % в день × 31 день (16.05.2026 – 15.06.2026)'); });
it('the rule of interest by the day speaks of no year', () => {
  expect(lineRule(line, t)).toContain('дней в году');
  expect(lineRule({ ...line, rate_period: 'day' }, t)).toBe('Сумма × ставка в день × дни. Округляется один раз за период.');
});
it('a flow of the full cost says where it stands in time', () => {
  const flow: WhyLine = { ...line, what: 'payment', n: 1, from: null, to: null, days: null, year_days: null, base: null, rate_percent: null, rate_period: null, flow: { amount: '9455.96', periods: 1, part: '0.5' } };
  expect(plain(lineReckoning(flow, t, 'ru'))).toBe('9 455,96 / ((1 + 0,5 × i) × (1 + i)^1)');
});
it('a word of a newer server stands as it is', () => { expect(lineTitle({ ...line, what: 'surcharge', n: null }, t, 'ru')).toBe('surcharge'); });
it('a rate of a day says so', () => { expect([rate('24', 'year', t, 'ru'), rate('0.8', 'day', t, 'ru')].map(plain)).toEqual(['24 %', '0,8 % в день']); });
it('every way to end has its word', () => { for (const status of ['active', 'overdue', 'closed_paid', 'closed_early', 'written_off', 'ceded', 'cancelled', 'returned_goods']) expect(statusWord(status, t)).not.toBe(status); });

it('a figure of another day is not called that of today', () => {
  expect(figureWord('payoff', true, t)).toBe('Закрыть сегодня');
  expect(figureWord('payoff', false, t)).toBe('Закрыть в этот день');
  expect(figureWord('penalty', false, t)).toBe('Неустойка');
});
