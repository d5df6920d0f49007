/** The caller's answers before they are sent: whatever cannot be compared stays here and costs no attempt. */
import type { IdentificationField } from '../api/types';
import { parseDate } from '../format/format';

export type AnswerFault = 'needed' | 'bad_date' | 'incomplete';
type Values = Partial<Record<IdentificationField, string>>;

/** What is sent for a field; a date in the form of the server. */
export function answerOf(field: IdentificationField, values: Values): string {
  const typed = values[field]?.trim() ?? '';
  return field === 'birth_date' ? (parseDate(typed) ?? '') : typed;
}

/** What is still to be filled in of the set that the next level needs. */
export function answerFaults(asked: IdentificationField[], values: Values): Partial<Record<IdentificationField, AnswerFault>> {
  return Object.fromEntries(asked.flatMap((field): [IdentificationField, AnswerFault][] => {
    if (!values[field]?.trim()) return [[field, 'needed']];
    if (answerOf(field, values) === '') return [[field, 'bad_date']];
    return field === 'passport_last4' && !/^\d{4}$/.test(answerOf(field, values)) ? [[field, 'incomplete']] : [];
  }));
}
