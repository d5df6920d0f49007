/**
 * Numbers, dates, phones and durations in the language of the person who reads.
 * Sums stay decimal strings from the server to the eye: no floating point on the way.
 */
import type { Language, Localized, Money } from '../api/types';

const NBSP = '\u00a0';
const SYMBOLS: Record<string, string> = { RUB: '₽', KZT: '₸', USD: '$', EUR: '€' };
const MONTHS_RU = ['января', 'февраля', 'марта', 'апреля', 'мая', 'июня', 'июля', 'августа', 'сентября', 'октября', 'ноября', 'декабря'];
const MONTHS_EN = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `9455.96` → `9 455,96` (ru) or `9,455.96` (en); always as many decimals as the text has. */
export function decimal(text: string, language: Language): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!match) return text;
  const [, minus = '', whole = '0', fraction] = match;
  const separator = language === 'ru' ? NBSP : ',';
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, separator);
  const sign = minus ? '−' : '';
  if (fraction === undefined) return sign + grouped;
  return `${sign}${grouped}${language === 'ru' ? ',' : '.'}${fraction}`;
}

export function integer(value: number, language: Language): string {
  return decimal(String(Math.round(value)), language);
}

/** `9 455,96 ₽` in Russian, `RUB 9,455.96` in English. */
export function money(sum: Money, language: Language): string {
  const figure = decimal(sum.amount, language);
  return language === 'ru' ? `${figure}${NBSP}${SYMBOLS[sum.currency] ?? sum.currency}` : `${sum.currency}${NBSP}${figure}`;
}

/** The figure alone, for a column whose head names the currency. */
export function moneyFigure(sum: Money, language: Language): string {
  return decimal(sum.amount, language);
}

export function isZero(sum: Money | null): boolean {
  return sum !== null && /^-?0+(\.0+)?$/.test(sum.amount);
}

interface DateParts { year: number; month: number; day: number }

function dateParts(text: string): DateParts | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(text);
  if (!match) return null;
  return { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
}

/** `15 декабря 2026` or `15 Dec 2026`. */
export function date(text: string, language: Language): string {
  const parts = dateParts(text);
  if (!parts) return text;
  return `${dayMonth(text, language)}${NBSP}${parts.year}`;
}

/** `15 декабря` or `15 Dec`: for sentences about this year. */
export function dayMonth(text: string, language: Language): string {
  const parts = dateParts(text);
  if (!parts) return text;
  const names = language === 'ru' ? MONTHS_RU : MONTHS_EN;
  return `${parts.day}${NBSP}${names[parts.month - 1] ?? ''}`;
}

/** In a sentence the year is said only when it is not the current one. */
export function dateInSentence(text: string, language: Language, today: string): string {
  return text.slice(0, 4) === today.slice(0, 4) ? dayMonth(text, language) : date(text, language);
}

/** `15.12.2026` or `15 Dec 2026`: for columns. */
export function shortDate(text: string, language: Language): string {
  const parts = dateParts(text);
  if (!parts) return text;
  if (language === 'en') return date(text, language);
  return `${pad(parts.day)}.${pad(parts.month)}.${parts.year}`;
}

/** `15.12` or `15 Dec`: for columns of this year. */
export function dayAndMonth(text: string, language: Language): string {
  return language === 'ru' ? shortDate(text, language).slice(0, 5) : dayMonth(text, language);
}

const pad = (value: number): string => String(value).padStart(2, '0');

const formatters = new Map<string, Intl.DateTimeFormat>();
function formatter(timeZone: string): Intl.DateTimeFormat {
  let found = formatters.get(timeZone);
  if (!found) {
    const options: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
    try {
      found = new Intl.DateTimeFormat('en-CA', { ...options, timeZone });
    } catch {
      found = new Intl.DateTimeFormat('en-CA', { ...options, timeZone: 'UTC' });
    }
    formatters.set(timeZone, found);
  }
  return found;
}

/** An instant on the lender's calendar: `{ date: '2026-12-15', time: '13:42', seconds: '05' }`. */
export function inZone(instant: string | number, timeZone: string): { date: string; time: string; seconds: string } {
  const moment = new Date(instant);
  if (Number.isNaN(moment.getTime())) return { date: '', time: '', seconds: '' };
  const parts: Record<string, string> = {};
  for (const part of formatter(timeZone).formatToParts(moment)) parts[part.type] = part.value;
  return { date: `${parts.year}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}`, seconds: parts.second ?? '00' };
}

/** The instant at which a day begins in the zone, as the API takes it. */
export function dayStart(day: string, timeZone: string): string {
  const guess = Date.parse(`${day}T00:00:00Z`);
  const shown = inZone(guess, timeZone);
  const offset = Date.parse(`${shown.date}T${shown.time}:${shown.seconds}Z`) - guess;
  return new Date(guess - offset).toISOString();
}

const DAY_MS = 86_400_000;

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

export function nextDay(day: string): string { return addDays(day, 1); }

/** Days from one day to another; below zero when the other is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** In a list: today only the time, this year without the year. */
export function momentInList(instant: string, language: Language, timeZone: string, today: string): string {
  const local = inZone(instant, timeZone);
  if (!local.date) return instant;
  if (local.date === today) return local.time;
  if (local.date.slice(0, 4) !== today.slice(0, 4)) return `${shortDate(local.date, language)} ${local.time}`;
  return `${dayAndMonth(local.date, language)} ${local.time}`;
}

