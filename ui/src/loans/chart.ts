/** Geometry of the chart of a balance: days and sums to points of a picture. Sums become floating numbers here and only here. */
import { daysBetween } from '../format/format';

export interface Point { on: string; principal: string; total: string }
export interface Frame { width: number; height: number; left: number; right: number; top: number; bottom: number }
export interface Scale { x: (day: string) => number; y: (sum: number) => number; ticks: number[]; from: string; to: string }

/** What was, and what the schedule still takes from the principal after `on`; what is planned has no other sums yet. */
export function withPlan(known: Point[], schedule: { due_on: string; balance: string; state: string }[], on: string): Point[] {
  const ahead = schedule.filter((row) => row.due_on > on && row.state !== 'cancelled').map((row) => ({ on: row.due_on, principal: row.balance, total: row.balance }));
  const now = known.at(-1);
  return now && now.on < on && ahead.length > 0 ? [...known, { ...now, on }, ...ahead] : [...known, ...ahead];
}

/** Round steps of which three to five reach `top`. */
export function ticksUpTo(top: number): number[] {
  if (!(top > 0)) return [0];
  const rough = top / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, index) => index * step);
}

export function scaleOf(points: Point[], frame: Frame): Scale | null {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || first.on === last.on) return null;
  const ticks = ticksUpTo(Math.max(...points.map((point) => Math.max(Number(point.total), Number(point.principal)))));
  const span = daysBetween(first.on, last.on);
  const top = ticks.at(-1) || 1;
  return {
    x: (day) => frame.left + ((frame.width - frame.left - frame.right) * Math.min(span, Math.max(0, daysBetween(first.on, day)))) / span,
    y: (sum) => frame.height - frame.bottom - ((frame.height - frame.top - frame.bottom) * Math.max(0, sum)) / top,
    ticks, from: first.on, to: last.on,
  };
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** A balance holds until the day on which it changes. */
export function steps(points: Point[], scale: Scale, of: 'principal' | 'total'): string {
  return points.map((point, index) => {
    const [x, y] = [round(scale.x(point.on)), round(scale.y(Number(point[of])))];
    return index === 0 ? `M${x} ${y}` : `H${x}V${y}`;
  }).join('');
}

/** The last point at or before the day under `x`. */
export function indexAt(points: Point[], scale: Scale, x: number): number {
  let found = 0;
  points.forEach((point, index) => { if (scale.x(point.on) <= x + 0.5) found = index; });
  return found;
}

/** First days of months to be named below, at most `count`. */
export function months(from: string, to: string, count: number): string[] {
  const all: string[] = [];
  let [year, month] = [Number(from.slice(0, 4)), Number(from.slice(5, 7)) + 1];
  for (;;) {
    if (month > 12) { month = 1; year += 1; }
    const day = `${year}-${String(month).padStart(2, '0')}-01`;
    if (day > to) break;
    all.push(day);
    month += 1;
  }
  const every = [1, 2, 3, 6, 12, 24, 60, 120].find((each) => all.length / each <= count) ?? all.length;
  return all.filter((_, index) => index % every === 0);
}
