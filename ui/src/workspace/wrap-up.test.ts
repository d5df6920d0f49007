import { describe, expect, it } from 'vitest';
import { type CallDraft, notesOf } from './draft';
import { missingFields } from './WrapUp';

const empty: CallDraft = { topics: [], comment: '', opening_words: [], disposition: null };
const TODAY = '2026-11-22';
const answered = { result: 'answered' as const };

describe('what is missing before a card is finished', () => {
  it('is named in the order of the column', () => { expect(missingFields(empty, answered, { min_comment: 5 }, TODAY)).toEqual(['topics', 'comment', 'disposition']); });
  it('needs no comment where none is demanded', () => { expect(missingFields(empty, { result: null }, { min_comment: 0 }, TODAY)).toEqual(['topics', 'disposition']); });
  it('counts the comment without its spaces', () => { expect(missingFields({ ...empty, topics: ['a'], disposition: 'info_given', comment: '  ab   ' }, answered, { min_comment: 3 }, TODAY)).toEqual(['comment']); });
  it('is nothing when nobody answered', () => { expect(missingFields(empty, { result: 'no_answer' }, { min_comment: 5 }, TODAY)).toEqual([]); });
  it('is the sum and the day of a promise', () => {
    const done: CallDraft = { ...empty, topics: ['a'], disposition: 'ptp' };
    const of = (amount: string, due_on: string) => missingFields({ ...done, promise: { amount, due_on } }, answered, { min_comment: 0 }, TODAY);
    expect(missingFields(done, answered, { min_comment: 0 }, TODAY)).toEqual(['promise_amount', 'promise_due_on']);
    expect(of('0', '2026-11-22')).toEqual(['promise_amount']);
    expect(of('5 000,00', '2026-11-21')).toEqual(['promise_due_on']);
    expect(of('5 000,00', '2026-12-07')).toEqual(['promise_due_on']);
    expect(of('5 000,00', '2026-12-06')).toEqual([]);
    expect(missingFields({ ...done, disposition: 'info_given' }, answered, { min_comment: 0 }, TODAY)).toEqual([]);
  });
});

describe('what the server gets of a promise', () => {
  const draft = (amount: string, due_on: string, disposition: CallDraft['disposition'] = 'ptp') => notesOf({ ...empty, disposition, promise: { amount, due_on } }).promise;
  it('is a plain decimal and a day', () => { expect(draft('5 000,5', '2026-11-27')).toEqual({ amount: '5000.5', due_on: '2026-11-27' }); });
  it('is nothing while half of it is missing, or beside another result', () => {
    expect(draft('', '2026-11-27')).toBeUndefined();
    expect(draft('5000', '')).toBeUndefined();
    expect(draft('5000', '2026-11-27', 'refuses')).toBeUndefined();
  });
});
