import { describe, expect, it } from 'vitest';
import { isBelow, kopecks, parseSum, rubles, total } from './sums';

describe('typed sums', () => {
  it.each([
    ['9 455,96', '9455.96'], ['9\u00a0455,96\u00a0₽', '9455.96'], ['9,455.96', '9455.96'], ['RUB 9,455.96', '9455.96'], ['9455.96 руб.', '9455.96'], ['100000', '100000'],
    ['1,000', '1000'], ['1,000,000', '1000000'], ['12,5', '12.5'], ['12.', '12'], ['−5', '-5'], ['9455.967', '9455.967'],
  ])('"%s" is %s', (typed, sum) => { expect(parseSum(typed)).toBe(sum); });
  it('that are none go on as they are, for the server to name their fault', () => {
    expect(parseSum(' сто ')).toBe('сто');
    expect(parseSum('1.2.3')).toBe('1.2.3');
    expect(parseSum('')).toBe('');
  });
});

describe('kopecks', () => {
  it.each([['9455.96', 945596n], ['0.5', 50n], ['100', 10000n], ['-12.05', -1205n], ['90071992547409931.27', 9007199254740993127n]])('%s', (text, value) => { expect(kopecks(text)).toBe(value); });
  it.each(['', '1.234', 'a', '1,5'])('"%s" is no sum', (text) => { expect(kopecks(text)).toBeNull(); });
  it('come back as they went', () => { for (const text of ['0.00', '0.05', '-0.05', '9455.96', '-12.50']) expect(rubles(kopecks(text) ?? 1n)).toBe(text); });
  it('add up without a rounding', () => { expect(total(['0.10', '0.20', null, '-0.05'])).toBe('0.25'); });
});

it('a sum below nothing is told from nothing', () => { expect([isBelow('-0.00'), isBelow('-0.01'), isBelow('0.01')]).toEqual([false, true, false]); });
