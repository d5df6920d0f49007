/** Answers of the card as words to be read aloud. The figures come from the server; only the sentence is made here. */
import type { TFunction } from 'i18next';
import type { Answer, Language } from '../api/types';
import { dateInSentence, isZero, money } from './format';

export interface Sentence {
  label: string;
  /** The figure, shown large; empty where the sentence has none. */
  figure: string;
  /** What follows the figure. */
  rest: string;
  tone: 'plain' | 'good' | 'bad' | 'locked';
}

/**
 * `today` is the lender's date. The parts joined by spaces are the sentence:
 * "Следующий платёж 9 455,96 ₽ до 15 декабря (через 24 дня)".
 */
export function answerSentence(answer: Answer, language: Language, today: string, t: TFunction, loans: number): Sentence {
  const label = t(`answer.${answer.kind}`);
  // Nothing was repaid and nothing opens at any level where there never was a loan.
  if (loans === 0 && answer.kind !== 'where_to_pay') return { label, figure: '', rest: t('answer.no_loans'), tone: 'plain' };
  if (answer.locked) return { label, figure: '', rest: t('answer.locked', { level: answer.required_level }), tone: 'locked' };
  if (answer.kind === 'next_payment') return nextPayment(answer, label, language, today, t);
  if (answer.kind === 'debt_today') return debtToday(answer, label, language, t);
  if (answer.kind === 'total_left') return totalLeft(answer, label, language, t);
  return { label, figure: '', rest: '', tone: 'plain' };
}

function nextPayment(answer: Answer, label: string, language: Language, today: string, t: TFunction): Sentence {
  if (answer.none) return { label, figure: '', rest: t('answer.no_payments'), tone: 'good' };
  if (!answer.amount) return unknown(label, t);
  const figure = money(answer.amount, language);
  if (!answer.date) return { label, figure, rest: '', tone: 'plain' };
  const by = t('answer.by_date', { date: dateInSentence(answer.date, language, today) });
  return { label, figure, rest: `${by} (${daysAhead(answer.days_left, t)})`, tone: 'plain' };
}

/** No source tells it for every open loan: nothing may be promised. */
function unknown(label: string, t: TFunction): Sentence {
  return { label, figure: '', rest: t('answer.unknown'), tone: 'plain' };
}

function daysAhead(days: number | null, t: TFunction): string {
  if (days === null || days === 0) return t('answer.today');
  if (days === 1) return t('answer.tomorrow');
  return days > 0 ? t('answer.in_days', { count: days }) : t('answer.days_ago', { count: -days });
}

function debtToday(answer: Answer, label: string, language: Language, t: TFunction): Sentence {
  const owed = answer.amount;
  if (answer.none) return { label, figure: '', rest: t('answer.no_debt'), tone: 'good' };
  if (!owed) return unknown(label, t);
  const figure = money(owed, language);
  const late = answer.overdue_days ?? 0;
  if (late > 0) {
    const parts = [t('answer.overdue_days', { count: late })];
    if (answer.overdue && answer.overdue.amount !== owed.amount) parts.push(t('answer.of_it_overdue', { sum: money(answer.overdue, language) }));
    return { label, figure, rest: parts.join(', '), tone: 'bad' };
  }
  return { label, figure, rest: t('answer.no_arrears'), tone: isZero(owed) ? 'good' : 'plain' };
}

function totalLeft(answer: Answer, label: string, language: Language, t: TFunction): Sentence {
  if (answer.none) return { label, figure: '', rest: t('answer.nothing_left'), tone: 'good' };
  if (!answer.amount) return unknown(label, t);
  const loans = answer.loans.length > 1 ? t('answer.over_loans', { count: answer.loans.length }) : '';
  return { label, figure: money(answer.amount, language), rest: loans, tone: 'plain' };
}

/** The office of the client's city; the first where no city is known; none where the city has none. */
export function officeFor<T extends { body: { address: string } }>(offices: T[], city: string | null): T | undefined {
  return city === null ? offices[0] : offices.find((office) => office.body.address.includes(city));
}

export function sentenceText(sentence: Sentence): string {
  return [sentence.label, sentence.figure, sentence.rest].filter(Boolean).join(' ');
}
