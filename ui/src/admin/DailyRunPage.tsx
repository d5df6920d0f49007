/** The run of the day: when it went, what it found, and a button to run it now. Safe to repeat. */
import { Button, Progress } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { keepsLoans } from '../app/access';
import { backups, dailyRun } from '../api/endpoints';
import type { DailyRun } from '../api/report-types';
import { useSession } from '../api/session';
import { date, integer, money, spanInWords } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { Empty, Failure, Load, Moment, ShortDate } from '../ui/parts';
import styles from './admin.module.css';

const TONES: Record<string, string> = { ended: 'good', running: 'info', cut_off: 'warn', unfinished: 'warn' };

export function DailyRunPage() {
  const { t } = useWords();
  const { user } = useSession();
  const queries = useQueryClient();
  const runs = useQuery({ queryKey: ['daily-run'], queryFn: dailyRun.list });
  const start = useMutation({ mutationFn: dailyRun.start, onSettled: () => queries.invalidateQueries({ queryKey: ['daily-run'] }) });
  const job = runs.data?.job ?? null;
  return (
    <>
      <div className={styles.head}>
        <h1 className="grow">{t('admin.section.daily')}</h1>
        {keepsLoans(user.role) && <Button loading={start.isPending} disabled={job !== null} onClick={() => start.mutate()}>{t('daily.start')}</Button>}
      </div>
      {start.error && <Failure error={start.error} />}
      {job && <Working key={job} id={job} />}
      <Load of={runs} rows={6}>
        {(found) => (
          <>
            <p className="caption">{found.hour === null ? t('daily.never') : t('daily.hour', { hour: `${String(found.hour).padStart(2, '0')}:00` })} {t('daily.what')}</p>
            {found.items.length === 0 ? <section className="panel"><Empty>{t('daily.empty')}</Empty></section> : <Runs runs={found.items} />}
          </>
        )}
      </Load>
    </>
  );
}

/** Followed by the feed, and by asking in case the feed is away. */
function Working({ id }: { id: string }) {
  const { t, language } = useWords();
  const queries = useQueryClient();
  const job = useQuery({ queryKey: ['job', id], queryFn: () => backups.job(id), refetchInterval: (query) => (query.state.data && query.state.data.state !== 'running' ? false : 1500) });
  const { state, done = 0, total } = job.data ?? {};
  useEffect(() => { if (state === 'done' || state === 'failed') void queries.invalidateQueries({ queryKey: ['daily-run'] }); }, [state, queries]);
  return (
    <section className="panel stack" style={{ padding: 12 }} role="status">
      <span className="small">{t('daily.working')}{total ? ` · ${integer(done, language)} / ${integer(total, language)}` : ''}</span>
      <Progress value={total ? (100 * done) / total : 100} animated={!total} aria-label={t('daily.working')} />
    </section>
  );
}

/** Loans that the run could not get at, by number. */
function Undone({ of: { loans, named } }: { of: NonNullable<DailyRun['undone']> }) {
  const { t } = useWords();
  return (
    <p className="small warn" role="status">
      {t('daily.undone', { count: loans })}{' '}
      {named.map((loan, index) => <span key={loan.loan_id}>{index > 0 && ', '}<Link to="/loans/$loanId" params={{ loanId: loan.loan_id }}>{loan.number}</Link></span>)}
      {loans > named.length && ` ${t('daily.undone_more', { count: loans - named.length })}`}
    </p>
  );
}

function Runs({ runs }: { runs: DailyRun[] }) {
  const { t, language } = useWords();
  const [last] = runs;
  return (
    <>
      {last?.undone && <Undone of={last.undone} />}
      {last && last.loans !== null && (
        <section className={`panel ${styles.scroll}`} tabIndex={0}>
          <div className="panel-head"><h2>{t('daily.found', { date: date(last.day, language) })}</h2></div>
          <table className="grid">
            <thead><tr><th>{t('daily.bucket')}</th><th className="num">{t('health.loans')}</th><th className="num">{t('loans.col.overdue')}</th></tr></thead>
            <tbody>{last.buckets.map((each) => <tr key={each.bucket}><td><Link to="/money/arrears" search={{ bucket: each.bucket }}>{each.bucket.replace('-', '–')}</Link></td><td className="num">{integer(each.loans, language)}</td><td className="num">{each.overdue.map((sum) => money(sum, language)).join(' + ') || '—'}</td></tr>)}</tbody>
          </table>
        </section>
      )}
      <section className={`panel ${styles.scroll}`} tabIndex={0}>
        <div className="panel-head"><h2>{t('daily.runs')}</h2></div>
        <table className="grid">
          <thead><tr><th>{t('daily.day')}</th><th>{t('daily.state')}</th><th>{t('daily.started')}</th><th className="num">{t('daily.took')}</th><th className="num">{t('health.loans')}</th><th className="num">{t('daily.executed')}</th><th className="num">{t('daily.expired')}</th><th className="num">{t('daily.waiting')}</th><th className="num">{t('daily.failed')}</th><th>{t('common.who')}</th></tr></thead>
          <tbody>
            {runs.map((run) => (
              <tr key={run.day}>
                <td><ShortDate of={run.day} /></td><td><span className={`tag ${TONES[run.state] ?? ''}`}>{i18next.exists(`daily.state_value.${run.state}`) ? t(`daily.state_value.${run.state}`) : run.state}</span></td><td><Moment at={run.started_at} /></td><td className="num">{run.milliseconds === null ? '—' : spanInWords(run.milliseconds / 1000, language)}</td>
                <td className="num">{run.loans === null ? '—' : integer(run.loans, language)}</td>{(['executed', 'expired', 'waiting', 'failed'] as const).map((each) => <td key={each} className={`num ${each === 'failed' && (run.requests?.failed ?? 0) > 0 ? 'bad' : ''}`}>{run.requests ? run.requests[each] : '—'}</td>)}<td className="dim">{run.by}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
