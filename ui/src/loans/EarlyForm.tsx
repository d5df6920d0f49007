/** What an early repayment is asked with, and its answer in a sentence to read aloud: the same in the calculator and on a loan. */
import { SegmentedControl, Slider, TextInput } from '@mantine/core';
import { addDays, dateInSentence, daysBetween, decimal, money } from '../format/format';
import { isBelow, isNothing } from '../format/sums';
import { useWords } from '../i18n/use-language';
import { DateField } from '../ui/DateField';
import { ShortDate, useToday } from '../ui/parts';
import type { EarlyAsk, EarlyKind } from './early';
import styles from './loans.module.css';

interface Props {
  kinds: readonly EarlyKind[]; ask: EarlyAsk; onChange: (part: Partial<EarlyAsk>) => void;
  /** The days between which the slider moves. */
  from: string; to: string;
  fault: (field: 'on' | 'amount' | 'kind') => string | undefined;
}

export function EarlyForm({ kinds, ask, onChange, from, to, fault }: Props) {
  const { t, language } = useWords();
  const days = Math.max(1, daysBetween(from, to));
  const at = ask.on ? Math.min(days, Math.max(0, daysBetween(from, ask.on))) : 0;
  const sentence = (day: string) => dateInSentence(day, language, from);
  return (
    <div className="stack">
      <SegmentedControl aria-label={t('early.kind')} value={ask.kind} onChange={(kind) => onChange({ kind: kind as EarlyKind })} data={kinds.map((each) => ({ value: each, label: t(`early.kind_short.${each}`) }))} fullWidth={kinds.length <= 3} />
      <p className="caption">{t(`early.kind_help.${ask.kind}`)}</p>
      <div className={styles.pair}>
        <DateField name="on" label={t('early.on')} value={ask.on} onChange={(on) => onChange({ on })} error={fault('on')} />
        {ask.kind !== 'full' && ask.kind !== 'withdrawal' && <TextInput name="amount" label={t('early.amount')} value={ask.amount} onChange={(event) => onChange({ amount: event.currentTarget.value })} error={fault('amount')} inputMode="decimal" autoComplete="off" />}
      </div>
      <div className={styles.slider}>
        <Slider size="sm" thumbLabel={t('early.slider')} min={0} max={days} value={at} onChange={(value) => onChange({ on: addDays(from, value) })} label={(value) => sentence(addDays(from, value))} />
        <div className={styles.ends}><span><ShortDate of={from} near /></span><span><ShortDate of={to} /></span></div>
      </div>
    </div>
  );
}

interface Result { on: string; to_pay: string; saving: string; interest_without: string; interest_with: string; annuity?: string | null }

/** To be read aloud as it stands. */
export function EarlySentence({ kind, result, currency }: { kind: EarlyKind; result: Result; currency: string }) {
  const { t, language } = useWords();
  const today = useToday();
  const sum = (amount: string) => money({ amount, currency }, language);
  const saves = !isNothing(result.saving) && !isBelow(result.saving);
  return (
    <div className={styles.sentence} role="status">
      {t(`early.say.${kind}`, { date: dateInSentence(result.on, language, today) })} <strong>{sum(result.to_pay)}</strong>.{' '}
      {saves ? <>{t('early.say_saving')} <strong className="good">{sum(result.saving)}</strong>.</> : t('early.say_no_saving')}
      {kind === 'smaller_payment' && result.annuity && <> {t('early.say_payment')} <strong>{sum(result.annuity)}</strong>.</>}
    </div>
  );
}

/** The interest on both sides of the saving. */
export function EarlyInterest({ result }: { result: Result }) {
  const { t, language } = useWords();
  return (
    <dl className={styles.lines}>
      <dt>{t('early.interest_without')}</dt><dd>{decimal(result.interest_without, language)}</dd>
      <dt>{t('early.interest_with')}</dt><dd>{decimal(result.interest_with, language)}</dd>
    </dl>
  );
}
