/** The parts of a loan, in the order of their tabs; the address of a loan's page names them. */
export const LOAN_TABS = ['overview', 'schedule', 'operations', 'early', 'papers'] as const;
export type LoanTab = (typeof LOAN_TABS)[number];
