/** Early repayment of a loan: what to bring on a day and what it saves, to be read aloud; the request and its life. */
import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { requestsEarly } from '../app/access';
import { loanKey } from '../api/cache';
import { loans, type RequestStep } from '../api/endpoints';
import { isOpen, type LoanRequest, type LoanView as Loan } from '../api/loan-types';
import { useSession } from '../api/session';
import { addDays, dateInSentence, daysBetween, decimal, money, shortDate } from '../format/format';
import { isNothing } from '../format/sums';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Empty, Failure, fieldError, ShortDate, useToday } from '../ui/parts';
import { useWriteKey } from '../ui/write-key';
import { EARLY_KINDS, type EarlyAsk, earlyQuery, type EarlyKind, isWhole } from './early';
import { EarlyForm, EarlySentence } from './EarlyForm';
import styles from './loans.module.css';
import { ScheduleTable } from './ScheduleTable';
import { WhyLines } from './WhyLines';

/** A pause in moving the slider after which the server is asked. */
const PAUSE_MS = 200;
/** A loan with a purpose may be returned so long without notice; any other for less, which the server says. */
const WITHDRAWAL_DAYS = 30;
const BESIDE = ['on', 'amount'];

export function EarlyPanel({ loan, callId }: { loan: Loan; callId: string | null }) {
  const { t, language } = useWords();
  const { user } = useSession();
  const queries = useQueryClient();
  const today = useToday();
  const key = useWriteKey();
  const issued = loan.terms.issued_on;
  const kinds = EARLY_KINDS.filter((kind) => kind !== 'withdrawal' || daysBetween(issued, today) <= WITHDRAWAL_DAYS);
  const [typed, setAsk] = useState<EarlyAsk>({ kind: 'full', on: '', amount: '' });
  const last = loan.schedule.at(-1)?.due_on ?? addDays(today, 30);
  const to = last > today ? last : addDays(today, 30);
  const ask = { ...typed, on: typed.on || today };
  const [settled] = useDebouncedValue(JSON.stringify(ask), PAUSE_MS);
  const asked = JSON.parse(settled) as EarlyAsk;
  const open = isOpen(loan);
  const enabled = open && isWhole(asked);
  const found = useQuery({ queryKey: [...loanKey(loan.client_id, callId, loan.loan_id), 'early', asked], queryFn: ({ signal }) => loans.earlyQuote(loan.loan_id, earlyQuery(asked), callId, signal), enabled, placeholderData: keepPreviousData, retry: false });
  const quote = enabled && !found.error ? found.data : undefined;
  const fits = quote !== undefined && !found.isPlaceholderData && settled === JSON.stringify(ask);
  // What is due by then is taken as paid: of a later day today's debt is no part of the sum.
  const besides = quote && quote.on > today && loan.on === today && loan.figures.debt_today !== null && !isNothing(loan.figures.debt_today) ? loan.figures.debt_today : null;
  const send = useMutation({
    mutationFn: () => { const body = earlyQuery(asked); return loans.requestEarly(loan.loan_id, body, callId, key.keyFor([loan.loan_id, body])); },
    onSuccess: () => { key.done(); addConfirmation(t('early.requested')); void queries.invalidateQueries({ queryKey: ['client', loan.client_id] }); },
  });
  return (
    <>
      {loan.requests.length > 0 && <Requests loan={loan} callId={callId} />}
      {!open ? <Empty>{t('early.closed')}</Empty> : (
        <div className={styles.early}>
          <section className="stack" aria-label={t('early.title')}>
            <EarlyForm kinds={kinds} ask={ask} onChange={(part) => { send.reset(); setAsk({ ...ask, ...part }); }} from={today} to={to} fault={(field) => fieldError(send.error ?? (enabled ? found.error : null), field, t)} />
            {enabled && found.error && <Failure error={found.error} beside={BESIDE} />}
            {!isWhole(ask) && <p className="dim small">{t('early.type_amount')}</p>}
            {quote && (
              <>
                <EarlySentence kind={quote.kind as EarlyKind} result={{ ...quote, to_pay: quote.pay, annuity: quote.schedule[0]?.payment }} currency={loan.currency} />
                {quote.kind !== 'withdrawal' && quote.earliest_on > quote.on && <p className="small warn">{t('early.earliest', { date: dateInSentence(quote.earliest_on, language, today) })} <Button size="compact-xs" variant="default" onClick={() => setAsk({ ...ask, on: quote.earliest_on })}>{t('early.take_earliest')}</Button></p>}
                {besides !== null && <p className="small warn">{t('early.besides_debt_of', { sum: money({ amount: besides, currency: loan.currency }, language) })}</p>}
                {quote.is_estimate && <p className="small warn">{t('early.estimate')}</p>}
                <WhyLines lines={quote.lines} name={t('early.to_pay')} amount={quote.pay} shown={(amount) => decimal(amount, language)} />
                <WhyLines lines={quote.saving_lines} name={t('early.saved')} amount={quote.saving} shown={(amount) => decimal(amount, language)} />
              </>
            )}
            {send.error && <Failure error={send.error} beside={BESIDE} />}
            {loan.book === 'own' && requestsEarly(user.role) && <div><Button disabled={!fits} loading={send.isPending} onClick={() => send.mutate()}>{t('early.request')}</Button></div>}
          </section>
          <section className="stack" style={{ minWidth: 0, overflowX: 'auto' }}>
            {quote && (quote.schedule.length > 0 ? <><h2>{t('early.new_schedule')}</h2><ScheduleTable rows={quote.schedule} label={t('early.new_schedule')} /></> : <Empty>{t('early.nothing_left', { date: shortDate(quote.on, language) })}</Empty>)}
          </section>
        </div>
      )}
    </>
  );
}