/** With seconds, for journals and hover texts. */
export function exactTime(instant: string, language: Language, timeZone: string): string {
  const local = inZone(instant, timeZone);
  return local.date ? `${date(local.date, language)}, ${local.time}:${local.seconds}` : instant;
}

/** `00:42`, `1:05:09`: how long a state has lasted. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = pad(total % 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${rest}` : `${pad(minutes)}:${rest}`;
}

const SPAN_UNITS: Record<Language, [string, string, string]> = { ru: ['ч', 'мин', 'с'], en: ['h', 'min', 's'] };

/** `13 мин 3 с`, `2 h 5 min`: how long, in words; under an hour with its seconds. */
export function spanInWords(seconds: number, language: Language): string {
  const total = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  const [hour, minute, second] = SPAN_UNITS[language];
  const parts = hours > 0 ? [`${hours}${NBSP}${hour}`, `${minutes}${NBSP}${minute}`] : [...(minutes > 0 ? [`${minutes}${NBSP}${minute}`] : []), `${rest}${NBSP}${second}`];
  return parts.join(' ');
}

const RELATIVE_STEPS: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3600], ['minute', 60]];

/** `3 дня назад`, `in 2 hours`; under a minute it is "now". */
export function relative(instant: string | number, now: number, language: Language): string {
  const seconds = (new Date(instant).getTime() - now) / 1000;
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  for (const [unit, size] of RELATIVE_STEPS) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return words.format(0, 'second');
}

/** `+7 916 123-45-67`; a masked `+7916***4567` becomes `+7 916 ***-45-67`; anything else stays as it is. */
export function phone(text: string): string {
  const match = /^\+7(\d{3})(\d{3}|\*{3,4})(\d{2})(\d{2})$/.exec(text.replace(/[\s()-]/g, ''));
  if (!match) return text;
  return `+7${NBSP}${match[1]}${NBSP}${match[2]}-${match[3]}-${match[4]}`;
}

const BYTE_UNITS: Record<Language, string[]> = { ru: ['Б', 'КБ', 'МБ', 'ГБ', 'ТБ'], en: ['B', 'KB', 'MB', 'GB', 'TB'] };
export function bytes(count: number, language: Language): string {
  const units = BYTE_UNITS[language];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit += 1; }
  const text = value >= 100 || unit === 0 ? String(Math.round(value)) : value.toFixed(1);
  return `${decimal(text, language)}${NBSP}${units[unit]}`;
}

/** A date of the past, typed in any usual way → `YYYY-MM-DD`, or null when it is not a date. */
export function parseDate(typed: string): string | null { return parse(typed, fullYear); }

/** The same of any day: two digits are a year of this century. */
export function parseDay(typed: string): string | null { return parse(typed, (text) => (text?.length === 2 ? 2000 : 0) + Number(text)); }

function parse(typed: string, year: (text: string | undefined) => number): string | null {
  const text = typed.trim().toLowerCase();
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return checked(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const dotted = /^(\d{1,2})[.,/\s-](\d{1,2})[.,/\s-](\d{4}|\d{2})$/.exec(text) ?? /^(\d{2})(\d{2})(\d{4})$/.exec(text);
  if (dotted) return checked(year(dotted[3]), Number(dotted[2]), Number(dotted[1]));
  const worded = /^(\d{1,2})\s+([a-zа-яё]+)\.?\s+(\d{4})/.exec(text);
  if (worded) {
    const word = worded[2] ?? '';
    let month = MONTHS_EN.findIndex((name) => word.startsWith(name.toLowerCase()));
    if (month < 0) month = MONTHS_RU.findIndex((name) => name.slice(0, 3) === word.slice(0, 3) || (word === 'май' && name === 'мая'));
    return month < 0 ? null : checked(Number(worded[3]), month + 1, Number(worded[1]));
  }
  return null;
}

/** Two digits mean the last hundred years: nobody is born or issued a passport in the future. */
function fullYear(text: string | undefined): number {
  const value = Number(text);
  if (text?.length !== 2) return value;
  const thisYear = new Date().getFullYear();
  return 2000 + value > thisYear ? 1900 + value : 2000 + value;
}

function checked(year: number, month: number, day: number): string | null {
  const moment = new Date(Date.UTC(year, month - 1, day));
  if (moment.getUTCFullYear() !== year || moment.getUTCMonth() !== month - 1 || moment.getUTCDate() !== day || year < 1900) return null;
  return `${year}-${pad(month)}-${pad(day)}`;
}

/** Digits of something that looks like a phone, or null: decides whether a search is by phone. */
export function phoneDigits(typed: string): string | null {
  const digits = typed.replace(/\D/g, '');
  return /^[+\d\s()-]+$/.test(typed.trim()) && digits.length >= 10 && digits.length <= 15 ? digits : null;
}

/** `045-900-036 32` of eleven digits; a masked one as it is. */
export function snils(text: string): string {
  return text.replace(/^(\d{3})(\d{3})(\d{3})(\d{2})$/, '$1-$2-$3 $4');
}

/** `03 19` of the four digits of a Russian passport; any other as it is. */
export function passportSeries(text: string): string {
  return text.replace(/^(\d{2})(\d{2})$/, '$1 $2');
}

/** An address from outside as a link may carry it, or null: never a script. */
export function webAddress(text: string | null): string | null {
  return text !== null && /^(https?:\/\/|\/(?!\/))/i.test(text) ? text : null;
}

export function localized(text: string | Localized | null | undefined, language: Language): string {
  if (text === null || text === undefined) return '';
  if (typeof text === 'string') return text;
  return text[language] || text.ru || text.en || '';
}
