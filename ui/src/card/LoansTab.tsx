import { Button } from '@mantine/core';
import { IconAlertTriangle, IconArrowsMaximize, IconLock } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { keepsLoans } from '../app/access';
import { clients } from '../api/endpoints';
import { useSession } from '../api/session';
import type { Card, LoanRow, Money } from '../api/types';
import { moneyFigure } from '../format/format';
import { useWords } from '../i18n/use-language';
import type { LoanTab } from '../loans/tabs';
import { statusWord } from '../loans/why';
import { leaving, useKeys } from '../ui/keys';
import { Empty, ShortDate, Waiting } from '../ui/parts';
import styles from './card.module.css';

/** Heavy and not needed to answer the first questions: fetched when a loan is opened. */
const LoanView = lazy(() => import('../loans/LoanView').then((module) => ({ default: module.LoanView })));

const OpenLoanDialog = lazy(() => import('../loans/OpenLoanDialog').then((module) => ({ default: module.OpenLoanDialog })));

/** The loan that stands open in the place of the list, and which part of it. */
export interface OpenLoan { loanId: string; tab: LoanTab }
interface Props { card: Card; callId: string | null; open: OpenLoan | null; onOpen: (open: OpenLoan | null) => void }

export function LoansTab({ card, callId, open, onOpen }: Props) {
  const { t } = useWords();
  const { user } = useSession();
  const [opening, setOpening] = useState(false);
  const opened = card.loans.find((loan) => loan.loan_id === open?.loanId);
  const show = (loanId: string) => onOpen({ loanId, tab: 'overview' });
  useKeys({ Escape: opened ? leaving(() => onOpen(null)) : undefined });
  if (opened && open) return <Opened key={opened.loan_id} card={card} loan={opened} callId={callId} tab={open.tab} onTab={(tab) => onOpen({ loanId: opened.loan_id, tab })} onBack={() => onOpen(null)} />;
  const opens = keepsLoans(user.role) && !callId && (card.kind === 'person' || card.kind === 'organisation');
  return (
    <>
      {opens && <div className={styles.toolbar}><Button variant="default" onClick={() => setOpening(true)}>{t('open_loan.button')}</Button></div>}
      {card.loans.length === 0 ? <Empty>{t('loans.empty')}</Empty> : <LoanTable card={card} onOpen={show} />}
      {opening && <Suspense><OpenLoanDialog clientId={card.client_id} clientName={card.name} onClose={() => setOpening(false)} onOpened={(id) => { setOpening(false); show(id); }} /></Suspense>}
    </>
  );
}

function LoanTable({ card, onOpen }: { card: Card; onOpen: (loanId: string) => void }) {
  const { t, language } = useWords();
  const sum = (value: Money | null, tone = '') => <td className={`num ${tone}`}>{value ? moneyFigure(value, language) : <span className="dim">—</span>}</td>;
  return (
    <table className="grid">
      <thead>
        <tr>
          <th>{t('loans.col.number')}</th><th>{t('loans.col.status')}</th><th className="num">{t('loans.col.next')}</th><th>{t('loans.col.due')}</th>
          <th className="num">{t('loans.col.outstanding')}</th><th className="num">{t('loans.col.overdue')}</th><th className={styles.rest}>{t('loans.col.product')}</th>
        </tr>
      </thead>
      <tbody>
        {card.loans.map((loan) => {
          const late = (loan.days_past_due ?? 0) > 0;
          return (
            <tr key={loan.loan_id} className="click" onClick={() => onOpen(loan.loan_id)}>
              <td className="nowrap"><button type="button" className={styles.linkButton} onClick={() => onOpen(loan.loan_id)}>{loan.number}</button>{loan.locked && <IconLock size={13} aria-hidden style={{ marginLeft: 4, verticalAlign: -2 }} />}</td>
              <td className="nowrap"><LoanStatus status={loan.status} days={loan.locked ? 0 : (loan.days_past_due ?? 0)} /></td>
              {loan.locked
                ? <td colSpan={4} className="dim">{t('loans.locked', { level: 2 })}</td>
                : <>{sum(loan.next_payment)}<td><ShortDate of={loan.next_due_on} near /></td>{sum(loan.outstanding)}{sum(loan.overdue, late ? 'bad' : '')}</>}
              <td className={`cut ${styles.rest}`} title={loan.product ?? undefined}>{loan.product}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** In the place of the list, beside everything else of the card: a call is never covered by it. */
function Opened({ card, loan, callId, tab, onTab, onBack }: { card: Card; loan: LoanRow; callId: string | null; tab: LoanTab; onTab: (tab: LoanTab) => void; onBack: () => void }) {
  const { t } = useWords();
  const [on, setOn] = useState<string | null>(null);
  const contract = card.files.find((file) => file.kind === 'contract' && file.loan_id === loan.loan_id && !file.locked);
  return (
    <Suspense fallback={<Waiting rows={10} />}>
      <LoanView
        clientId={card.client_id} loanId={loan.loan_id} callId={callId} on={on} onDay={setOn} tab={tab} onTab={onTab} onBack={onBack}
        extra={<>
          {contract && <a className="nowrap" href={clients.fileAddress(card.client_id, contract.id, callId)} target="_blank" rel="noreferrer">{t('loans.contract_file')}</a>}
          {!callId && <Link to="/clients/$clientId/loans/$loanId" params={{ clientId: card.client_id, loanId: loan.loan_id }} title={t('loan.open_page')} aria-label={t('loan.open_page')}><IconArrowsMaximize size={15} stroke={1.6} style={{ verticalAlign: -2 }} /></Link>}
        </>}
      />
    </Suspense>
  );
}

/** Being late is what matters about a loan, so it takes the place of the word for its status. */
function LoanStatus({ status, days }: { status: string; days: number }) {
  const { t } = useWords();
  if (days > 0) return <span className="tag bad" title={t('answer.overdue_days', { count: days })}><IconAlertTriangle size={13} stroke={1.8} aria-hidden /><span className="visually-hidden">{t('loans.col.overdue')}: </span>{t('common.days', { count: days })}</span>;
  return <span className="tag">{statusWord(status, t)}</span>;
}
