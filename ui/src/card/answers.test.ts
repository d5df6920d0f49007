import { describe, expect, it } from 'vitest';
import { answerFaults, answerOf } from './answers';

describe('answers of the caller', () => {
  const asked = ['full_name', 'birth_date', 'passport_last4'] as const;
  it('are not sent until the whole set is there', () => {
    expect(answerFaults([...asked], { full_name: 'Иванова Мария' })).toEqual({ birth_date: 'needed', passport_last4: 'needed' });
    expect(answerFaults([...asked], { full_name: ' ', birth_date: '30.02.1990', passport_last4: '34' })).toEqual({ full_name: 'needed', birth_date: 'bad_date', passport_last4: 'incomplete' });
    expect(answerFaults([...asked], { full_name: 'Иванова Мария', birth_date: '28.02.1990', passport_last4: '3456' })).toEqual({});
  });
  it('go with the date as the server writes it', () => {
    expect(answerOf('birth_date', { birth_date: '28.02.1990' })).toBe('1990-02-28');
    expect(answerOf('full_name', { full_name: ' Ким Ольга ' })).toBe('Ким Ольга');
  });
});
