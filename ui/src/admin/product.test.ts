import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProductBody } from '../api/types';
import { BESIDE, blankProduct, COUNTS, FLAGS, sentProduct, shiftOf, WORDS, withShift } from './product';

const product = (terms: ProductBody['terms']): ProductBody => ({ ...blankProduct(), title: { ru: 'Заём', en: 'Loan' }, terms });

describe('a product', () => {
  it('is sent with sums and rates as the server reads them', () => {
    const typed = product({ rate_percent: ' 24,5 % ', fee_at_payout: '1 500,00 ₽', dpd_tolerance: '1,00', penalty_percent: '0,1', instalments: 12, is_consumer: false, kind: 'annuity' });
    expect(sentProduct(typed).terms).toEqual({ rate_percent: '24.5', fee_at_payout: '1500.00', dpd_tolerance: '1.00', penalty_percent: '0.1', instalments: 12, is_consumer: false, kind: 'annuity' });
  });
  it('leaves out what was cleared, and keeps a zero', () => { expect(sentProduct(product({ rate_percent: ' ', kind: null, notice_days: 0, down_payment: '' })).terms).toEqual({ notice_days: 0 }); });
  it('sends what is no sum as it was typed, so that the server names it', () => { expect(sentProduct(product({ fee_at_payout: 'много', rate_percent: 'x' })).terms).toEqual({ fee_at_payout: 'много', rate_percent: 'x' }); });
  it('of another system keeps the terms that were typed before', () => { expect(sentProduct({ ...product({ notice_days: 5 }), book: 'external' })).toMatchObject({ book: 'external', terms: { notice_days: 5 } }); });
  it('says in one choice where a payment on a day off goes', () => {
    for (const shift of ['stays', 'adjusted', 'unadjusted'] as const) expect(shiftOf(withShift(shift))).toBe(shift);
    expect(withShift(null)).toEqual({ shift_due_dates: null, interest_shift: null });
    expect(sentProduct(product(withShift('stays'))).terms).toEqual({ shift_due_dates: false });
    expect([shiftOf({}), shiftOf({ shift_due_dates: true })]).toEqual([null, 'adjusted']);
  });
});

it('every term that the server knows of a product has its field', () => {
  const openapi = JSON.parse(readFileSync(join(import.meta.dirname, '../../../schemas/openapi.json'), 'utf8')) as { paths: Record<string, { post: { requestBody: { content: { 'application/json': { schema: { properties: { agreement: { properties: object } } } } } } } }> };
  const known = Object.keys(openapi.paths['/api/v1/loans']?.post.requestBody.content['application/json'].schema.properties.agreement.properties ?? {});
  /** Agreed for each loan. */
  const each = ['principal', 'issued_on', 'first_due_on'];
  const shown = ['shift_due_dates', 'interest_shift', 'rate_percent', 'penalty_percent', 'merchant_discount_percent', 'fee_at_payout', 'dpd_tolerance', 'down_payment', ...Object.keys(WORDS), ...Object.keys(FLAGS), ...Object.keys(COUNTS)];
  expect(known.length).toBeGreaterThan(20);
  expect(known.filter((field) => !each.includes(field)).sort()).toEqual([...shown].sort());
  for (const field of shown) expect(BESIDE).toContain(`terms.${field}`);
});
