/** The terms of a loan: one column, the rare ones folded away. */
import { Checkbox, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useWords } from '../i18n/use-language';
import { DateField } from '../ui/DateField';
import card from '../card/card.module.css';
import styles from './loans.module.css';
import { DAY_BASES, type DayBasis, LOAN_KINDS, type LoanKind, SHIFTS, type Shift, type TermField, type Terms } from './terms';

interface Props { terms: Terms; onChange: (part: Partial<Terms>) => void; fault: (field: TermField | 'kind') => string | undefined; autoFocus?: boolean }

export function TermsForm({ terms, onChange, fault, autoFocus }: Props) {
  const { t } = useWords();
  const rare = terms.day_basis !== 'ACT/ACT' || terms.fee !== '' || terms.due_day !== '' || terms.first_due_on !== '' || terms.whole_roubles;
  const [more, setMore] = useState(rare);
  const single = terms.kind === 'single';
  const text = (key: 'principal' | 'rate' | 'instalments' | 'step_days' | 'due_day' | 'fee', field: TermField, label: string, focus = false) => (
    <TextInput name={field} label={label} value={terms[key]} error={fault(field)} inputMode="decimal" autoComplete="off" autoFocus={focus} onChange={(event) => onChange({ [key]: event.currentTarget.value })} />
  );
  return (
    <>
      <Select label={t('terms.kind')} value={terms.kind} onChange={(kind) => onChange({ kind: (kind ?? 'annuity') as LoanKind })} allowDeselect={false} error={fault('kind')} data={LOAN_KINDS.map((each) => ({ value: each, label: t(`terms.kind_value.${each}`) }))} />
      {text('principal', 'principal', t('terms.principal'), autoFocus)}
      {terms.kind !== 'instalment' && (
        <div className={styles.pair}>
          {text('rate', 'rate_percent', t('terms.rate'))}
          <Select label={t('terms.rate_period')} value={terms.rate_period} onChange={(period) => onChange({ rate_period: period === 'day' ? 'day' : 'year' })} allowDeselect={false} data={(['year', 'day'] as const).map((each) => ({ value: each, label: t(`terms.rate_period_value.${each}`) }))} />
        </div>
      )}
      <div className={styles.pair}>
        {single ? text('step_days', 'step_days', t('terms.step_days')) : text('instalments', 'instalments', t('terms.instalments'))}
        <DateField name="issued_on" label={t('terms.issued_on')} value={terms.issued_on} onChange={(day) => onChange({ issued_on: day })} error={fault('issued_on')} />
      </div>
      <Select label={t('terms.shift')} value={terms.shift} onChange={(shift) => onChange({ shift: (shift ?? 'stays') as Shift })} allowDeselect={false} data={SHIFTS.map((each) => ({ value: each, label: t(`terms.shift_value.${each}`) }))} />
      <button type="button" className={card.linkButton} aria-expanded={more} onClick={() => setMore(!more)}>{t(more ? 'terms.less' : 'terms.more')}</button>
      {more && (
        <>
          {!single && (
            <div className={styles.pair}>
              {text('due_day', 'due_day', t('terms.due_day'))}
              <DateField name="first_due_on" label={t('terms.first_due_on')} value={terms.first_due_on} onChange={(day) => onChange({ first_due_on: day })} error={fault('first_due_on')} />
            </div>
          )}
          {text('fee', 'fee_at_payout', t('terms.fee'))}
          <div className="stack" style={{ gap: 4 }}>
            <span className="small" id="day-basis" style={{ fontWeight: 500 }}>{t('terms.day_basis')}</span>
            <SegmentedControl aria-labelledby="day-basis" value={terms.day_basis} onChange={(basis) => onChange({ day_basis: basis as DayBasis })} data={[...DAY_BASES]} />
          </div>
          {terms.kind === 'annuity' && <Checkbox label={t('terms.whole_roubles')} checked={terms.whole_roubles} onChange={(event) => onChange({ whole_roubles: event.currentTarget.checked })} />}
        </>
      )}
    </>
  );
}
