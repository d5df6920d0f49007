/** One payment of a statement: what the bank says of it, what it may mean, and what is done with it. */
import { Button, Modal, Select } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { keepsLoans } from '../app/access';
import { ApiError } from '../api/client';
import { incoming } from '../api/endpoints';
import type { IncomingPayment, Suggestion } from '../api/payment-types';
import { useSession } from '../api/session';
import { date, dateInSentence, decimal, money, shortDate } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import loanStyles from '../loans/loans.module.css';
import { REVERSAL_REASONS, ReversalEffect } from '../loans/ReverseDialog';
import { usePreview, WillChange } from '../loans/WillChange';
import { addConfirmation } from '../state/notices';
import { useKeys } from '../ui/keys';
import { Failure, Load, Moment, useToday } from '../ui/parts';
import { ReasonDialog } from '../ui/ReasonDialog';
import styles from './inbox.module.css';
import { StateTag } from './IncomingPage';
import { LoanPicker } from './LoanPicker';

export function PaymentDetail({ id, onDone }: { id: string; onDone: () => void }) {
  const found = useQuery({ queryKey: ['incoming', 'one', id], queryFn: () => incoming.get(id) });
  return <Load of={found} rows={10}>{(payment) => <Detail key={payment.state} payment={payment} onDone={onDone} />}</Load>;
}

type Target = Pick<Suggestion, 'loan_id' | 'client_id' | 'number' | 'client_name'>;

function Detail({ payment, onDone }: { payment: IncomingPayment; onDone: () => void }) {
  const { t, language } = useWords();
  const { user, lender } = useSession();
  const queries = useQueryClient();
  const refresh = () => { void queries.invalidateQueries({ queryKey: ['incoming'] }); void queries.invalidateQueries({ queryKey: ['statements'] }); };
  const waits = payment.state === 'unmatched';
  const open = waits || payment.state === 'dismissed';
  const posts = open && payment.direction === 'in' && keepsLoans(user.role);
  /** What was taken back or settled in error is put aside, and dealt with anew from there. */
  const putsAside = (waits && !posts) || payment.state === 'reversed' || payment.state === 'settled';
  const [target, setTarget] = useState<Target | null>(payment.suggestions.length === 1 ? (payment.suggestions[0] ?? null) : null);
  const [dialog, setDialog] = useState<'dismiss' | 'reverse' | null>(null);
  const post = useMutation({ mutationFn: () => incoming.post(payment.payment_id, target?.loan_id ?? ''), onSuccess: () => { addConfirmation(t('inbox.posted')); refresh(); onDone(); } });
  const submit = () => { if (posts && target && !post.isPending) post.mutate(); };
  useKeys({ 'Ctrl+Enter': posts ? submit : undefined });
  const sum = (amount: string) => money({ amount, currency: lender.currency }, language);
  return (
    <>
      <div className="row"><span className={`${styles.sum} grow`}>{payment.direction === 'out' ? '−' : ''}{sum(payment.amount)}</span><StateTag state={payment.state} /></div>
      <dl className={styles.facts}>
        <dt>{t('inbox.col.on')}</dt><dd>{date(payment.on, language)}</dd>
        <dt>{t('inbox.col.payer')}</dt><dd>{payment.payer_name || '—'}{payment.payer_inn && <span className="dim"> · {t('personal.inn')} {payment.payer_inn}</span>}</dd>
        {payment.payer_account && <><dt>{t('inbox.account')}</dt><dd>{payment.payer_account}</dd></>}
        {payment.document && <><dt>{t('inbox.document')}</dt><dd>{payment.document}</dd></>}
        {payment.loan_id && <><dt>{t('inbox.col.loan')}</dt><dd><Link to="/loans/$loanId" params={{ loanId: payment.loan_id }}>{payment.loan_number ?? t('action.open')}</Link>{payment.matched_by && <span className="dim"> · {t(`inbox.by.${payment.matched_by}`)}</span>}</dd></>}
        {payment.dismissed_reason && <><dt>{t('common.reason')}</dt><dd>{payment.dismissed_reason}</dd></>}
        {payment.reversed_reason && <><dt>{t('inbox.reversed')}</dt><dd>{t(`operation.reason.${payment.reversed_reason}`)}</dd></>}
        {payment.changed_at && payment.changed_by && <><dt>{t('common.who')}</dt><dd>{payment.changed_by}, <Moment at={payment.changed_at} /></dd></>}
      </dl>
      <div><h3>{t('inbox.col.purpose')}</h3><div className={styles.purpose}>{payment.purpose || '—'}</div></div>
      {payment.refused && <p className="small warn" role="status">{t('inbox.refused', { reason: i18next.exists(`error.${payment.refused}`) ? t(`error.${payment.refused}`) : payment.refused })}</p>}
      {payment.is_recall && (waits || payment.recalls.length > 0) && <Recalls payment={payment} onDone={() => { refresh(); onDone(); }} />}
      {posts && (
        <section className="stack" aria-label={t('inbox.where')}>
          <h3>{t('inbox.where')}</h3>
          {payment.suggestions.length === 0 && <p className="small dim">{t('inbox.no_suggestions')}</p>}
          {payment.suggestions.map((each) => <Choice key={each.loan_id} suggestion={each} amount={payment.amount} on={target?.loan_id === each.loan_id} onChoose={() => setTarget(each)} />)}
          <LoanPicker chosen={target && !payment.suggestions.some((each) => each.loan_id === target.loan_id) ? target : null} onChoose={setTarget} />
          {target && <Effect target={target} payment={payment} />}
          {post.error && <Failure error={post.error} />}
          <div className="row-wrap">
            <Button disabled={!target} loading={post.isPending} onClick={submit}>{target ? t('inbox.post_to', { number: target.number }) : t('inbox.post')}&nbsp;·&nbsp;Ctrl Enter</Button>
            {waits && <Button variant="default" onClick={() => setDialog('dismiss')}>{t('inbox.dismiss')}</Button>}
          </div>
        </section>
      )}
      {putsAside && keepsLoans(user.role) && <div><Button variant="default" onClick={() => setDialog('dismiss')}>{t('inbox.dismiss')}</Button></div>}
      {(payment.state === 'posted' || payment.state === 'noted') && keepsLoans(user.role) && <div><Button variant="default" onClick={() => setDialog('reverse')}>{t('inbox.reverse')}</Button></div>}
      <ReasonDialog opened={dialog === 'dismiss'} onClose={() => setDialog(null)} title={t('inbox.dismiss_title')} action={t('inbox.dismiss')} note={t('inbox.dismiss_note')} run={async (reason) => { await incoming.dismiss(payment.payment_id, reason); refresh(); onDone(); }} />
      <Reverse opened={dialog === 'reverse'} payment={payment} onClose={() => setDialog(null)} onDone={() => { setDialog(null); refresh(); onDone(); }} />
    </>
  );
}

