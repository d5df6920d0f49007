import { describe, expect, it } from 'vitest';
import type { CallDraft } from './draft';
import { missingFields } from './WrapUp';

const empty: CallDraft = { topics: [], comment: '', opening_words: [], disposition: null };
const answered = { result: 'answered' as const };

describe('what is missing before a card is finished', () => {
  it('is named in the order of the column', () => { expect(missingFields(empty, answered, { min_comment: 5 })).toEqual(['topics', 'comment', 'disposition']); });
  it('needs no comment where none is demanded', () => { expect(missingFields(empty, { result: null }, { min_comment: 0 })).toEqual(['topics', 'disposition']); });
  it('counts the comment without its spaces', () => { expect(missingFields({ ...empty, topics: ['a'], disposition: 'info_given', comment: '  ab   ' }, answered, { min_comment: 3 })).toEqual(['comment']); });
  it('is nothing when nobody answered', () => { expect(missingFields(empty, { result: 'no_answer' }, { min_comment: 5 })).toEqual([]); });
});
