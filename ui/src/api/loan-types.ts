/** Loans with their money, as `/api/v1/loans`, `/statements`, `/incoming-payments` and `/papers` answer. Sums are decimals in the loan's currency. */

import type { PaymentSource, RequestState, ReversalReason } from './schema.gen';
import type { CalculatedRow } from './types';

export const FIGURES = ['next_payment', 'debt_today', 'overdue', 'interest', 'penalty', 'total_left', 'payoff'] as const;
/** Figures of one row of the schedule. */
export type RowFigure = 'instalment_payment' | 'instalment_interest' | 'instalment_principal' | 'instalment_balance' | 'instalment_left';
export type FigureName = (typeof FIGURES)[number] | 'unallocated' | 'days_past_due' | 'full_cost' | RowFigure;
export interface LoanTerms { principal: string | null; rate_percent: string | null; rate_period: string | null; kind: string | null; instalments: number | null; issued_on: string; psk_percent: string | null; shop: { down_payment: string; discount: string; paid_to_shop: string; shop_owes: string | null; client_gets: string | null } | null }
export interface LoanFigures {
  next_payment: { due_on: string; amount: string | null } | null; debt_today: string | null; overdue: string | null; interest: string | null; penalty: string | null;
  total_left: string | null; payoff: string | null; unallocated: string | null;
}
export interface LoanPlanRow {
  n: number; due_on: string; interest: string; principal: string; fee: string; payment: string; balance: string; paid: string; left: string;
  state: 'paid' | 'partly_paid' | 'due' | 'overdue' | 'planned' | 'cancelled';
}
export interface LoanOperation { operation_id: string | null; on: string; kind: string; amount: string | null; payer: string | null; source: PaymentSource; reversed: ReversalReason | null; closing: string | null }
export interface LoanPenalty { from: string; to: string; days: number; base: string; rate_percent: string; rate_period: string; amount: string }
export interface LoanRequest { request_id: string; received_on: string; on: string; kind: string; amount: string | null; quoted: string; state: RequestState; is_withdrawal: boolean }
export interface LoanDifference { figure: string; stated: string; reckoned: string | null }
export interface LoanView {
  loan_id: string; client_id: string; number: string; product: string; book: string; currency: string; on: string; as_of: string | null; locked: boolean; status: string; overlays: string[];
  days_past_due: number | null; bucket: string | null; terms: LoanTerms; figures: LoanFigures; structure: { part: string; amount: string }[]; schedule: LoanPlanRow[]; operations: LoanOperation[];
  penalties: LoanPenalty[]; requests: LoanRequest[]; balance: { on: string; principal: string; total: string }[]; differences: LoanDifference[];
}

/** Nothing more is booked to a loan that has another status. */
export const isOpen = (loan: LoanView): boolean => loan.status === 'active' || loan.status === 'overdue';

/** What can be booked by hand, by the last part of its address. */
export type Booking = 'payments' | 'fees' | 'penalty-forgiveness' | 'refunds' | 'holidays' | 'restructurings' | 'goods-returns' | 'closings';
/** What can be told before it is done. */
export type Previewed = Booking | 'reversals';

export interface WhyLine {
  what: string; n: number | null; due_on: string | null; moved_from: string | null; from: string | null; to: string | null; days: number | null; year_days: number | null; base: string | null; rate_percent: string | null; rate_period: string | null;
  flow: { amount: string; periods: number; part: string } | null; amount: string;
}
export interface Why { figure: string; on: string; n: number | null; unit: string; amount: string; full_cost: { period_rate: string; periods_per_year: string } | null; lines: WhyLine[] }

export interface LoanEarlyQuote {
  on: string; kind: string; pay: string; lines: WhyLine[]; interest_without: string; interest_with: string; saving: string; saving_lines: WhyLine[]; schedule: CalculatedRow[]; earliest_on: string;
  withdrawal_until: string | null; is_estimate: boolean;
}
