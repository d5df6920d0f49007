import { Button, Progress } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import i18next, { type TFunction } from 'i18next';
import { useState } from 'react';
import { administers } from '../app/access';
import { imports } from '../api/endpoints';
import { useSession } from '../api/session';
import type { ImportJob } from '../api/types';
import { duration, integer } from '../format/format';
import { useWords } from '../i18n/use-language';
import { Empty, Failure, Load, Moment } from '../ui/parts';
import styles from './admin.module.css';
import { ImportForm } from './ImportForm';
import { RejectsDialog } from './RejectsDialog';

/** Every load of data: the one that runs, with its speed and what is left, and all before it with their rejects. */
export function ImportsPage() {
  const { t } = useWords();
  const list = useQuery({ queryKey: ['imports'], queryFn: imports.list });
  const { user } = useSession();
  const [watching, setWatching] = useState<string | null>(null);
  // In line or at work; the one at work stands first.
  const running = (list.data?.items.filter(underWay) ?? []).sort((one, other) => Number(one.state === 'waiting') - Number(other.state === 'waiting') || one.started_at.localeCompare(other.started_at));
  return (
    <>
      <div className={styles.head}><h1 className="grow">{t('admin.section.imports')}</h1></div>
      {running.map((job) => <Running key={job.import_id} job={job} />)}
      {watching && !running.some((job) => job.import_id === watching) && <Watched id={watching} />}
      {administers(user.role) && <ImportForm onStarted={setWatching} />}
      <section className={`panel ${styles.scroll}`} tabIndex={0}>
        <div className="panel-head"><h2>{t('imports.history')}</h2></div>
        <Load of={list}>{(page) => (page.items.length === 0 ? <Empty>{t('imports.empty')}</Empty> : <History jobs={page.items} />)}</Load>
      </section>
    </>
  );
}

/** Why it did not come to its end: in the language of the page where the reason is known. */
function whyStopped(job: ImportJob, t: TFunction): string | null {
  const known = `imports.why.${job.error_code ?? ''}`;
  return i18next.exists(known) ? t(known) : job.error;
}

const underWay = (job: ImportJob): boolean => job.state === 'running' || job.state === 'waiting';

function Watched({ id }: { id: string }) {
  const job = useQuery({ queryKey: ['import', id], queryFn: () => imports.get(id), refetchInterval: (query) => (query.state.data && underWay(query.state.data) ? 2000 : false) });
  return job.data && underWay(job.data) ? <Running job={job.data} /> : null;
}

function Running({ job }: { job: ImportJob }) {
  const { t, language } = useWords();
  const cancel = useMutation({ mutationFn: () => imports.cancel(job.import_id) });
  const share = job.rows_total ? (100 * job.rows_read) / job.rows_total : 0;
  const waiting = job.state === 'waiting';
  const words = waiting ? t('imports.in_line') : [
    job.rows_total ? t('imports.progress', { read: integer(job.rows_read, language), total: integer(job.rows_total, language) }) : t('imports.progress_open', { read: integer(job.rows_read, language) }),
    job.rows_per_second ? t('imports.rate', { rate: integer(job.rows_per_second, language) }) : null,
    job.seconds_left !== null && job.seconds_left !== undefined ? t('imports.left', { time: duration(job.seconds_left) }) : null,
  ].filter(Boolean).join(' · ');
  return (
    <section className="panel stack" style={{ padding: 12 }} aria-live="off">
      <div className="row"><strong className="grow">{job.file_name}{job.dry_run ? ` · ${t('imports.dry')}` : ''}</strong><span className="small">{words}</span><Button size="compact-xs" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>{t('imports.cancel')}</Button></div>
      {!waiting && <Progress value={job.rows_total ? share : 100} animated={!job.rows_total} aria-label={job.file_name} transitionDuration={200} />}
      {cancel.error && <Failure error={cancel.error} />}
    </section>
  );
}

function History({ jobs }: { jobs: ImportJob[] }) {
  const { t, language } = useWords();
  const queries = useQueryClient();
  const resume = useMutation({ mutationFn: (id: string) => imports.resume(id), onSettled: () => void queries.invalidateQueries({ queryKey: ['imports'] }) });
  const [opened, setOpened] = useState<string | null>(null);
  const shown = jobs.find((job) => job.import_id === opened);
  const count = (value: number) => <td className={`num ${value > 0 ? '' : 'dim'}`}>{integer(value, language)}</td>;
  return (
    <>
      {resume.error && <Failure error={resume.error} />}
      {shown && <RejectsDialog job={shown} onClose={() => setOpened(null)} />}
      <table className="grid">
        <thead><tr><th>{t('imports.col.at')}</th><th>{t('imports.col.file')}</th><th>{t('imports.col.kind')}</th><th>{t('imports.col.state')}</th><th className="num">{t('imports.col.rows')}</th><th className="num">{t('imports.col.created')}</th><th className="num">{t('imports.col.updated')}</th><th className="num">{t('imports.col.unchanged')}</th><th className="num">{t('imports.col.rejected')}</th><th>{t('imports.col.by')}</th><th><span className="visually-hidden">{t('common.actions')}</span></th></tr></thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.import_id}>
              <td><Moment at={job.started_at} /></td><td className="cut" style={{ maxWidth: 220 }} title={job.file_name}>{job.file_name}</td><td>{t(`imports.kind_value.${job.kind}`)}</td>
              <td className="nowrap"><span className={`tag ${job.state === 'failed' ? 'bad' : job.state === 'interrupted' ? 'warn' : underWay(job) ? 'info' : ''}`}>{t(`imports.state.${job.state}`)}</span>{job.dry_run && <span className="caption"> {t('imports.dry')}</span>}{whyStopped(job, t) && <div className="caption bad" style={{ whiteSpace: 'normal', maxWidth: 260 }}>{whyStopped(job, t)}</div>}</td>
              {count(job.rows_read)}{count(job.created)}{count(job.updated)}{count(job.unchanged)}<td className="num">{job.rejected > 0 ? <Button size="compact-xs" variant="subtle" color="red" aria-label={t('imports.rejects_count', { count: job.rejected })} title={t('imports.rejects')} onClick={() => setOpened(job.import_id)}>{integer(job.rejected, language)}</Button> : <span className="dim">0</span>}</td><td className="dim">{job.by}</td>
              <td className="nowrap num">
                {(job.state === 'interrupted' || job.state === 'failed') && <Button size="compact-xs" variant="default" onClick={() => resume.mutate(job.import_id)}>{t('imports.resume')}</Button>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
