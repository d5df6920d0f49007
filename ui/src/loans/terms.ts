/** The terms of a loan as they are typed, and as they are asked of the server. Nothing is reckoned here. */
import { kopecks, parseSum } from '../format/sums';

export const LOAN_KINDS = ['annuity', 'equal_principal', 'instalment', 'single'] as const;
export type LoanKind = (typeof LOAN_KINDS)[number];
export const DAY_BASES = ['ACT/ACT', 'ACT/365F', '30/360'] as const;
export type DayBasis = (typeof DAY_BASES)[number];
export const SHIFTS = ['stays', 'adjusted', 'unadjusted'] as const;
export type Shift = (typeof SHIFTS)[number];

export interface Terms {
  kind: LoanKind; principal: string; rate: string; rate_period: 'year' | 'day'; instalments: string; step_days: string; issued_on: string;
  day_basis: DayBasis; shift: Shift; due_day: string; first_due_on: string; fee: string; whole_roubles: boolean;
}

export interface LoanAsk {
  kind: LoanKind; principal: string; rate_percent: string; instalments: number; issued_on: string; day_basis: DayBasis; shift_due_dates: boolean;
  interest_shift?: 'adjusted' | 'unadjusted'; rate_period: 'year' | 'day'; due_day?: number; first_due_on?: string; step_days?: number;
  whole_roubles?: boolean; fee_at_payout?: string;
}

export function firstTerms(today: string): Terms {
  return { kind: 'annuity', principal: '100000', rate: '24', rate_period: 'year', instalments: '12', step_days: '30', issued_on: today, day_basis: 'ACT/ACT', shift: 'adjusted', due_day: '', first_due_on: '', fee: '', whole_roubles: false };
}

export type TermField = 'principal' | 'rate_percent' | 'instalments' | 'issued_on' | 'step_days' | 'due_day' | 'first_due_on' | 'fee_at_payout';
export type TermFaults = Partial<Record<TermField, string>>;

const whole = (text: string): number | null => (/^\d{1,5}$/.test(text.trim()) ? Number(text.trim()) : null);

/** What the server cannot be asked at all: a number or a day that is none. Codes are those of the server. */
export function termFaults(terms: Terms): TermFaults {
  const faults: TermFaults = {};
  if (!terms.principal.trim()) faults.principal = 'required';
  if (!terms.issued_on) faults.issued_on = 'required';
  if (terms.kind !== 'instalment' && !terms.rate.trim()) faults.rate_percent = 'required';
  const number = (field: TermField, text: string, required: boolean): void => {
    if (!text.trim()) { if (required) faults[field] = 'required'; } else if (whole(text) === null) faults[field] = 'invalid_number';
  };
  if (terms.kind === 'single') number('step_days', terms.step_days, true);
  else { number('instalments', terms.instalments, true); number('due_day', terms.due_day, false); }
  return faults;
}

/** The terms as the server takes them; null while they have faults of their own. */
export function askOf(terms: Terms): LoanAsk | null {
  if (Object.keys(termFaults(terms)).length > 0) return null;
  const single = terms.kind === 'single';
  const fee = parseSum(terms.fee);
  return {
    kind: terms.kind,
    principal: parseSum(terms.principal),
    rate_percent: terms.kind === 'instalment' ? '0' : terms.rate.trim().replace(',', '.').replace(/\s*%$/, ''),
    rate_period: terms.kind === 'instalment' ? 'year' : terms.rate_period,
    instalments: single ? 1 : (whole(terms.instalments) ?? 0),
    issued_on: terms.issued_on,
    day_basis: terms.day_basis,
    shift_due_dates: terms.shift !== 'stays',
    ...(terms.shift === 'stays' ? {} : { interest_shift: terms.shift }),
    ...(single ? { step_days: whole(terms.step_days) ?? 0 } : {}),
    ...(!single && terms.due_day.trim() ? { due_day: whole(terms.due_day) ?? 0 } : {}),
    ...(!single && terms.first_due_on ? { first_due_on: terms.first_due_on } : {}),
    ...(terms.kind === 'annuity' && terms.whole_roubles ? { whole_roubles: true } : {}),
    ...(fee !== '' && kopecks(fee) !== 0n ? { fee_at_payout: fee } : {}),
  };
}

/** What was kept in the browser, when it still is what this page keeps. */
export function keptTerms(kept: unknown, today: string): Terms {
  const first = firstTerms(today);
  if (typeof kept !== 'object' || kept === null) return first;
  const old = kept as Record<string, unknown>;
  const terms = { ...first };
  for (const key of Object.keys(first) as (keyof Terms)[]) if (typeof old[key] === typeof first[key]) Object.assign(terms, { [key]: old[key] });
  if (!LOAN_KINDS.includes(terms.kind)) terms.kind = first.kind;
  if (!DAY_BASES.includes(terms.day_basis)) terms.day_basis = first.day_basis;
  if (!SHIFTS.includes(terms.shift)) terms.shift = first.shift;
  if (terms.rate_period !== 'day') terms.rate_period = 'year';
  return terms;
}

/** The terms with those of a product put in where it has them. */
export function ofProduct(terms: Terms, product: Record<string, unknown> | null): Terms {
  if (!product) return terms;
  const word = (key: string): string | undefined => (typeof product[key] === 'string' || typeof product[key] === 'number' ? String(product[key]) : undefined);
  const kind = LOAN_KINDS.find((each) => each === product.kind) ?? terms.kind;
  const moves = product.shift_due_dates;
  return {
    ...terms,
    kind,
    rate: word('rate_percent') ?? terms.rate,
    rate_period: product.rate_period === 'day' ? 'day' : product.rate_percent === undefined || product.rate_percent === null ? terms.rate_period : 'year',
    instalments: word('instalments') ?? terms.instalments,
    step_days: word('step_days') ?? terms.step_days,
    day_basis: DAY_BASES.find((each) => each === product.day_basis) ?? terms.day_basis,
    shift: moves === false ? 'stays' : moves === true ? (product.interest_shift === 'unadjusted' ? 'unadjusted' : 'adjusted') : terms.shift,
    due_day: word('due_day') ?? terms.due_day,
    fee: word('fee_at_payout') ?? terms.fee,
    whole_roubles: typeof product.whole_roubles === 'boolean' ? product.whole_roubles : terms.whole_roubles,
  };
}
