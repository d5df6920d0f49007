/** A schedule as a table for the clipboard and for a file. */
import type { TFunction } from 'i18next';
import type { Language } from '../api/types';
import { shortDate } from '../format/format';
import { total } from '../format/sums';
import type { Cell } from '../ui/export';

export interface Row { n: number; due_on: string; days?: number; interest: string; principal: string; fee?: string | null; payment: string; balance: string; state?: string }

export interface Totals { interest: string; principal: string; fee: string; payment: string }
export function totals(rows: Row[]): Totals {
  return { interest: total(rows.map((row) => row.interest)), principal: total(rows.map((row) => row.principal)), fee: total(rows.map((row) => row.fee ?? null)), payment: total(rows.map((row) => row.payment)) };
}

/** Columns that the rows have; a fee only where one is charged. */
export function columns(rows: Row[]): ('days' | 'fee' | 'state')[] {
  const found: ('days' | 'fee' | 'state')[] = [];
  if (rows.some((row) => row.days !== undefined)) found.push('days');
  if (rows.some((row) => row.fee && !/^0+(\.0+)?$/.test(row.fee))) found.push('fee');
  if (rows.some((row) => row.state !== undefined)) found.push('state');
  return found;
}

export function scheduleCells(rows: Row[], t: TFunction, language: Language): Cell[][] {
  const has = columns(rows);
  const sum = totals(rows);
  const pick = (n: Cell, due: Cell, days: Cell, interest: Cell, principal: Cell, fee: Cell, payment: Cell, balance: Cell, state: Cell): Cell[] => [
    n, due, ...(has.includes('days') ? [days] : []), payment, interest, principal, ...(has.includes('fee') ? [fee] : []), balance, ...(has.includes('state') ? [state] : []),
  ];
  return [
    pick(t('schedule.n'), t('schedule.due'), t('schedule.days'), t('schedule.interest'), t('schedule.principal'), t('schedule.fee'), t('schedule.payment'), t('schedule.balance'), t('schedule.state')),
    ...rows.map((row) => pick(row.n, shortDate(row.due_on, language), row.days ?? null, row.interest, row.principal, row.fee ?? null, row.payment, row.balance, row.state ? t(`schedule.state_value.${row.state}`) : null)),
    pick('', t('common.total'), '', sum.interest, sum.principal, sum.fee, sum.payment, '', ''),
  ];
}
