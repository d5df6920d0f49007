import { expect, it } from 'vitest';
import { indexAt, months, type Point, scaleOf, steps, ticksUpTo, withPlan } from './chart';

const frame = { width: 110, height: 60, left: 10, right: 0, top: 10, bottom: 0 };
const points: Point[] = [{ on: '2026-01-01', principal: '100.00', total: '100.00' }, { on: '2026-03-02', principal: '50.00', total: '60.00' }, { on: '2026-04-11', principal: '0.00', total: '0.00' }];

it('steps of the axis are round and reach the top', () => {
  expect(ticksUpTo(100_000)).toEqual([0, 25_000, 50_000, 75_000, 100_000]);
  expect(ticksUpTo(44_991)).toEqual([0, 20_000, 40_000, 60_000]);
  expect(ticksUpTo(0)).toEqual([0]);
});
it('a balance holds until the day on which it changes', () => {
  const scale = scaleOf(points, frame);
  if (!scale) throw new Error('no scale');
  expect(steps(points, scale, 'principal')).toBe('M10 10H70V35H110V60');
  expect(steps(points, scale, 'total')).toBe('M10 10H70V30H110V60');
  expect([9, 69, 71, 110, 500].map((x) => indexAt(points, scale, x))).toEqual([0, 0, 1, 2, 2]);
});
it('one day is no line', () => { expect(scaleOf(points.slice(0, 1), frame)).toBeNull(); expect(scaleOf([], frame)).toBeNull(); });
it('names as many months as there is room for', () => {
  expect(months('2026-01-15', '2026-04-15', 6)).toEqual(['2026-02-01', '2026-03-01', '2026-04-01']);
  expect(months('2026-01-15', '2027-01-15', 6)).toEqual(['2026-02-01', '2026-04-01', '2026-06-01', '2026-08-01', '2026-10-01', '2026-12-01']);
});
it('goes on from today as the schedule plans', () => {
  const rows = [{ due_on: '2026-03-02', balance: '50.00', state: 'paid' }, { due_on: '2026-05-02', balance: '25.00', state: 'planned' }, { due_on: '2026-06-02', balance: '0.00', state: 'cancelled' }];
  expect(withPlan(points.slice(0, 2), rows, '2026-03-10').map((point) => [point.on, point.principal])).toEqual([['2026-01-01', '100.00'], ['2026-03-02', '50.00'], ['2026-03-10', '50.00'], ['2026-05-02', '25.00']]);
});
