/** What happened on a loan, and the penalty that ran. An operation is never changed: what was wrong is taken back with a reason. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { keepsLoans } from '../app/access';
import type { LoanOperation, LoanView as Loan } from '../api/loan-types';
import { useSession } from '../api/session';
import { decimal } from '../format/format';
import { total } from '../format/sums';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { Empty, ShortDate } from '../ui/parts';
import styles from './loans.module.css';
import { ReverseDialog } from './ReverseDialog';
import { rate } from './why';

/** A change of the schedule is not taken back: a new one is made. A payment of a statement is taken back among incoming payments. */
const TAKEN_BACK = ['payment', 'fee', 'penalty_forgiven', 'refund'];

export function Operations({ loan }: { loan: Loan }) {
  const { t, language } = useWords();
  const { user } = useSession();
  const [reversing, setReversing] = useState<LoanOperation | null>(null);
  if (loan.operations.length === 0) return <Empty>{t('operation.empty')}</Empty>;
  const may = loan.book === 'own' && keepsLoans(user.role);
  const word = (group: string, value: string | null) => (value === null || value === '' ? '' : i18next.exists(`operation.${group}.${value}`) ? t(`operation.${group}.${value}`) : value);
  return (
    <>
      <table className="grid" aria-label={t('loan.tab.operations')}>
        <thead><tr><th>{t('operation.col.on')}</th><th>{t('operation.col.kind')}</th><th className="num">{t('operation.col.amount')}</th><th>{t('operation.col.payer')}</th><th>{t('operation.col.source')}</th><th>{t('operation.col.state')}</th>{may && <th><span className="visually-hidden">{t('common.actions')}</span></th>}</tr></thead>
        <tbody>
          {loan.operations.map((row, index) => (
            <tr key={row.operation_id ?? index}>
              <td><ShortDate of={row.on} /></td><td className={row.reversed ? styles.struck : ''}>{word('kind', row.kind)}{row.closing && <span className="dim"> · {word('closing', row.closing)}</span>}</td><td className={`num ${row.reversed ? styles.struck : ''}`}>{row.amount === null ? <span className="dim">—</span> : decimal(row.amount, language)}</td>
              <td className="dim">{word('payer', row.payer)}</td><td className="dim">{word('source', row.source)}</td><td>{row.reversed ? <span className="tag warn">{t('operation.reversed', { reason: word('reason', row.reversed) })}</span> : ''}</td>
              {may && <td className="num">{!row.reversed && row.operation_id && row.source !== 'statement' && TAKEN_BACK.includes(row.kind) && <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setReversing(row)}>{t('operation.reverse')}</Button>}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      <ReverseDialog loan={loan} operation={reversing} onClose={() => setReversing(null)} />
    </>
  );
}

export function Penalties({ loan }: { loan: Loan }) {
  const { t, language } = useWords();
  if (loan.penalties.length === 0) return null;
  return (
    <section>
      <div className={styles.bar}><h2>{t('penalty.title')}</h2></div>
      <table className={`grid ${styles.totals}`} aria-label={t('penalty.title')}>
        <thead><tr><th>{t('penalty.from')}</th><th>{t('penalty.to')}</th><th className="num">{t('penalty.base')}</th><th className="num">{t('schedule.days')}</th><th className="num">{t('penalty.rate')}</th><th className="num">{t('penalty.amount')}</th></tr></thead>
        <tbody>{loan.penalties.map((each, index) => <tr key={index}><td><ShortDate of={each.from} /></td><td><ShortDate of={each.to} /></td><td className="num">{decimal(each.base, language)}</td><td className="num">{each.days}</td><td className="num">{rate(each.rate_percent, each.rate_period, t, language)}</td><td className="num">{decimal(each.amount, language)}</td></tr>)}</tbody>
        <tfoot><tr><td>{t('common.total')}</td><td /><td /><td /><td /><td className="num">{decimal(total(loan.penalties.map((each) => each.amount)), language)}</td></tr></tfoot>
      </table>
    </section>
  );
}
