import { expect, it } from 'vitest';
import { i18next } from '../i18n';
import { columns, type Row, scheduleCells, totals } from './schedule';

const plain: Row = { n: 1, due_on: '2026-02-15', days: 31, interest: '2038.36', principal: '7417.60', payment: '9455.96', balance: '92582.40' };
const kept: Row = { ...plain, days: undefined, fee: '59.00', left: '1000.00', state: 'overdue' };

it('a schedule has only the columns that its rows have', () => {
  expect(columns([plain])).toEqual(['days']);
  expect(columns([kept])).toEqual(['fee', 'left', 'state']);
  expect(columns([{ ...kept, fee: '0.00' }])).toEqual(['left', 'state']);
});
it('leaves the page with its heads and totals, every row as wide as the head', () => {
  const cells = scheduleCells([kept, { ...kept, n: 2 }], i18next.getFixedT('ru'), 'ru');
  expect(new Set(cells.map((row) => row.length)).size).toBe(1);
  expect(cells[1]).toEqual([1, '15.02.2026', '9455.96', '2038.36', '7417.60', '59.00', '92582.40', '1000.00', 'просрочен']);
  expect(totals([kept, kept])).toEqual({ interest: '4076.72', principal: '14835.20', fee: '118.00', payment: '18911.92', left: '2000.00' });
});