function Choice({ suggestion, amount, on, onChoose }: { suggestion: Suggestion; amount: string; on: boolean; onChoose: () => void }) {
  const { t, language } = useWords();
  const today = useToday();
  const next = suggestion.next_payment;
  return (
    <button type="button" className={styles.choice} aria-pressed={on} data-on={on || undefined} onClick={onChoose}>
      <strong>{suggestion.number}</strong><span className="dim">{i18next.exists(`inbox.by.${suggestion.by}`) ? t(`inbox.by.${suggestion.by}`) : suggestion.by}</span>
      <span>{suggestion.client_name}{suggestion.book === 'external' && <span className="dim"> · {t('loan.external')}</span>}</span>
      {next ? <span className={next.amount === amount ? 'good' : 'dim'}>{decimal(next.amount, language)} {t('answer.by_date', { date: dateInSentence(next.due_on, language, today) })}</span> : <span className="dim">{t('answer.no_payments')}</span>}
    </button>
  );
}

/** What posting will do, told before it is done. */
function Effect({ target, payment }: { target: Target; payment: IncomingPayment }) {
  const { t } = useWords();
  const preview = usePreview(target.client_id, target.loan_id, 'payments', { on: payment.on, amount: payment.amount });
  if (preview.error instanceof ApiError && preview.error.code === 'loan_kept_elsewhere') return <div className={`${loanStyles.change} small`} role="status">{t('inbox.effect_external')}</div>;
  if (preview.error) return <Failure error={preview.error} />;
  return <WillChange clientId={target.client_id} loanId={target.loan_id} preview={preview}>{t('booking.effect.payments')}</WillChange>;
}

/** The bank takes a payment back: which one, is said by a person. */
function Recalls({ payment, onDone }: { payment: IncomingPayment; onDone: () => void }) {
  const { t, language } = useWords();
  const { user } = useSession();
  const take = useMutation({ mutationFn: (recalled: string) => incoming.reverse(recalled, 'recalled_by_bank', payment.payment_id), onSuccess: () => { addConfirmation(t('inbox.was_reversed')); onDone(); } });
  return (
    <section className="stack" aria-label={t('inbox.recalls')}>
      <h3>{t('inbox.recalls')}</h3>
      <p className="small dim">{t(payment.recalls.length === 0 ? 'inbox.no_recalls' : 'inbox.recalls_effect')}</p>
      {payment.recalls.map((each) => (
        <div key={each.payment_id} className="row small">
          <span className="grow">{shortDate(each.on, language)} · <strong>{decimal(each.amount, language)}</strong>{each.loan_number && ` · ${each.loan_number}`} <span className="dim">{i18next.exists(`inbox.state.${each.state}`) ? t(`inbox.state.${each.state}`) : each.state}</span></span>
          {keepsLoans(user.role) && <Button size="compact-xs" variant="default" loading={take.isPending} onClick={() => take.mutate(each.payment_id)}>{t('inbox.recall_this')}</Button>}
        </div>
      ))}
      {take.error && <Failure error={take.error} />}
    </section>
  );
}

function Reverse({ opened, payment, onClose, onDone }: { opened: boolean; payment: IncomingPayment; onClose: () => void; onDone: () => void }) {
  const { t } = useWords();
  const [reason, setReason] = useState<string | null>(null);
  const work = useMutation({ mutationFn: () => incoming.reverse(payment.payment_id, reason ?? ''), onSuccess: () => { addConfirmation(t('inbox.was_reversed')); onDone(); } });
  return (
    <Modal opened={opened} onClose={onClose} title={t('inbox.reverse_title')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); if (reason) work.mutate(); }}>
        <Select label={t('common.reason')} value={reason} onChange={setReason} data={REVERSAL_REASONS.map((each) => ({ value: each, label: t(`operation.reason.${each}`) }))} data-autofocus />
        {payment.operation_id && payment.loan_id && payment.client_id
          ? <ReversalEffect clientId={payment.client_id} loanId={payment.loan_id} operationId={payment.operation_id} reason={reason}>{t('inbox.reverse_effect')}</ReversalEffect>
          : <p className={`${loanStyles.change} small`}>{t('inbox.reverse_effect')}</p>}
        {work.error && <Failure error={work.error} />}
        <Button type="submit" color="red.9" disabled={!reason} loading={work.isPending}>{t('inbox.reverse')}</Button>
      </form>
    </Modal>
  );
}
