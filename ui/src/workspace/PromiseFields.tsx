import { TextInput } from '@mantine/core';
import { addDays } from '../format/format';
import { kopecks, parseSum } from '../format/sums';
import { useWords } from '../i18n/use-language';
import { DateField } from '../ui/DateField';
import type { PromiseDraft } from './draft';
import styles from './workspace.module.css';

/** Days ahead that a promise may reach; what is later is no promise. */
export const PROMISE_DAYS_MAX = 14;
export type PromiseFault = 'promise_amount' | 'promise_due_on';

/** What is missing of a promise given on `today`. */
export function promiseFaults(promise: PromiseDraft | undefined, today: string): PromiseFault[] {
  const faults: PromiseFault[] = [];
  if ((kopecks(parseSum(promise?.amount ?? '')) ?? 0n) <= 0n) faults.push('promise_amount');
  const day = promise?.due_on ?? '';
  if (day < today || day > addDays(today, PROMISE_DAYS_MAX)) faults.push('promise_due_on');
  return faults;
}

/** D10: how much the client promised to pay, and by when. */
export function PromiseFields({ value, onChange, faults }: { value: PromiseDraft | undefined; onChange: (promise: PromiseDraft) => void; faults: PromiseFault[] }) {
  const { t } = useWords();
  const promise = value ?? { amount: '', due_on: '' };
  return (
    <div className={styles.promise} role="group" aria-label={t('wrap.promise')}>
      <TextInput
        name="promise_amount" label={t('wrap.promise_amount')} value={promise.amount} inputMode="decimal" autoComplete="off" placeholder="5 000,00"
        onChange={(event) => onChange({ ...promise, amount: event.currentTarget.value })} error={faults.includes('promise_amount') ? t('wrap.need_promise_amount') : undefined}
      />
      <DateField
        name="promise_due_on" label={t('wrap.promise_due_on')} value={promise.due_on} onChange={(due_on) => onChange({ ...promise, due_on })}
        error={faults.includes('promise_due_on') ? t('wrap.need_promise_due_on', { count: PROMISE_DAYS_MAX }) : undefined}
      />
    </div>
  );
}
