/** Bank statements and the payments that came with them. Sums are decimals in the lender's currency. */

import type { ReversalReason } from './schema.gen';

export const PAYMENT_STATES = ['unmatched', 'posted', 'noted', 'dismissed', 'reversed', 'outgoing', 'settled'] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];
export interface DuePayment { due_on: string; amount: string }
export interface Suggestion { loan_id: string; client_id: string; number: string; client_name: string; by: string; book: string; next_payment: DuePayment | null }
export interface Recall { payment_id: string; on: string; amount: string; state: string; loan_id: string | null; loan_number: string | null }
export interface IncomingPayment {
  payment_id: string; statement_id: string; on: string; amount: string; direction: string; document: string; account: string; payer_name: string; payer_inn: string; payer_account: string; purpose: string;
  state: PaymentState; matched_by: string | null; loan_id: string | null; client_id: string | null; loan_number: string | null; operation_id: string | null; refused: string | null; dismissed_reason: string | null; reversed_reason: ReversalReason | null;
  is_recall: boolean; changed_by: string; changed_at: string | null; suggestions: Suggestion[]; recalls: Recall[];
}
export interface StatementFault { code: string; message: string; field: string | null; place: number | null; amount: string | null; account: string | null }
export interface StatementAccount { account: string; from: string | null; to: string | null; opening: string | null; closing: string | null; received: string; spent: string; entries: number }
export interface Statement {
  statement_id: string; name: string; state: 'running' | 'posted' | 'held' | 'stopped'; at: string; ended_at: string | null; by: string; faults: StatementFault[]; accounts: StatementAccount[];
  counts: { total: number; entries: number; posted: number; noted: number; unmatched: number; outgoing: number; known: number };
}
export interface StatementPage { statement: Statement; entries: IncomingPayment[]; next_cursor: string | null }
export interface Unallocated { loan_id: string; client_id: string; number: string; client_name: string; unallocated: string; next_payment: DuePayment | null }