/** The way of a request when all goes well; an end of another kind takes the last place. */
const WAY = ['received', 'calculated', 'funds_awaited', 'executed'];
const NEXT: Record<string, RequestStep | undefined> = { received: 'calculate', calculated: 'await_funds' };

function Requests({ loan, callId }: { loan: Loan; callId: string | null }) {
  const { t, language } = useWords();
  const { user } = useSession();
  const queries = useQueryClient();
  const step = useMutation({
    mutationFn: ({ request, to }: { request: LoanRequest; to: RequestStep }) => loans.stepRequest(loan.loan_id, request.request_id, to, callId),
    onSettled: () => queries.invalidateQueries({ queryKey: ['client', loan.client_id] }),
  });
  const kindWord = (request: LoanRequest) => { const kind = request.is_withdrawal ? 'withdrawal' : request.kind; return i18next.exists(`early.kind_short.${kind}`) ? t(`early.kind_short.${kind}`) : kind; };
  return (
    <section aria-label={t('request.title')}>
      <div className={styles.bar}><h2>{t('request.title')}</h2></div>
      {step.error && <Failure error={step.error} />}
      <table className="grid">
        <thead><tr><th>{t('request.received_on')}</th><th>{t('request.on')}</th><th>{t('request.kind')}</th><th className="num">{t('request.quoted')}</th><th>{t('request.state')}</th><th><span className="visually-hidden">{t('common.actions')}</span></th></tr></thead>
        <tbody>
          {loan.requests.map((request) => {
            const next = NEXT[request.state];
            const open = WAY.indexOf(request.state) >= 0 && request.state !== 'executed';
            return (
              <tr key={request.request_id}>
                <td><ShortDate of={request.received_on} near /></td><td><ShortDate of={request.on} near /></td><td className="nowrap">{kindWord(request)}{request.amount !== null && <span className="dim"> · {decimal(request.amount, language)}</span>}</td><td className="num">{money({ amount: request.quoted, currency: loan.currency }, language)}</td>
                <td><Way state={request.state} /></td>
                <td className="num nowrap">
                  {open && requestsEarly(user.role) && <>
                    {next && <Button size="compact-xs" variant="default" loading={step.isPending} onClick={() => step.mutate({ request, to: next })}>{t(`request.step.${next}`)}</Button>}{' '}
                    <Button size="compact-xs" variant="subtle" color="gray" loading={step.isPending} onClick={() => step.mutate({ request, to: 'withdraw' })}>{t('request.step.withdraw')}</Button>
                  </>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Way({ state }: { state: string }) {
  const { t } = useWords();
  const at = WAY.indexOf(state);
  if (at < 0 || state === 'executed') return <span className={`tag ${state === 'executed' ? 'good' : state === 'expired' ? 'warn' : ''}`}>{i18next.exists(`request.state_value.${state}`) ? t(`request.state_value.${state}`) : state}</span>;
  return (
    <ol className={styles.steps} aria-label={t(`request.state_value.${state}`)}>
      {WAY.map((each, index) => <li key={each} data-done={index < at || undefined} data-at={index === at || undefined} aria-current={index === at ? 'step' : undefined}>{index > 0 && <span aria-hidden>→</span>}{t(`request.state_value.${each}`)}</li>)}
    </ol>
  );
}
