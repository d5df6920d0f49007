import { expect, it } from 'vitest';
import type { LoanView } from '../api/loan-types';
import { ofFee, ofForgiveness, ofPayment, ofRefund } from './effect';

const loan = { figures: { debt_today: '9585.49', penalty: '129.53', unallocated: '100.00', total_left: '78625.13', next_payment: null, overdue: null, interest: null, payoff: null } } as LoanView;

it('a payment covers the debt of its day, the rest waits', () => {
  expect(ofPayment(loan, '5000')).toEqual([{ figure: 'debt_today', before: '9585.49', after: '4585.49' }]);
  expect(ofPayment(loan, '10000.00')).toEqual([{ figure: 'debt_today', before: '9585.49', after: '0.00' }, { figure: 'unallocated', before: '100.00', after: '514.51' }]);
});
it('fees add, forgiveness and refunds take away', () => {
  expect(ofFee(loan, '59').map((each) => each.after)).toEqual(['9644.49', '78684.13']);
  expect(ofForgiveness(loan, '29.53').map((each) => each.after)).toEqual(['100.00', '9555.96']);
  expect(ofRefund(loan, '100')).toEqual([{ figure: 'unallocated', before: '100.00', after: '0.00' }]);
});
it('says nothing of what is no sum', () => { expect([ofPayment(loan, 'сто'), ofPayment(loan, '0'), ofFee(loan, '-5'), ofRefund(loan, '')]).toEqual([[], [], [], []]); });
