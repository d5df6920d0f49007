/** What a booking changes: the loan as it is beside the loan as it would be. */
import type { LoanView } from '../api/loan-types';

export interface Change { figure: string; before: string | null; after: string | null }

const FIGURES = ['debt_today', 'overdue', 'penalty', 'unallocated', 'total_left', 'payoff'] as const;

/** The figures that differ, in the order in which they are asked for. */
export function changes(before: LoanView, after: LoanView): Change[] {
  const found: Change[] = FIGURES.map((figure) => ({ figure, before: before.figures[figure], after: after.figures[figure] }));
  found.push({ figure: 'next_payment', before: before.figures.next_payment?.amount ?? null, after: after.figures.next_payment?.amount ?? null });
  return found.filter((each) => each.before !== each.after);
}

export interface Plan { payments: number; last: string | null }
/** How many payments are ahead, and when the last one is. */
export function ahead(loan: LoanView): Plan {
  const rows = loan.schedule.filter((row) => row.due_on > loan.on && row.state !== 'cancelled' && row.state !== 'paid');
  return { payments: rows.length, last: rows.at(-1)?.due_on ?? null };
}
