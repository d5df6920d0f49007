/** Papers of loans and the wordings they are made from. */
export const PAPER_KINDS = ['current_debt', 'debt_repaid', 'loan_statement', 'payment_schedule', 'early_repayment'] as const;
export type PaperKind = (typeof PAPER_KINDS)[number];
export interface Paper { paper_id: string; loan_id: string; number: string; kind: string; language: string; on: string; issued_at: string; issued_by: string; size: number }
export interface PaperTemplate { kind: string; language: string; entry_id: string; version: number; is_shipped: boolean; text: string; shipped: string }
