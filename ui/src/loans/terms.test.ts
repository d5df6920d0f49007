import { describe, expect, it } from 'vitest';
import { askOf, firstTerms, keptTerms, ofProduct, termFaults } from './terms';

const terms = firstTerms('2026-01-15');

describe('terms', () => {
  it('are asked as the server takes them', () => {
    expect(askOf({ ...terms, principal: '100 000,00', rate: '24,5 %' })).toEqual({
      kind: 'annuity', principal: '100000.00', rate_percent: '24.5', rate_period: 'year', instalments: 12, issued_on: '2026-01-15', day_basis: 'ACT/ACT', shift_due_dates: true, interest_shift: 'adjusted',
    });
  });
  it('of an instalment plan have no interest, whatever stands in the hidden field', () => { expect(askOf({ ...terms, kind: 'instalment', rate: '24', rate_period: 'day' })).toMatchObject({ rate_percent: '0', rate_period: 'year' }); });
  it('of a loan repaid at once are days, not months', () => {
    const ask = askOf({ ...terms, kind: 'single', rate: '0,8', rate_period: 'day', step_days: '30', due_day: '5', first_due_on: '2026-02-01' });
    expect(ask).toMatchObject({ instalments: 1, step_days: 30, rate_period: 'day', rate_percent: '0.8' });
    expect(ask).not.toHaveProperty('due_day');
    expect(ask).not.toHaveProperty('first_due_on');
  });
  it('leave out what was not typed', () => { expect(askOf({ ...terms, shift: 'stays', fee: '0,00' })).not.toHaveProperty('fee_at_payout'); });
  it('are not asked while a number is none', () => {
    expect(askOf({ ...terms, instalments: 'год' })).toBeNull();
    expect(termFaults({ ...terms, principal: ' ', instalments: '1.5', due_day: 'x', issued_on: '' })).toEqual({ principal: 'required', instalments: 'invalid_number', due_day: 'invalid_number', issued_on: 'required' });
  });
});

it('what an older page kept is taken as far as it fits', () => {
  expect(keptTerms({ principal: '5000', kind: 'balloon', whole_roubles: 'yes', day_basis: '30/360' }, '2026-01-15')).toEqual({ ...terms, principal: '5000', day_basis: '30/360' });
  expect(keptTerms(null, '2026-01-15')).toEqual(terms);
});

it('a product gives the terms it has', () => {
  expect(ofProduct(terms, { kind: 'single', rate_percent: '0.8', rate_period: 'day', step_days: 30, shift_due_dates: false })).toEqual({ ...terms, kind: 'single', rate: '0.8', rate_period: 'day', step_days: '30', shift: 'stays' });
  expect(ofProduct(terms, { shift_due_dates: true, interest_shift: 'unadjusted', instalments: 6, kind: 'balloon' })).toEqual({ ...terms, shift: 'unadjusted', instalments: '6' });
  expect(ofProduct(terms, null)).toBe(terms);
});
