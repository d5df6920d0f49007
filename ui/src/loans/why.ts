/** The lines of a figure as the page says them. */
import type { TFunction } from 'i18next';
import type { WhyLine } from '../api/loan-types';
import type { Language } from '../api/types';
import { decimal, shortDate } from '../format/format';
import { i18next } from '../i18n';

export const NBSP = '\u00a0';

/** `24 %` a year, `0,8 % в день` when it is of a day. */
export function rate(percent: string, period: string | null, t: TFunction, language: Language): string {
  return `${decimal(percent, language)}${NBSP}%${period === 'day' ? `${NBSP}${t('terms.rate_period_value.day')}` : ''}`;
}

/** A figure by its name: "today" is said only of today. */
export function figureWord(figure: string, isToday: boolean, t: TFunction): string {
  return !isToday && i18next.exists(`figure_on.${figure}`) ? t(`figure_on.${figure}`) : t(`figure.${figure}`);
}

/** What the line is, and of which payment. */
export function lineTitle(line: WhyLine, t: TFunction, language: Language): string {
  const what = i18next.exists(`why.what.${line.what}`) ? t(`why.what.${line.what}`) : line.what;
  if (line.n === null) return line.flow && line.due_on ? `${what} · ${shortDate(line.due_on, language)}` : what;
  const moved = line.moved_from ? ` (${t('why.moved_from', { date: shortDate(line.moved_from, language) })})` : '';
  return `${what} · ${line.due_on ? t('why.of_payment', { n: line.n, date: shortDate(line.due_on, language) }) : t('why.of_payment_plain', { n: line.n })}${moved}`;
}

/** `69 169,17 × 24 % × 31 дн. / 365 (16.05.2026 – 15.06.2026)`: how the line was reckoned, or which days were counted; empty when neither. */
export function lineReckoning(line: WhyLine, t: TFunction, language: Language): string {
  if (line.flow) return `${decimal(line.flow.amount, language)} / ((1 + ${decimal(line.flow.part, language)} × i) × (1 + i)^${line.flow.periods})`;
  if (line.base === null || line.rate_percent === null) return line.from && line.to ? `${shortDate(line.from, language)} – ${shortDate(line.to, language)}` : '';
  const parts = [decimal(line.base, language), rate(line.rate_percent, line.rate_period, t, language)];
  if (line.days !== null) parts.push(`${t('common.days', { count: line.days })}${line.year_days === null ? '' : ` / ${line.year_days}`}`);
  const span = line.from && line.to ? ` (${line.from === line.to ? '' : `${shortDate(line.from, language)} – `}${shortDate(line.to, language)})` : '';
  return parts.join(' × ') + span;
}

/** The rule behind a line, where there is one to name; that of interest only where it was reckoned. */
export function lineRule(line: WhyLine, t: TFunction): string {
  if (line.what === 'interest' && line.base === null) return '';
  const rule = line.what === 'interest' && line.rate_period === 'day' ? 'interest_by_day' : line.what;
  return i18next.exists(`why.rule.${rule}`) ? t(`why.rule.${rule}`) : '';
}

/** The word for where a loan stands. */
export function statusWord(status: string, t: TFunction): string {
  for (const key of [`loans.status.${status}`, `imports.word.status.${status}`]) if (i18next.exists(key)) return t(key);
  return status;
}
