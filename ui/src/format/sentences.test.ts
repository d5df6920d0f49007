import i18next, { type TFunction } from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Language } from '../api/types';
import { en } from '../i18n/en/index';
import { ru } from '../i18n/ru/index';
import { answerSentence, officeFor, sentenceText } from './sentences';

const words: Partial<Record<Language, TFunction>> = {};
beforeAll(async () => {
  await i18next.init({ lng: 'ru', resources: { ru: { translation: ru }, en: { translation: en } }, interpolation: { escapeValue: false } });
  words.ru = i18next.getFixedT('ru');
  words.en = i18next.getFixedT('en');
});

const rub = (amount: string) => ({ amount, currency: 'RUB' });
function answer(part: Partial<Answer>): Answer {
  return { kind: 'next_payment', locked: false, required_level: 2, amount: null, date: null, days_left: null, overdue_days: null, overdue: null, as_of: null, loans: ['a'], none: false, ...part };
}
function say(part: Partial<Answer>, language: Language, loans = 1): string {
  const t = words[language];
  if (!t) throw new Error('not ready');
  return sentenceText(answerSentence(answer(part), language, '2026-11-21', t, loans)).replace(/\u00a0/g, ' ');
}

describe('the answers read aloud', () => {
  it('promise nothing where there is no loan', () => {
    expect(say({ locked: true }, 'ru', 0)).toBe('Следующий платёж займов нет');
    expect(say({ kind: 'debt_today', none: true }, 'en', 0)).toBe('Owed today there are no loans');
    expect(say({ locked: true }, 'ru')).toBe('Следующий платёж откроется на уровне 2');
  });
  const next: Partial<Answer> = { amount: rub('9455.96'), date: '2026-12-15', days_left: 24 };
  it.each<[string, Partial<Answer>, string, string]>([
    ['next payment', next, 'Следующий платёж 9 455,96 ₽ до 15 декабря (через 24 дня)', 'Next payment RUB 9,455.96 by 15 Dec (in 24 days)'],
    ['in one day', { ...next, days_left: 1 }, 'Следующий платёж 9 455,96 ₽ до 15 декабря (завтра)', 'Next payment RUB 9,455.96 by 15 Dec (tomorrow)'],
    ['today', { ...next, days_left: 0 }, 'Следующий платёж 9 455,96 ₽ до 15 декабря (сегодня)', 'Next payment RUB 9,455.96 by 15 Dec (today)'],
    ['in 21 days', { ...next, days_left: 21 }, 'Следующий платёж 9 455,96 ₽ до 15 декабря (через 21 день)', 'Next payment RUB 9,455.96 by 15 Dec (in 21 days)'],
    ['next year', { ...next, date: '2027-01-15', days_left: 55 }, 'Следующий платёж 9 455,96 ₽ до 15 января 2027 (через 55 дней)', 'Next payment RUB 9,455.96 by 15 Jan 2027 (in 55 days)'],
    ['no more payments', { none: true }, 'Следующий платёж платежей больше нет', 'Next payment no more payments'],
    ['no debt', { kind: 'debt_today', amount: rub('0.00') }, 'Долг сегодня 0,00 ₽ просрочки нет', 'Owed today RUB 0.00 no arrears'],
    ['late', { kind: 'debt_today', amount: rub('12318.40'), overdue: rub('9455.96'), overdue_days: 6 }, 'Долг сегодня 12 318,40 ₽ просрочка 6 дней, из него просрочено 9 455,96 ₽', 'Owed today RUB 12,318.40 6 days overdue, of it overdue RUB 9,455.96'],
    ['all of it late', { kind: 'debt_today', amount: rub('10.00'), overdue: rub('10.00'), overdue_days: 1 }, 'Долг сегодня 10,00 ₽ просрочка 1 день', 'Owed today RUB 10.00 1 day overdue'],
    ['total over loans', { kind: 'total_left', amount: rub('69169.17'), loans: ['a', 'b'] }, 'Осталось всего 69 169,17 ₽ по 2 займам', 'Left in total RUB 69,169.17 on 2 loans'],
    ['total of one loan', { kind: 'total_left', amount: rub('69169.17') }, 'Осталось всего 69 169,17 ₽', 'Left in total RUB 69,169.17'],
    ['total not told', { kind: 'total_left' }, 'Осталось всего неизвестно: данные не загружены', 'Left in total not known here: no figures have been loaded'],
    ['debt not told', { kind: 'debt_today' }, 'Долг сегодня неизвестно: данные не загружены', 'Owed today not known here: no figures have been loaded'],
    ['locked', { locked: true, amount: null }, 'Следующий платёж откроется на уровне 2', 'Next payment opens at level 2'],
  ])('%s', (_name, part, russian, english) => {
    expect(say(part, 'ru')).toBe(russian);
    expect(say(part, 'en')).toBe(english);
  });
  it('a locked line never shows a figure, even if one were sent', () => {
    expect(say({ locked: true, amount: rub('9455.96'), date: '2026-12-15' }, 'ru')).not.toContain('9');
  });
});

it('nobody is sent to an office of another city', () => {
  const offices = ['190000, г. Санкт-Петербург, ул. Садовая, д. 28', '117218, г. Москва, ул. Кржижановского, д. 15'].map((address) => ({ body: { address } }));
  expect(officeFor(offices, 'Москва')).toBe(offices[1]);
  expect(officeFor(offices, 'Краснодар')).toBeUndefined();
  expect(officeFor(offices, null)).toBe(offices[0]);
  expect(officeFor([], null)).toBeUndefined();
});
