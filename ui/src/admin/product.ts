/** A product as it is typed and as it is sent: sums and rates as the server reads them, nothing that was left empty. */
import type { ProductBody } from '../api/types';
import { parseSum } from '../format/sums';
import { SHIFTS, type Shift } from '../loans/terms';

export type TermValue = string | number | boolean | null;
export type ProductTerms = Record<string, TermValue>;

/** Sums in roubles. */
const SUMS = ['fee_at_payout', 'dpd_tolerance', 'down_payment'];
const PERCENTS = ['rate_percent', 'penalty_percent', 'merchant_discount_percent'];
export const WORDS = {
  kind: ['annuity', 'equal_principal', 'instalment', 'single'],
  rate_period: ['year', 'day'],
  day_basis: ['ACT/ACT', 'ACT/365F', '30/360'],
  penalty_period: ['year', 'day'],
  penalty_base: ['principal_and_interest', 'principal'],
  current_interest: ['scheduled', 'accrued'],
  early_order: ['interest_first', 'principal_only'],
} as const;
export type WordTerm = keyof typeof WORDS;
/** Yes or no, with what holds when nothing is said. */
export const FLAGS = { is_consumer: true, interest_on_overdue: true, is_instalment_service: false, has_purpose: false, whole_roubles: false } as const;
export type FlagTerm = keyof typeof FLAGS;
export const COUNTS = { instalments: 600, step_days: 366, due_day: 31, notice_days: 366 } as const;
export type CountTerm = keyof typeof COUNTS;
export type TextTerm = 'rate_percent' | 'penalty_percent' | 'merchant_discount_percent' | 'fee_at_payout' | 'dpd_tolerance' | 'down_payment';

/** Fields whose faults stand beside them. */
export const BESIDE = [
  'title', 'title.ru', 'title.en', 'description.ru', 'description.en', 'order', 'book', 'terms.shift_due_dates', 'terms.interest_shift',
  ...[...SUMS, ...PERCENTS, ...Object.keys(WORDS), ...Object.keys(FLAGS), ...Object.keys(COUNTS)].map((field) => `terms.${field}`),
];

export function blankProduct(): ProductBody {
  return { title: { ru: '', en: '' }, description: { ru: '', en: '' }, order: 10, book: 'own', terms: {} };
}

/** Where a payment on a day off goes; null when the product leaves it to each loan. */
export function shiftOf(terms: ProductTerms): Shift | null {
  if (typeof terms.shift_due_dates !== 'boolean') return null;
  if (!terms.shift_due_dates) return 'stays';
  return terms.interest_shift === 'unadjusted' ? 'unadjusted' : 'adjusted';
}

export function withShift(shift: string | null): ProductTerms {
  const found = SHIFTS.find((each) => each === shift);
  return { shift_due_dates: found ? found !== 'stays' : null, interest_shift: found && found !== 'stays' ? found : null };
}

function sentTerm(field: string, value: TermValue): TermValue {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (text === '') return null;
  if (SUMS.includes(field)) return parseSum(text);
  return PERCENTS.includes(field) ? text.replace(',', '.').replace(/\s*%$/, '') : text;
}

/** The terms of loans of another system are agreed there: those typed before stay, in case the book comes here again. */
export function sentProduct(body: ProductBody): ProductBody {
  const terms = Object.entries(body.terms ?? {}).map(([field, value]) => [field, sentTerm(field, value)] as const);
  return { ...body, terms: Object.fromEntries(terms.filter(([, value]) => value !== null)) };
}
