import { describe, expect, it } from 'vitest';
import { addDays, bytes, date, dateInSentence, dayStart, daysBetween, decimal, duration, inZone, momentInList, money, nextDay, parseDate, parseDay, passportSeries, phone, phoneDigits, relative, shortDate, snils, spanInWords, webAddress } from './format';

/** Non-breaking spaces are what the page needs and what a reader of this file cannot see. */
const plain = (text: string): string => text.replace(/\u00a0/g, ' ');

it('says how long in words', () => {
  expect([3, 783, 7500].map((each) => spanInWords(each, 'ru').replace(/\u00a0/g, ' '))).toEqual(['3 с', '13 мин 3 с', '2 ч 5 мин']);
  expect(spanInWords(60, 'en').replace(/\u00a0/g, ' ')).toBe('1 min 0 s');
});

describe('sums', () => {
  it.each([
    ['9455.96', 'RUB', '9 455,96 ₽', 'RUB 9,455.96'],
    ['0.00', 'RUB', '0,00 ₽', 'RUB 0.00'],
    ['1234567.05', 'RUB', '1 234 567,05 ₽', 'RUB 1,234,567.05'],
    ['-12.50', 'KZT', '−12,50 ₸', 'KZT −12.50'],
    ['90071992547409931.27', 'RUB', '90 071 992 547 409 931,27 ₽', 'RUB 90,071,992,547,409,931.27'],
  ])('%s %s', (amount, currency, russian, english) => {
    expect(plain(money({ amount, currency }, 'ru'))).toBe(russian);
    expect(plain(money({ amount, currency }, 'en'))).toBe(english);
  });
  it('never breaks a sum across lines', () => {
    expect(money({ amount: '9455.96', currency: 'RUB' }, 'ru')).not.toContain(' ');
    expect(money({ amount: '9455.96', currency: 'RUB' }, 'en')).not.toContain(' ');
  });
  it('leaves what is not a number alone', () => { expect(decimal('n/a', 'ru')).toBe('n/a'); });
});

describe('dates', () => {
  it('in a list say no more than is needed', () => {
    const shown = (at: string, language: 'ru' | 'en') => plain(momentInList(at, language, 'Europe/Moscow', '2026-11-21'));
    expect([shown('2026-11-21T10:05:00Z', 'ru'), shown('2026-11-20T10:05:00Z', 'ru'), shown('2025-11-20T10:05:00Z', 'ru')]).toEqual(['13:05', '20.11 13:05', '20.11.2025 13:05']);
    expect(shown('2026-11-20T10:05:00Z', 'en')).toBe('20 Nov 13:05');
  });
  it('and addresses from outside become links only when a browser would just open them', () => {
    expect(['https://a.example/x', '/knowledge/1'].map(webAddress)).toEqual(['https://a.example/x', '/knowledge/1']);
    expect(['javascript:alert(1)', 'data:text/html,x', '//evil.example', null].map(webAddress)).toEqual([null, null, null, null]);
  });
  it('are written as the reader writes them', () => {
    expect(plain(date('2026-12-15', 'ru'))).toBe('15 декабря 2026');
    expect(plain(date('2026-12-15', 'en'))).toBe('15 Dec 2026');
    expect(shortDate('2026-12-05', 'ru')).toBe('05.12.2026');
    expect(plain(shortDate('2026-12-05', 'en'))).toBe('5 Dec 2026');
  });
  it('say the year only when it is another one', () => {
    expect(plain(dateInSentence('2026-12-15', 'ru', '2026-11-21'))).toBe('15 декабря');
    expect(plain(dateInSentence('2027-01-15', 'ru', '2026-11-21'))).toBe('15 января 2027');
  });
  it('are taken in the zone of the lender, not of the browser', () => {
    expect(inZone('2026-11-21T21:30:05Z', 'Europe/Moscow')).toEqual({ date: '2026-11-22', time: '00:30', seconds: '05' });
    expect(inZone('2026-11-21T21:30:05Z', 'Asia/Kamchatka').date).toBe('2026-11-22');
    expect(inZone('2026-11-21T21:30:05Z', 'America/New_York').date).toBe('2026-11-21');
  });
  it('begin at midnight of the lender', () => {
    expect(dayStart('2026-11-21', 'Europe/Moscow')).toBe('2026-11-20T21:00:00.000Z');
    expect(dayStart('2026-11-21', 'Asia/Kamchatka')).toBe('2026-11-20T12:00:00.000Z');
    expect(nextDay('2026-12-31')).toBe('2027-01-01');
  });
  it.each([
    ['15.03.1985', '1985-03-15'], ['15031985', '1985-03-15'], ['5/3/85', '1985-03-05'], ['1985-03-15', '1985-03-15'], ['15 марта 1985', '1985-03-15'], ['15 мая 1985', '1985-05-15'], ['15 Mar 1985', '1985-03-15'],
    ['01.02.05', '2005-02-01'], ['29.02.2023', null], ['31.04.1990', null], ['2.13.1990', null], ['вчера', null], ['', null],
  ])('typed as "%s" are %s', (typed, expected) => { expect(parseDate(typed)).toBe(expected); });
});

describe('days ahead', () => {
  it('are of this century when the year is short', () => { expect([parseDay('15.01.27'), parseDay('15.01.2027'), parseDate('15.01.85')]).toEqual(['2027-01-15', '2027-01-15', '1985-01-15']); });
  it('are counted over the end of a leap February', () => { expect([addDays('2028-02-28', 2), daysBetween('2028-02-28', '2028-03-01'), daysBetween('2026-11-22', '2026-11-20')]).toEqual(['2028-03-01', 2, -2]); });
});

describe('times', () => {
  it.each([[0, '00:00'], [42, '00:42'], [3599, '59:59'], [3909, '1:05:09'], [-5, '00:00']])('%i s is %s', (seconds, text) => { expect(duration(seconds)).toBe(text); });
  it('are told in words of the language', () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    expect(relative('2026-11-18T12:00:00Z', now, 'ru')).toBe('3 дня назад');
    expect(relative('2026-11-21T14:00:00Z', now, 'en')).toBe('in 2 hours');
    expect(relative('2026-11-21T11:59:40Z', now, 'en')).toBe('now');
  });
});

describe('phones', () => {
  it.each([['+79161234567', '+7 916 123-45-67'], ['+7916***4567', '+7 916 ***-45-67'], ['+442071838750', '+442071838750'], ['101', '101']])('%s is shown as %s', (raw, shown) => { expect(plain(phone(raw))).toBe(shown); });
  it('are told from names and loan numbers', () => {
    expect(phoneDigits('8 (916) 123-45-67')).toBe('89161234567');
    expect(phoneDigits('РС-2026-000123')).toBeNull();
    expect(phoneDigits('1234')).toBeNull();
  });
});

it('sizes are short', () => {
  expect(plain(bytes(842_113_441, 'ru'))).toBe('842 МБ');
  expect(plain(bytes(12_113_441, 'en'))).toBe('12.1 MB');
  expect(plain(bytes(512, 'ru'))).toBe('512 Б');
});

it('documents are grouped as they are printed; a masked one stays as it is', () => {
  expect(snils('04590003632')).toBe('045-900-036 32');
  expect(snils('***632')).toBe('***632');
  expect(passportSeries('0319')).toBe('03 19');
  expect(passportSeries('03**')).toBe('03**');
});
