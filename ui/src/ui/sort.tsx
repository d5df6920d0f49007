/** Lists that are whole on the page are sorted by a click on the head of a column. */
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { type ReactNode, useMemo, useState } from 'react';
import { currentLanguage } from '../i18n';

type Value = string | number | null | undefined;

/** What is not there stands last in either direction. */
export function compareValues(one: Value, other: Value, down: boolean): number {
  const empty = (value: Value) => value === null || value === undefined || value === '';
  if (empty(one) || empty(other)) return Number(empty(one)) - Number(empty(other));
  const order = typeof one === 'number' && typeof other === 'number' ? one - other : String(one).localeCompare(String(other), currentLanguage(), { numeric: true });
  return down ? -order : order;
}

export function useSort<T, K extends string>(rows: T[], by: Record<K, (row: T) => Value>, first: NoInfer<K>, firstDown = false) {
  const [sorted, setSorted] = useState<{ key: K; down: boolean }>({ key: first, down: firstDown });
  // `by` is written in place by every caller; its functions do not change.
  const ordered = useMemo(() => [...rows].sort((one, other) => compareValues(by[sorted.key](one), by[sorted.key](other), sorted.down)), [rows, sorted]);
  const head = (key: K, label: ReactNode, className = '') => {
    const on = sorted.key === key;
    const Icon = sorted.down ? IconArrowDown : IconArrowUp;
    return (
      <th key={key} data-col={key} className={className} aria-sort={on ? (sorted.down ? 'descending' : 'ascending') : 'none'}>
        <button type="button" className="sort" onClick={() => setSorted({ key, down: on ? !sorted.down : false })}>{label}{on && <Icon size={12} stroke={2} aria-hidden />}</button>
      </th>
    );
  };
  return { rows: ordered, head };
}
