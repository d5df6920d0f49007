/** Reports on all loans, and the run of each day. */
import type { LoanDifference } from './loan-types';
import type { Money } from './types';

export const BUCKETS = ['1-30', '31-60', '61-90', '91-180', '181-360', '361+'] as const;
export interface ArrearsRow { loan_id: string; client_id: string; client_name: string; number: string; product: string; book: string; since: string; days_past_due: number; bucket: string; overdue: Money; as_of: string | null }
export interface ReconciliationRow { loan_id: string; client_id: string; client_name: string; number: string; product: string; currency: string; as_of: string | null; differences: LoanDifference[] }
export interface DailyRun {
  day: string; state: string; begun: number; started_at: string; by: string; ended_at: string | null; milliseconds: number | null; scan_milliseconds: number | null; loans: number | null;
  buckets: { bucket: string; loans: number; overdue: Money[] }[]; requests: { executed: number; expired: number; waiting: number; failed: number } | null;
  undone: { loans: number; named: { loan_id: string; number: string }[] } | null;
}
export interface DailyRuns { items: DailyRun[]; job: string | null; hour: number | null }
