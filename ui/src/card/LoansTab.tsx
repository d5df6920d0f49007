import { Drawer, SegmentedControl } from '@mantine/core';
import { IconAlertTriangle, IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { loanKey } from '../api/cache';
import { clients } from '../api/endpoints';
import type { Card, LoanRow, Money } from '../api/types';
import { decimal, money, moneyFigure, shortDate } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { Empty, Load, ShortDate } from '../ui/parts';
import styles from './card.module.css';

export function LoansTab({ card, callId }: { card: Card; callId: string | null }) {
  const { t, language } = useWords();
  const [opened, setOpened] = useState<LoanRow | null>(null);
  if (card.loans.length === 0) return <Empty>{t('loans.empty')}</Empty>;
  const sum = (value: Money | null, tone = '') => <td className={`num ${tone}`}>{value ? moneyFigure(value, language) : <span className="dim">—</span>}</td>;
  return (
    <>
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
              <tr key={loan.loan_id} className="click" onClick={() => setOpened(loan)}>
                <td className="nowrap"><button type="button" className={styles.linkButton} onClick={() => setOpened(loan)}>{loan.number}</button>{loan.locked && <IconLock size={13} aria-hidden style={{ marginLeft: 4, verticalAlign: -2 }} />}</td>
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
      <Drawer opened={opened !== null} onClose={() => setOpened(null)} position="right" size={760} title={opened ? `${opened.number} · ${opened.product ?? ''}` : ''} closeButtonProps={{ 'aria-label': t('loans.close') }}>
        {opened && <LoanDetails card={card} loan={opened} callId={callId} />}
      </Drawer>
    </>
  );
}

/** Being late is what matters about a loan, so it takes the place of the word for its status. */
function LoanStatus({ status, days }: { status: string; days: number }) {
  const { t } = useWords();
  if (days > 0) return <span className="tag bad" title={t('answer.overdue_days', { count: days })}><IconAlertTriangle size={13} stroke={1.8} aria-hidden /><span className="visually-hidden">{t('loans.col.overdue')}: </span>{t('common.days', { count: days })}</span>;
  return <span className="tag">{i18next.exists(`loans.status.${status}`) ? t(`loans.status.${status}`) : status}</span>;
}

function LoanDetails({ card, loan, callId }: { card: Card; loan: LoanRow; callId: string | null }) {
  const { t, language } = useWords();
  const [view, setView] = useState('schedule');
  const detail = useQuery({ queryKey: loanKey(card.client_id, callId, loan.loan_id), queryFn: () => clients.loan(card.client_id, loan.loan_id, callId), enabled: !loan.locked });
  const contract = card.files.find((file) => file.kind === 'contract' && file.loan_id === loan.loan_id);
  if (loan.locked) return <Empty>{t('loans.locked', { level: 2 })}</Empty>;
  return (
    <div className="stack">
      <div className="row-wrap small">
        {loan.principal && <span>{money(loan.principal, language)}</span>}
        {loan.term_months !== null && <span>· {t('loans.months', { count: loan.term_months })}</span>}
        {loan.rate_percent !== null && <span>· {decimal(String(loan.rate_percent), language)} %</span>}
        {loan.issued_on && <span className="dim">· {t('loans.col.issued').toLowerCase()} {shortDate(loan.issued_on, language)}</span>}
        <span className="grow" />
        {contract && <a href={clients.fileAddress(card.client_id, contract.id, callId)} target="_blank" rel="noreferrer">{t('loans.contract_file')}</a>}
      </div>
      <SegmentedControl value={view} onChange={setView} aria-label={loan.number} data={[{ value: 'schedule', label: t('loans.schedule') }, { value: 'payments', label: t('loans.payments') }]} />
      <Load of={detail} rows={12}>
        {(data) => (
          <>
            {view === 'schedule' && (data.schedule.length === 0 ? <Empty>{t('loans.no_schedule')}</Empty> : (
              <table className="grid">
                <thead><tr><th className="num">{t('loans.line.n')}</th><th>{t('loans.line.due')}</th><th className="num">{t('loans.line.principal')}</th><th className="num">{t('loans.line.interest')}</th><th className="num">{t('loans.line.payment')}</th><th className="num">{t('loans.line.balance')}</th><th>{t('loans.line.state')}</th></tr></thead>
                <tbody>
                  {data.schedule.map((line) => (
                    <tr key={line.n} className={line.state === 'due' ? 'on' : ''}>
                      <td className="num dim">{line.n}</td><td><ShortDate of={line.due_on} /></td><td className="num">{moneyFigure(line.principal, language)}</td><td className="num">{moneyFigure(line.interest, language)}</td>
                      <td className="num"><strong>{moneyFigure(line.payment, language)}</strong></td><td className="num">{moneyFigure(line.balance, language)}</td>
                      <td className={line.state === 'overdue' ? 'bad' : line.state === 'paid' ? 'good' : line.state === 'future' ? 'dim' : ''}>{t(`loans.line_state.${line.state}`)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            ))}
            {view === 'payments' && (data.payments.length === 0 ? <Empty>{t('loans.no_payments')}</Empty> : (
              <table className="grid">
                <thead><tr><th>{t('loans.line.at')}</th><th className="num">{t('loans.line.amount')}</th><th>{t('loans.line.kind')}</th><th>{t('loans.line.source')}</th></tr></thead>
                <tbody>
                  {data.payments.map((line, index) => (
                    <tr key={index}>
                      <td><ShortDate of={line.on} /></td><td className="num">{money(line.amount, language)}</td>
                      <td>{i18next.exists(`loans.payment_kind.${line.kind}`) ? t(`loans.payment_kind.${line.kind}`) : line.kind}</td><td className="dim">{line.source}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            ))}
            {data.figures.as_of && <p className="caption">{data.figures.source ? t('loans.figures', { source: data.figures.source, date: shortDate(data.figures.as_of, language) }) : t('loans.figures_plain', { date: shortDate(data.figures.as_of, language) })}</p>}
          </>
        )}
      </Load>
    </div>
  );
}
