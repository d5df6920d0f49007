/** A schedule as a table for the clipboard and for a file. */
import type { TFunction } from 'i18next';
import type { Language } from '../api/types';
import { shortDate } from '../format/format';
import { total } from '../format/sums';
import type { Cell } from '../ui/export';

export interface Row { n: number; due_on: string; days?: number; interest: string; principal: string; fee?: string | null; payment: string; balance: string; left?: string; state?: string }

export interface Totals { interest: string; principal: string; fee: string; payment: string; left: string }
export function totals(rows: Row[]): Totals {
  return { interest: total(rows.map((row) => row.interest)), principal: total(rows.map((row) => row.principal)), fee: total(rows.map((row) => row.fee ?? null)), payment: total(rows.map((row) => row.payment)), left: total(rows.map((row) => row.left ?? null)) };
}

/** Columns that the rows have; a fee only where one is charged. */
export function columns(rows: Row[]): ('days' | 'fee' | 'left' | 'state')[] {
  const found: ('days' | 'fee' | 'left' | 'state')[] = [];
  if (rows.some((row) => row.days !== undefined)) found.push('days');
  if (rows.some((row) => row.fee && !/^0+(\.0+)?$/.test(row.fee))) found.push('fee');
  if (rows.some((row) => row.left !== undefined)) found.push('left');
  if (rows.some((row) => row.state !== undefined)) found.push('state');
  return found;
}

export function scheduleCells(rows: Row[], t: TFunction, language: Language): Cell[][] {
  const has = columns(rows);
  const sum = totals(rows);
  const pick = (n: Cell, due: Cell, days: Cell, interest: Cell, principal: Cell, fee: Cell, payment: Cell, balance: Cell, left: Cell, state: Cell): Cell[] => [
    n, due, ...(has.includes('days') ? [days] : []), payment, interest, principal, ...(has.includes('fee') ? [fee] : []), balance, ...(has.includes('left') ? [left] : []), ...(has.includes('state') ? [state] : []),
  ];
  return [
    pick(t('schedule.n'), t('schedule.due'), t('schedule.days'), t('schedule.interest'), t('schedule.principal'), t('schedule.fee'), t('schedule.payment'), t('schedule.balance'), t('schedule.left'), t('schedule.state')),
    ...rows.map((row) => pick(row.n, shortDate(row.due_on, language), row.days ?? null, row.interest, row.principal, row.fee ?? null, row.payment, row.balance, row.left ?? null, row.state ? t(`schedule.state_value.${row.state}`) : null)),
    pick('', t('common.total'), '', sum.interest, sum.principal, sum.fee, sum.payment, '', sum.left, ''),
  ];
}
