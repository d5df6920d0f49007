import { Button } from '@mantine/core';
import { IconCopy, IconDownload } from '@tabler/icons-react';
import { decimal } from '../format/format';
import { isNothing } from '../format/sums';
import { useWords } from '../i18n/use-language';
import { addConfirmation, addNotice } from '../state/notices';
import { copyText, csv, download, tabbed } from '../ui/export';
import { ShortDate } from '../ui/parts';
import styles from './loans.module.css';
import { columns, type Row, scheduleCells, totals } from './schedule';

const TONES: Record<string, string> = { paid: 'good', overdue: 'bad', due: '', partly_paid: 'warn', planned: 'dim', cancelled: 'dim' };

/** Rows of a schedule with their totals, in the order in which they are asked for: when, how much, of what, what is left. */
export function ScheduleTable({ rows, label }: { rows: Row[]; label: string }) {
  const { t, language } = useWords();
  const has = columns(rows);
  const sum = totals(rows);
  // What is to be paid next is what the eye looks for.
  const next = rows.findIndex((row) => row.state === 'due' || row.state === 'planned' || row.state === 'partly_paid');
  const figure = (text: string) => <td className={`num ${isNothing(text) ? 'dim' : ''}`}>{decimal(text, language)}</td>;
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
          <tr key={`${row.n}-${row.due_on}`} className={index === next ? 'on' : ''}>
            <td className="num dim">{row.n}</td><td><ShortDate of={row.due_on} /></td>{has.includes('days') && <td className="num dim">{row.days}</td>}
            <td className="num"><strong>{decimal(row.payment, language)}</strong></td>{figure(row.interest)}{figure(row.principal)}{has.includes('fee') && figure(row.fee ?? '0')}{figure(row.balance)}{has.includes('left') && figure(row.left ?? '0')}
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
