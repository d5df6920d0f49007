/** Reports on all loans: who is in arrears, and where our reckoning differs from the core system. */
import { Button, SegmentedControl } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { reports } from '../api/endpoints';
import { BUCKETS } from '../api/report-types';
import type { ArrearsSearch } from '../app/router';
import { money } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { differing } from '../loans/LoanView';
import { Empty, Load, More, ShortDate } from '../ui/parts';
import styles from './inbox.module.css';

const first = undefined as string | undefined;

export function ReconciliationPage() {
  const { t, language } = useWords();
  const list = useInfiniteQuery({ queryKey: ['reports', 'reconciliation'], queryFn: ({ pageParam }) => reports.reconciliation(pageParam), initialPageParam: first, getNextPageParam: (page) => page.next_cursor ?? undefined });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Head address={reports.reconciliationFile}><span className="small dim">{t('report.reconciliation_why')}</span></Head>
      <Load of={list} rows={12}>
        {() => (items.length === 0 && !list.hasNextPage ? <Empty>{t('report.no_differences')}</Empty> : (
          <>
            <table className="grid" aria-label={t('inbox.page.reconciliation')}>
              <thead><tr><th>{t('loans.col.number')}</th><th>{t('client.title')}</th><th>{t('report.as_of')}</th><th>{t('loan.difference.figure')}</th><th className="num">{t('loan.difference.stated')}</th><th className="num">{t('loan.difference.reckoned')}</th></tr></thead>
              <tbody>
                {items.flatMap((item) => item.differences.map((each, index) => (
                  <tr key={`${item.loan_id}-${each.figure}`}>
                    <td className="nowrap">{index === 0 && <Link to="/clients/$clientId/loans/$loanId" params={{ clientId: item.client_id, loanId: item.loan_id }}>{item.number}</Link>}</td><td>{index === 0 && item.client_name}</td><td>{index === 0 && <ShortDate of={item.as_of} near />}</td>
                    <td>{i18next.exists(`loan.differs.${each.figure}`) ? t(`loan.differs.${each.figure}`) : each.figure}</td><td className="num">{differing(each.stated, language)}</td><td className="num"><strong>{differing(each.reckoned, language)}</strong></td>
                  </tr>
                )))}
              </tbody>
            </table>
            <More of={list} />
          </>
        ))}
      </Load>
    </>
  );
}

export function ArrearsPage() {
  const { t, language } = useWords();
  const navigate = useNavigate();
  const { bucket }: ArrearsSearch = useSearch({ strict: false });
  const list = useInfiniteQuery({ queryKey: ['reports', 'arrears', bucket ?? ''], queryFn: ({ pageParam }) => reports.arrears(bucket ?? null, pageParam), initialPageParam: first, getNextPageParam: (page) => page.next_cursor ?? undefined });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Head address={reports.arrearsFile(bucket ?? null)}>
        <SegmentedControl aria-label={t('report.bucket')} value={bucket ?? 'all'} onChange={(next) => void navigate({ to: '/money/arrears', search: next === 'all' ? {} : { bucket: next } })} data={[{ value: 'all', label: t('common.all') }, ...BUCKETS.map((each) => ({ value: each, label: each.replace('-', '–') }))]} />
        <span className="small dim">{t('report.days')}</span>
      </Head>
      <Load of={list} rows={12}>
        {() => (items.length === 0 && !list.hasNextPage ? <Empty>{t('report.no_arrears')}</Empty> : (
          <>
            <table className="grid" aria-label={t('inbox.page.arrears')}>
              <thead><tr><th>{t('loans.col.number')}</th><th>{t('client.title')}</th><th className="num">{t('loans.col.dpd')}</th><th className="num">{t('loans.col.overdue')}</th><th>{t('report.since')}</th><th>{t('loans.col.product')}</th><th>{t('loan.book')}</th></tr></thead>
              <tbody>
                {items.map((item) => (
                  <tr key={item.loan_id}>
                    <td className="nowrap"><Link to="/clients/$clientId/loans/$loanId" params={{ clientId: item.client_id, loanId: item.loan_id }}>{item.number}</Link></td><td>{item.client_name}</td><td className="num">{item.days_past_due}</td><td className="num"><strong>{money(item.overdue, language)}</strong></td><td><ShortDate of={item.since} /></td>
                    <td className="dim">{item.product}</td><td className="dim nowrap">{item.book === 'own' ? t('loan.own') : <>{t('loan.external')}{item.as_of && <>, <ShortDate of={item.as_of} near /></>}</>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            <More of={list} />
          </>
        ))}
      </Load>
    </>
  );
}

function Head({ address, children }: { address: string; children: React.ReactNode }) {
  const { t } = useWords();
  return <div className={styles.filters}>{children}<span className="grow" /><Button component="a" href={address} download variant="default" leftSection={<IconDownload size={15} stroke={1.6} />}>{t('action.download_csv')}</Button></div>;
}
