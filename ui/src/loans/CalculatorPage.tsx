/** Any terms, no client: schedule, full cost, what an early repayment saves. The terms stay for the next time. */
import { Button, SegmentedControl } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { calculator } from '../api/endpoints';
import { useSession } from '../api/session';
import { addDays, decimal, money } from '../format/format';
import { parseSum } from '../format/sums';
import { useWords } from '../i18n/use-language';
import { loadDraft, saveDraft } from '../state/drafts';
import { Empty, Failure, fieldError, useToday, Waiting } from '../ui/parts';
import { type EarlyAsk, isWhole } from './early';
import { EarlyForm, EarlyInterest, EarlySentence } from './EarlyForm';
import styles from './loans.module.css';
import { ScheduleExport, ScheduleTable } from './ScheduleTable';
import { type askOf, firstTerms, keptTerms, type Terms } from './terms';
import { TermsForm } from './TermsForm';
import { PAUSE_MS, useCalculation } from './use-calculation';

const DRAFT = 'calculator';
const BESIDE = ['kind', 'principal', 'rate_percent', 'instalments', 'issued_on', 'step_days', 'due_day', 'first_due_on', 'fee_at_payout', 'on', 'amount'];
const KINDS = ['full', 'smaller_payment', 'shorter_term'] as const;

export function CalculatorPage() {
  const { t, language } = useWords();
  const { user, lender } = useSession();
  const today = useToday();
  const [terms, setTerms] = useState<Terms>(() => keptTerms(loadDraft(user.id, DRAFT), today));
  const [early, setEarly] = useState<EarlyAsk>({ kind: 'full', on: '', amount: '' });
  const [view, setView] = useState<'plain' | 'early'>('plain');
  useEffect(() => saveDraft(user.id, DRAFT, terms), [user.id, terms]);
  const { ask, settled, local, error, plan, isFetching } = useCalculation(terms);
  const rows = plan?.schedule ?? [];
  const last = rows.at(-1)?.due_on ?? addDays(today, 365);
  const from = addDays(settled.issued_on || today, 1);
  // A day that the terms have outrun is put back between their ends.
  const on = early.on && early.on >= from && early.on <= last ? early.on : (rows[Math.floor(rows.length / 3)]?.due_on ?? '');
  const quote = useQuote(ask, { ...early, on }, rows.length > 0);
  const after = view === 'early' && quote.data ? quote.data.schedule : null;
  const sum = (amount: string) => money({ amount, currency: lender.currency }, language);
  return (
    <div className={styles.calculator}>
      <section className={styles.side} aria-label={t('terms.title')}>
        <div className="row"><h1 className="grow">{t('nav.calculator')}</h1><Button size="compact-xs" variant="subtle" onClick={() => setTerms(firstTerms(today))}>{t('terms.reset')}</Button></div>
        <TermsForm terms={terms} onChange={(part) => setTerms((old) => ({ ...old, ...part }))} autoFocus fault={(field) => (field !== 'kind' && local[field] ? t(`fault.${local[field]}`) : fieldError(error, field, t))} />
        {error && <Failure error={error} beside={BESIDE} />}
      </section>
      <section className={styles.middle}>
        {plan && (
          <dl className={styles.figures}>
            {plan.annuity && <div><dt>{t('calculator.payment')}</dt><dd>{sum(plan.annuity)}</dd></div>}
            <div><dt title={t('calculator.psk_help')}>{t('calculator.psk')}</dt><dd>{decimal(plan.psk_percent, language)}&nbsp;%</dd></div>
            <div><dt>{t('calculator.interest')}</dt><dd>{sum(plan.total_interest)}</dd></div>
            <div><dt>{t('calculator.total')}</dt><dd>{sum(plan.total_paid)}</dd></div>
          </dl>
        )}
        <div className={styles.bar}>
          {quote.data && quote.data.schedule.length > 0
            ? <SegmentedControl aria-label={t('schedule.title')} value={view} onChange={(next) => setView(next as 'plain' | 'early')} data={[{ value: 'plain', label: t('schedule.title') }, { value: 'early', label: t('calculator.after_early') }]} />
            : <h2>{t('schedule.title')}</h2>}
          <span className="grow" />
          <ScheduleExport rows={after ?? rows} name={t('calculator.file')} />
        </div>
        <div className={styles.scroll} tabIndex={0} role="region" aria-label={t('schedule.title')}>
          {rows.length > 0 ? <ScheduleTable rows={after ?? rows} label={t('schedule.title')} /> : isFetching ? <Waiting rows={12} /> : <Empty>{t('calculator.nothing')}</Empty>}
        </div>
      </section>
      <section className={styles.side} aria-label={t('early.title')}>
        <h2>{t('early.title')}</h2>
        <EarlyForm kinds={KINDS} ask={{ ...early, on }} onChange={(part) => setEarly((old) => ({ ...old, on, ...part }))} from={from} to={last} fault={(field) => fieldError(quote.error, field, t)} />
        {quote.error && <Failure error={quote.error} beside={BESIDE} />}
        {quote.data && !quote.error && (
          <>
            <EarlySentence kind={early.kind} result={quote.data} currency={lender.currency} />
            <dl className={styles.lines}>
              <dt>{t('early.due_first')}</dt><dd>{decimal(quote.data.due_first, language)}</dd>
              <dt>{t('early.part_interest')}</dt><dd>{decimal(quote.data.interest, language)}</dd>
              <dt>{t('early.part_principal')}</dt><dd>{decimal(quote.data.principal, language)}</dd>
            </dl>
            <EarlyInterest result={quote.data} />
          </>
        )}
        {!isWhole({ ...early, on }) && <p className="dim small">{t('early.type_amount')}</p>}
      </section>
    </div>
  );
}

/** A query that is not enabled is never run. */
function neverAsked(): never { throw new Error('asked without terms'); }

function useQuote(loan: ReturnType<typeof askOf>, early: EarlyAsk, ready: boolean) {
  const [settled] = useDebouncedValue(JSON.stringify({ loan, early }), PAUSE_MS);
  const asked = JSON.parse(settled) as { loan: ReturnType<typeof askOf>; early: EarlyAsk };
  const { kind, on, amount } = asked.early;
  const enabled = ready && asked.loan !== null && isWhole(asked.early);
  const found = useQuery({
    queryKey: ['calculator', 'quote', settled],
    queryFn: ({ signal }) => calculator.quote({ loan: asked.loan ?? neverAsked(), on, mode: kind, ...(kind === 'full' ? {} : { amount: parseSum(amount) }) }, signal),
    enabled, placeholderData: keepPreviousData, staleTime: Infinity, retry: false,
  });
  return enabled ? found : { ...found, data: undefined, error: null };
}
