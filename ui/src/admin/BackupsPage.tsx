import { Button, Progress } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { administers } from '../app/access';
import { backups } from '../api/endpoints';
import { useSession } from '../api/session';
import { bytes } from '../format/format';
import { useWords } from '../i18n/use-language';
import { Alert, Empty, Failure, jobWord, Load, Moment } from '../ui/parts';
import styles from './admin.module.css';

export function BackupsPage() {
  const { t, language } = useWords();
  const { user } = useSession();
  const list = useQuery({ queryKey: ['backups'], queryFn: backups.list });
  const [job, setJob] = useState<string | null>(null);
  const create = useMutation({ mutationFn: backups.create, onSuccess: (made) => setJob(made.job) });
  const verify = useMutation({ mutationFn: (name: string) => backups.verify(name), onSuccess: (made) => setJob(made.job) });
  const may = administers(user.role);
  return (
    <>
      <div className={styles.head}><h1 className="grow">{t('admin.section.backups')}</h1>{may && <Button loading={create.isPending} disabled={job !== null} onClick={() => create.mutate()}>{t('backups.create')}</Button>}</div>
      {job && <JobProgress key={job} id={job} onDone={() => setJob(null)} />}
      {(create.error ?? verify.error) && <Failure error={create.error ?? verify.error} />}
      <section className={`panel ${styles.scroll}`} tabIndex={0}>
        <Load of={list}>
          {(page) => (page.items.length === 0 ? <Empty>{t('backups.empty')}</Empty> : (
            <table className="grid">
              <thead><tr><th>{t('backups.col.name')}</th><th>{t('backups.col.at')}</th><th className="num">{t('backups.col.size')}</th><th>{t('backups.col.kind')}</th><th>{t('backups.col.encrypted')}</th><th>{t('backups.col.verified')}</th><th>{t('backups.col.digest')}</th><th><span className="visually-hidden">{t('common.actions')}</span></th></tr></thead>
              <tbody>
                {[...page.items].sort((a, b) => b.created_at.localeCompare(a.created_at)).map((each) => (
                  <tr key={each.name}>
                    <td className="nowrap">{each.name}</td><td><Moment at={each.created_at} /></td><td className="num">{bytes(each.bytes, language)}</td><td>{each.incremental_of ? t('backups.incremental', { name: each.incremental_of }) : t('backups.full')}</td>
                    <td className={each.encrypted ? '' : 'warn'}>{t(each.encrypted ? 'backups.encrypted' : 'backups.plain')}</td><td>{each.verified_at ? <span className="good"><Moment at={each.verified_at} /></span> : <span className="warn">{t('backups.not_verified')}</span>}</td>
                    <td className={styles.mono} title={each.digest}>{each.digest.slice(0, 12)}</td><td className="num">{may && <Button size="compact-xs" variant="default" disabled={job !== null} onClick={() => verify.mutate(each.name)}>{t('backups.verify')}</Button>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          ))}
        </Load>
      </section>
      <p className="caption">{t('backups.why')}</p>
    </>
  );
}

/** Follows a long work by the feed, and by asking in case the feed is away. */
function JobProgress({ id, onDone }: { id: string; onDone: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const job = useQuery({ queryKey: ['job', id], queryFn: () => backups.job(id), refetchInterval: (query) => (query.state.data && query.state.data.state !== 'running' ? false : 1500) });
  const state = job.data?.state;
  useEffect(() => {
    if (state !== 'done') return;
    void queries.invalidateQueries({ queryKey: ['backups'] });
    onDone();
  }, [state, queries, onDone]);
  const kind = jobWord(job.data?.kind ?? '', t);
  if (state === 'failed') return <Alert action={<Button variant="default" onClick={onDone}>{t('action.close')}</Button>}>{t('notice.job_failed', { kind })}. {job.data?.message}</Alert>;
  const total = job.data?.total ?? 0;
  return (
    <section className="panel stack" style={{ padding: 12 }} role="status">
      <span className="small">{total > 0 ? t('backups.running', { kind, done: job.data?.done, total }) : t('backups.running_open', { kind })}</span>
      <Progress value={total > 0 ? (100 * (job.data?.done ?? 0)) / total : 100} animated={total === 0} aria-label={kind} />
    </section>
  );
}
