/** What an operation will do, told before it is done. Only what follows from the figures of the day by taking one from the other. */
import type { LoanView } from '../api/loan-types';
import { cover, kopecks, rubles } from '../format/sums';

export interface Effect { figure: string; before: string; after: string }

const less = (from: string, what: string): string | null => {
  const [one, other] = [kopecks(from), kopecks(what)];
  return one === null || other === null || other <= 0n ? null : rubles(one - other);
};
const more = (from: string, what: string): string | null => {
  const [one, other] = [kopecks(from), kopecks(what)];
  return one === null || other === null || other <= 0n ? null : rubles(one + other);
};

/** A payment covers the debt of its day; what is left waits as an advance. */
export function ofPayment(loan: LoanView, amount: string): Effect[] {
  const owed = loan.figures.debt_today;
  const shared = owed === null ? null : cover(amount, owed);
  if (!shared || owed === null || kopecks(amount) === 0n) return [];
  const waits = loan.figures.unallocated ?? '0.00';
  const found: Effect[] = [{ figure: 'debt_today', before: owed, after: shared.left }];
  if (shared.rest !== '0.00') found.push({ figure: 'unallocated', before: waits, after: more(waits, shared.rest) ?? waits });
  return found;
}

const one = (loan: LoanView, figure: 'debt_today' | 'penalty' | 'unallocated' | 'total_left', change: (from: string, amount: string) => string | null, amount: string): Effect[] => {
  const before = loan.figures[figure];
  const after = before === null ? null : change(before, amount);
  return before === null || after === null ? [] : [{ figure, before, after }];
};

export const ofFee = (loan: LoanView, amount: string): Effect[] => [...one(loan, 'debt_today', more, amount), ...one(loan, 'total_left', more, amount)];
export const ofForgiveness = (loan: LoanView, amount: string): Effect[] => [...one(loan, 'penalty', less, amount), ...one(loan, 'debt_today', less, amount)];
export const ofRefund = (loan: LoanView, amount: string): Effect[] => one(loan, 'unallocated', less, amount);
