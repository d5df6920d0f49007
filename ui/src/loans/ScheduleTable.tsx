import { Button } from '@mantine/core';
import { IconCopy, IconDownload } from '@tabler/icons-react';
import type { KeyboardEvent } from 'react';
import type { RowFigure } from '../api/loan-types';
import { decimal } from '../format/format';
import { isNothing } from '../format/sums';
import { useWords } from '../i18n/use-language';
import { addConfirmation, addNotice } from '../state/notices';
import { copyText, csv, download, tabbed } from '../ui/export';
import { ShortDate } from '../ui/parts';
import styles from './loans.module.css';
import { columns, type Row, scheduleCells, totals } from './schedule';

const TONES: Record<string, string> = { paid: 'good', overdue: 'bad', due: '', partly_paid: 'warn', planned: 'dim', cancelled: 'dim' };

/** The arrows go along the sums of a row: only the first of them is a stop of the Tab key. */
function along(event: KeyboardEvent<HTMLTableRowElement>) {
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  const sums = [...event.currentTarget.querySelectorAll('button')];
  const next = step === 0 ? undefined : sums[sums.indexOf(document.activeElement as HTMLButtonElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** Rows of a schedule with their totals, in the order in which they are asked for: when, how much, of what, what is left. With `onWhy` each sum tells what makes it. */
export function ScheduleTable({ rows, label, onWhy }: { rows: Row[]; label: string; onWhy?: (figure: RowFigure, n: number) => void }) {
  const { t, language } = useWords();
  const has = columns(rows);
  const sum = totals(rows);
  // What is to be paid next is what the eye looks for.
  const next = rows.findIndex((row) => row.state === 'due' || row.state === 'planned' || row.state === 'partly_paid');
  const asked = (text: string, row: Row, name: RowFigure) => (onWhy ? <button type="button" className={styles.cellWhy} title={t('why.ask')} tabIndex={name === 'instalment_payment' ? 0 : -1} onClick={() => onWhy(name, row.n)}>{decimal(text, language)}</button> : decimal(text, language));
  const figure = (text: string, row: Row, name: RowFigure) => <td className={`num ${isNothing(text) ? 'dim' : ''}`}>{asked(text, row, name)}</td>;
  return (
    <table className={`grid ${styles.totals}`} aria-label={label}>
      <thead>
        <tr>
          <th className="num">{t('schedule.n')}</th><th>{t('schedule.due')}</th>{has.includes('days') && <th className="num">{t('schedule.days')}</th>}<th className="num">{t('schedule.payment')}</th><th className="num">{t('schedule.interest')}</th><th className="num">{t('schedule.principal')}</th>
          {has.includes('fee') && <th className="num">{t('schedule.fee')}</th>}<th className="num">{t('schedule.balance')}</th>{has.includes('left') && <th className="num">{t('schedule.left')}</th>}{has.includes('state') && <th>{t('schedule.state')}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={`${row.n}-${row.due_on}`} className={index === next ? 'on' : ''} onKeyDown={onWhy && along}>
            <td className="num dim">{row.n}</td><td><ShortDate of={row.due_on} /></td>{has.includes('days') && <td className="num dim">{row.days}</td>}
            <td className="num"><strong>{asked(row.payment, row, 'instalment_payment')}</strong></td>{figure(row.interest, row, 'instalment_interest')}{figure(row.principal, row, 'instalment_principal')}{has.includes('fee') && <td className={`num ${isNothing(row.fee ?? '0') ? 'dim' : ''}`}>{decimal(row.fee ?? '0', language)}</td>}{figure(row.balance, row, 'instalment_balance')}{has.includes('left') && figure(row.left ?? '0', row, 'instalment_left')}
            {has.includes('state') && <td className={`nowrap ${TONES[row.state ?? ''] ?? ''}`}>{row.state && t(`schedule.state_value.${row.state}`)}</td>}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td /><td>{t('common.total')}</td>{has.includes('days') && <td />}<td className="num">{decimal(sum.payment, language)}</td><td className="num">{decimal(sum.interest, language)}</td><td className="num">{decimal(sum.principal, language)}</td>
          {has.includes('fee') && <td className="num">{decimal(sum.fee, language)}</td>}<td />{has.includes('left') && <td className="num">{decimal(sum.left, language)}</td>}{has.includes('state') && <td />}
        </tr>
      </tfoot>
    </table>
  );
}

export function ScheduleExport({ rows, name }: { rows: Row[]; name: string }) {
  const { t, language } = useWords();
  const copy = async () => {
    try { await copyText(tabbed(scheduleCells(rows, t, language), language)); addConfirmation(t('action.copied')); } catch { addNotice('urgent', t('error.no_clipboard')); }
  };
  return (
    <>
      <Button variant="default" disabled={rows.length === 0} leftSection={<IconCopy size={15} stroke={1.6} />} onClick={() => void copy()}>{t('action.copy')}</Button>
      <Button variant="default" disabled={rows.length === 0} leftSection={<IconDownload size={15} stroke={1.6} />} onClick={() => download(`${name}.csv`, csv(scheduleCells(rows, t, language), language))}>{t('action.download_csv')}</Button>
    </>
  );
}
