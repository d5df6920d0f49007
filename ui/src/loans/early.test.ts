import { expect, it } from 'vitest';
import { earlyQuery, isWhole } from './early';

it('a sum goes with a part only, a day always', () => {
  expect(earlyQuery({ kind: 'full', on: '2026-05-25', amount: '20 000' })).toEqual({ kind: 'full', on: '2026-05-25' });
  expect(earlyQuery({ kind: 'shorter_term', on: '2026-05-25', amount: '20 000,00' })).toEqual({ kind: 'shorter_term', on: '2026-05-25', amount: '20000.00' });
  expect([isWhole({ kind: 'full', on: '', amount: '' }), isWhole({ kind: 'withdrawal', on: '2026-05-25', amount: '' }), isWhole({ kind: 'smaller_payment', on: '2026-05-25', amount: ' ' })]).toEqual([false, true, false]);
});
