import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { administers } from '../app/access';
import { type Link, linkOf } from '../api/feed-state';
import { pbx, RECORDER_ROWS } from '../api/endpoints';
import { useSession } from '../api/session';
import { type PbxStatus, type Scenario, SCENARIOS } from '../api/types';
import { decimal, integer } from '../format/format';
import card from '../card/card.module.css';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Empty, Failure, Load, Moment } from '../ui/parts';
import styles from './admin.module.css';

export function PbxPage() {
  const { t } = useWords();
  const { user } = useSession();
  const status = useQuery({ queryKey: ['pbx', 'status'], queryFn: pbx.status, refetchInterval: 5000 });
  return (
    <>
      <div className={styles.head}><h1 className="grow">{t('admin.section.pbx')}</h1>{status.data && <span className="dim small">{t('pbx.live', { count: status.data.live_calls })}</span>}</div>
      <Load of={status} rows={4}>{(found) => <><Pop of={found.pop} /><Links of={found} /></>}</Load>
      {administers(user.role) && <Simulator />}
      <Recorder />
    </>
  );
}

/** B9: how long a card takes to reach a screen, as it is right now. */
function Pop({ of }: { of: PbxStatus['pop'] }) {
  const { t, language } = useWords();
  const figures: [string, number | null][] = [['p50', of.p50_ms], ['p95', of.p95_ms], ['p99', of.p99_ms], ['max', of.max_ms]];
  return (
    <section aria-label={t('pbx.pop')}>
      <div className={styles.head} style={{ marginBottom: 8 }}><h2>{t('pbx.pop')}</h2><span className="caption">{of.count > 0 ? t('pbx.pop_count', { value: integer(of.count, language) }) : t('pbx.no_measure')}</span></div>
      <dl className={styles.tiles} style={{ margin: 0 }}>
        {figures.map(([name, value]) => <div key={name} className={`panel ${styles.tile}`}><dt>{t(`pbx.${name}`)}</dt><dd className={value !== null && name === 'p95' && value > 50 ? 'warn' : ''}>{value === null ? '—' : t('pbx.ms', { value: decimal(value.toFixed(1), language) })}</dd></div>)}
      </dl>
    </section>
  );
}

