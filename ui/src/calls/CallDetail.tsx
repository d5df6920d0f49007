import { Button, Modal, Select, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import { type FormEvent, useState } from 'react';
import { readsRecorder } from '../app/access';
import { calls } from '../api/endpoints';
import { useSession } from '../api/session';
import { type Call, DISPOSITIONS, type Disposition, type Language, type PromiseToPay } from '../api/types';
import card from '../card/card.module.css';
import { date, duration, exactTime, inZone, money, webAddress } from '../format/format';
import { kopecks } from '../format/sums';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { Failure, Load, Moment, useToday } from '../ui/parts';
import styles from './calls.module.css';
import { draftFromCall, promiseOf } from '../workspace/draft';
import { type PromiseFault, PromiseFields, promiseFaults } from '../workspace/PromiseFields';
import { useTopicTitle } from '../workspace/use-topics';
import { CallResultTag, DirectionIcon, numberWord } from './CallTable';

/** One call after the fact: its course, what was written, and the way to correct it. */
export function CallDetail({ id }: { id: string }) {
  const detail = useQuery({ queryKey: ['calls', 'one', id], queryFn: () => calls.get(id) });
  return <Load of={detail}>{(found) => <Detail call={found.call} name={found.card?.name ?? null} />}</Load>;
}

function Detail({ call, name }: { call: Call; name: string | null }) {
  const { t, language } = useWords();
  const { user, lender } = useSession();
  const [correcting, setCorrecting] = useState(false);
  const topicTitle = useTopicTitle();
  const recording = webAddress(call.recording_url);
  const may = call.state === 'finished' && (call.operator?.user_id === user.id || user.role === 'supervisor');
  const facts: [string, React.ReactNode][] = [
    [t('calls.col.time'), exactTime(call.started_at, language, lender.time_zone)],
    [t('calls.col.operator'), call.operator ? `${call.operator.name}${call.operator.extension ? ` · ${call.operator.extension}` : ''}` : '—'],
    [t('calls.client'), call.client_id ? <Link to="/clients/$clientId" params={{ clientId: call.client_id }}>{name ?? t('calls.open_client')}</Link> : t('call.anonymous')],
    [t('calls.col.topic'), call.topics.map(topicTitle).join(', ') || '—'],
    [t('calls.col.result'), <CallResultTag key="result" call={call} />],
    ...(call.promise ? [[t('calls.promise'), promiseInWords(call.promise, t, language)] as [string, React.ReactNode]] : []),
    [t('wrap.comment'), call.comment || <span className="dim">{t('calls.comment_none')}</span>],
    [t('calls.col.talk'), `${duration(call.talk_seconds ?? 0)} · ${t('calls.col.wait').toLowerCase()} ${duration(call.wait_seconds ?? 0)}`],
    [t(call.state === 'finished' ? 'calls.level_at_end' : 'level.name'), `L${call.level} ${t(`level.${call.level}`)}`],
  ];
  return (
    <div className="stack-lg">
      <div className="row"><DirectionIcon call={call} /><h2 className="grow">{numberWord(call, t)}{call.number ? <span className="dim"> · {t('call.number', { number: call.number })}</span> : null}</h2>{may && <Button variant="default" onClick={() => setCorrecting(true)}>{t('calls.correct')}</Button>}</div>
      <dl className={card.facts} style={{ padding: 0 }}>{facts.map(([label, value]) => [<dt key={`${label}-t`}>{label}</dt>, <dd key={label}>{value}</dd>])}</dl>
      {recording && <a href={recording} target="_blank" rel="noreferrer" className="small">{t('calls.recording')}</a>}
      <FailedChecks call={call} />
      {call.corrections.length > 0 && (
        <section className="stack small">
          <h3>{t('calls.corrections')}</h3>
          {call.corrections.map((each, index) => (
            <div key={index}><Moment at={each.at} /> · {each.by}: {each.reason}<div className="dim">{t('calls.was')}: {[each.disposition ? t(`disposition.${each.disposition}`) : null, each.promise ? promiseInWords(each.promise, t, language) : null, each.comment].filter(Boolean).join(', ') || '—'}</div></div>
          ))}
        </section>
      )}
      {call.participants.length > 0 && (
        <section className="stack small"><h3>{t('calls.participants')}</h3>{call.participants.map((each, index) => <div key={index}>{each.operator}{each.extension && each.extension !== each.operator ? ` · ${each.extension}` : ''} · {t(`calls.${each.role}`)}{each.from && <> · <Moment at={each.from} mode="time" /></>}{each.from && each.to && <>–<Moment at={each.to} mode="time" /></>}</div>)}</section>
      )}
      {readsRecorder(user.role) && <Events id={call.id} zone={lender.time_zone} />}
      <CorrectDialog call={call} opened={correcting} onClose={() => setCorrecting(false)} />
    </div>
  );
}

export function promiseInWords(promise: PromiseToPay, t: TFunction, language: Language): string {
  return t('calls.promised', { sum: money(promise.amount, language), date: date(promise.due_on, language) });
}

/** Which checks of the caller failed; what was said is kept nowhere. */
function FailedChecks({ call }: { call: Call }) {
  const { t } = useWords();
  const checks = call.failed_checks ?? [];
  if (checks.length === 0) return null;
  return (
    <section className="stack small">
      <h3>{t('calls.checks')}</h3>
      {checks.map((each, index) => (
        <div key={index}><Moment at={each.at} mode="time" /> · {each.by}: {t('calls.check_failed', { fields: each.fields.map((field) => t(`identify.short.${field}`)).join(', ') })}{each.locked && <span className="bad"> · {t('calls.check_closed')}</span>}</div>
      ))}
    </section>
  );
}

function Events({ id, zone }: { id: string; zone: string }) {
  const { t } = useWords();
  const events = useQuery({ queryKey: ['calls', 'events', id], queryFn: () => calls.events(id) });
  return (
    <section className="stack small">
      <h3>{t('calls.events')}</h3>
      <Load of={events} rows={4}>
        {(page) => (
          <ul className={styles.events}>
            {page.items.map((event, index) => {
              const at = typeof event.at === 'string' ? inZone(event.at, zone) : { time: '', seconds: '' };
              const type = String(event.type ?? '');
              const cause = typeof event.cause === 'string' && i18next.exists(`calls.cause.${event.cause}`) ? t(`calls.cause.${event.cause}`) : event.cause;
              const about = [...['agent', 'to_agent', 'queue', 'to_queue'].map((key) => event[key]), cause].filter((value) => typeof value === 'string' && value !== '').join(', ');
              return <li key={index}><span className="dim">{at.time}{at.seconds && `:${at.seconds}`}</span><span>{i18next.exists(`calls.event.${type}`) ? t(`calls.event.${type}`) : type}{about && <span className="dim"> · {about}</span>}</span></li>;
            })}
          </ul>
        )}
      </Load>
    </section>
  );
}

/** O4: the right result replaces the wrong one, and the wrong one stays readable. */
function CorrectDialog({ call, opened, onClose }: { call: Call; opened: boolean; onClose: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [disposition, setDisposition] = useState<Disposition | null>(call.disposition);
  const [comment, setComment] = useState(call.comment);
  const [promise, setPromise] = useState(() => draftFromCall(call).promise);
  const [reason, setReason] = useState('');
  const today = useToday();
  const [faults, setFaults] = useState<PromiseFault[]>([]);
  const promised = disposition === 'ptp' ? promiseOf(promise) : null;
  const changed = promised && (promised.due_on !== call.promise?.due_on || kopecks(promised.amount) !== kopecks(call.promise.amount.amount));
  const save = useMutation({
    mutationFn: () => calls.correct(call.id, { ...(disposition && disposition !== call.disposition ? { disposition } : {}), ...(comment !== call.comment ? { comment } : {}), ...(changed ? { promise: promised } : {}), reason: reason.trim() }),
    onSuccess: () => { void queries.invalidateQueries({ queryKey: ['calls'] }); setReason(''); onClose(); },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A promise written down before is judged by its own day, not by today's.
    const missing = disposition === 'ptp' && (changed || disposition !== call.disposition) ? promiseFaults(promise, today) : [];
    setFaults(missing);
    if (reason.trim() && missing.length === 0) save.mutate();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t('calls.correct_title')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className="stack" onSubmit={submit}>
        <p className="small dim">{t('calls.correct_note')}</p>
        <Select label={t('wrap.disposition')} searchable value={disposition} onChange={(value) => setDisposition(value as Disposition | null)} data={DISPOSITIONS.map((each) => ({ value: each, label: t(`disposition.${each}`) }))} />
        {disposition === 'ptp' && <PromiseFields value={promise} onChange={(next) => { setPromise(next); setFaults([]); }} faults={faults} />}
        <Textarea label={t('wrap.comment')} value={comment} autosize minRows={2} onChange={(event) => setComment(event.currentTarget.value)} />
        <Textarea label={t('common.reason')} placeholder={t('common.reason_placeholder')} value={reason} autosize minRows={2} onChange={(event) => setReason(event.currentTarget.value)} />
        {save.error && <Failure error={save.error} />}
        <Button type="submit" disabled={!reason.trim()} loading={save.isPending}>{t('calls.correct')}</Button>
      </form>
    </Modal>
  );
}
