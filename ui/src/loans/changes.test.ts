import { expect, it } from 'vitest';
import type { LoanView } from '../api/loan-types';
import { ahead, changes } from './changes';

const figures = { debt_today: '9585.49', overdue: '9455.96', penalty: '129.53', unallocated: '0.00', total_left: '78625.13', payoff: '79000.00', interest: '1.00', next_payment: { due_on: '2026-06-15', amount: '9455.96' } };
const row = (due_on: string, state: string) => ({ due_on, state });
const loan = { on: '2026-05-20', figures, schedule: [row('2026-05-15', 'overdue'), row('2026-06-15', 'planned'), row('2026-07-15', 'planned')] } as unknown as LoanView;

it('tells only what differs', () => {
  expect(changes(loan, loan)).toEqual([]);
  expect(changes(loan, { ...loan, figures: { ...figures, debt_today: '0.00', unallocated: '414.51', next_payment: null } } as LoanView)).toEqual([
    { figure: 'debt_today', before: '9585.49', after: '0.00' }, { figure: 'unallocated', before: '0.00', after: '414.51' }, { figure: 'next_payment', before: '9455.96', after: null },
  ]);
});
it('counts the payments that are ahead', () => {
  expect(ahead(loan)).toEqual({ payments: 2, last: '2026-07-15' });
  expect(ahead({ ...loan, schedule: loan.schedule.map((each) => ({ ...each, state: 'cancelled' })) } as LoanView)).toEqual({ payments: 0, last: null });
});