function Links({ of }: { of: PbxStatus }) {
  const { t } = useWords();
  return (
    <section className={`panel ${styles.scroll}`} tabIndex={0}>
      <div className="panel-head"><h2>{t('pbx.links')}</h2></div>
      {of.links.length === 0 ? <Empty>{t('pbx.empty')}</Empty> : (
        <table className="grid">
          <thead><tr><th>{t('pbx.col.source')}</th><th>{t('pbx.col.kind')}</th><th>{t('pbx.col.state')}</th><th>{t('pbx.col.since')}</th><th>{t('pbx.col.last')}</th><th>{t('pbx.col.error')}</th></tr></thead>
          <tbody>
            {of.links.map((link) => (
              <tr key={`${link.source}-${link.kind}`}>
                <td>{link.source}</td><td className="dim">{link.kind}</td><td><LinkTag link={linkOf(link)} /></td>
                <td>{link.since ? <Moment at={link.since} /> : '—'}</td><td>{link.last_event_at ? <Moment at={link.last_event_at} mode="relative" /> : '—'}</td><td className="bad">{link.error}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** An exchange that only posts events is no whole link: from it no call can be made, handed over or ended. */
function LinkTag({ link }: { link: Link }) {
  const { t } = useWords();
  return <span className={`tag ${link === 'up' ? 'good' : link === 'down' ? 'bad' : 'warn'}`} title={link === 'events_only' ? t('pbx.events_only_help') : undefined}>{t(`pbx.state.${link}`)}</span>;
}

function Simulator() {
  const { t } = useWords();
  const queries = useQueryClient();
  const [scenario, setScenario] = useState<Scenario>('inbound');
  const [number, setNumber] = useState('');
  const [extension, setExtension] = useState('');
  const run = useMutation({
    mutationFn: () => pbx.simulate({ scenario, ...(number.trim() ? { number: number.trim() } : {}), ...(extension.trim() ? { extension: extension.trim() } : {}) }),
    onSuccess: () => { addConfirmation(t('pbx.simulated')); void queries.invalidateQueries({ queryKey: ['pbx'] }); },
  });
  return (
    <section className="panel">
      <div className="panel-head"><h2>{t('pbx.simulator')}</h2><span className="caption">{t('pbx.simulator_help')}</span></div>
      <form className="row-wrap" style={{ padding: 12, alignItems: 'flex-end' }} onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <SegmentedControl aria-label={t('pbx.simulator')} value={scenario} onChange={(value) => setScenario(value as Scenario)} data={SCENARIOS.map((each) => ({ value: each, label: t(`pbx.scenario.${each}`) }))} />
        <TextInput name="number" label={t('pbx.number')} value={number} onChange={(event) => setNumber(event.currentTarget.value)} inputMode="tel" w={170} />
        <TextInput name="extension" label={t('pbx.extension')} value={extension} onChange={(event) => setExtension(event.currentTarget.value)} inputMode="tel" w={190} />
        <Button type="submit" loading={run.isPending}>{t('pbx.simulate')}</Button>
      </form>
      {run.error && <div style={{ padding: '0 12px 12px' }}><Failure error={run.error} /></div>}
    </section>
  );
}

function Recorder() {
  const { t } = useWords();
  const [call, setCall] = useState<string | null>(null);
  const rows = useInfiniteQuery({
    queryKey: ['pbx', 'recorder', call],
    queryFn: ({ pageParam }) => pbx.recorder(pageParam, call ?? undefined),
    initialPageParam: undefined as number | undefined,
    // The newest come first, so the next page is the one before; a call is shown whole.
    getNextPageParam: (page) => { const first = page.items[0]?.seq; return !call && first !== undefined && first > 1 ? Math.max(1, first - RECORDER_ROWS) : undefined; },
    refetchInterval: 10_000,
  });
  return (
    <section className={`panel ${styles.scroll}`} tabIndex={0}>
      <div className="panel-head"><h2 className="grow">{t('pbx.recorder')}</h2>{call && <Button size="compact-xs" variant="default" onClick={() => setCall(null)}>{t('pbx.all_events')}</Button>}</div>
      <Load of={rows}>
        {(data) => {
          const seen = new Map(data.pages.flatMap((page) => page.items).map((row) => [row.seq, row]));
          const items = [...seen.values()].sort((one, other) => (call ? one.seq - other.seq : other.seq - one.seq));
          if (items.length === 0) return <Empty>{t('pbx.recorder_empty')}</Empty>;
          return (
            <>
              <table className="grid">
                <thead><tr><th className="num">{t('pbx.rec.seq')}</th><th>{t('pbx.rec.at')}</th><th>{t('pbx.rec.source')}</th><th>{t('pbx.rec.kind')}</th><th>{t('pbx.rec.text')}</th></tr></thead>
                <tbody>
                  {items.map((row) => (
                    <tr key={row.seq}>
                      <td className="num dim">{row.seq}</td><td><Moment at={row.at} /></td><td>{row.source}</td><td className={row.kind === 'rejected' ? 'bad' : 'dim'}>{t(`pbx.rec_kind.${row.kind}`)}</td>
                      <td className={styles.mono}>{row.call_id && !call ? <button type="button" className={card.linkButton} title={t('pbx.of_call')} onClick={() => setCall(row.call_id)}>{row.call_id.slice(0, 8)}</button> : null} <EventText text={row.text} /></td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {rows.hasNextPage && <Button variant="subtle" m={8} loading={rows.isFetchingNextPage} onClick={() => void rows.fetchNextPage()}>{t('action.show_more')}</Button>}
            </>
          );
        }}
      </Load>
    </section>
  );
}

/** Said in every event or nothing to a reader: the rest tells what happened. */
const SILENT = new Set(['event_id', 'call_id', 'leg_id', 'at', 'type']);

/** An event as its type and what it says; anything else as it came. */
function EventText({ text }: { text: string }) {
  const parsed = useMemo(() => {
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch {
      return null;
    }
  }, [text]);
  if (!parsed || typeof parsed.type !== 'string') return <span>{text}</span>;
  const facts = Object.entries(parsed).filter(([name, value]) => !SILENT.has(name) && value !== null && value !== '' && JSON.stringify(value) !== '{}');
  return <span title={text}><strong>{parsed.type}</strong> {facts.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ')}</span>;
}
