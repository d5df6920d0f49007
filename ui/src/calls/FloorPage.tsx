import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { calls, operators } from '../api/endpoints';
import type { OperatorRow, OperatorState } from '../api/types';
import { STATE_ICONS, STATE_TONES } from '../app/StateButton';
import { useWords } from '../i18n/use-language';
import { Empty, Load, Timer } from '../ui/parts';
import { useSort } from '../ui/sort';
import styles from './calls.module.css';
import { CallTable } from './CallTable';

const ORDER: OperatorState[] = ['on_call', 'ringing', 'wrap_up', 'ready', 'not_ready', 'offline'];
const TONE_CLASS: Record<string, string> = { good: 'good', warn: 'warn', busy: '', off: 'dim' };

/** The whole floor, live: who is in which state and for how long, and every call that goes on. */
export function FloorPage() {
  const { t } = useWords();
  const navigate = useNavigate();
  const people = useQuery({ queryKey: ['operators'], queryFn: operators.list, refetchInterval: 30_000 });
  const live = useQuery({ queryKey: ['calls', 'live'], queryFn: () => calls.list({ state: 'live', limit: 100 }), refetchInterval: 5000 });
  const waiting = live.data?.items.filter((call) => call.state === 'queued').length ?? 0;
  return (
    <div className={styles.floor}>
      <h1 className="visually-hidden">{t('floor.title')}</h1>
      <div className={styles.counts}>
        {ORDER.map((state) => <Count key={state} state={state} value={people.data?.items.filter((row) => row.state === state).length ?? 0} />)}
        <div className={`panel ${styles.count}`}><span className="dim">{t('floor.waiting')}</span><strong className={waiting > 0 ? 'warn' : ''}>{waiting}</strong></div>
      </div>
      <section className="panel">
        <div className="panel-head"><h2>{t('floor.operators')}</h2></div>
        <Load of={people}>{(page) => (page.items.length === 0 ? <Empty>{t('floor.empty')}</Empty> : <div className={styles.scroll}><People rows={page.items} /></div>)}</Load>
      </section>
      <section className="panel">
        <div className="panel-head"><h2>{t('floor.live')}</h2></div>
        <Load of={live}>{(page) => (page.items.length === 0 ? <Empty>{t('floor.no_live')}</Empty> : <div className={styles.scroll}><CallTable calls={page.items} columns={['time', 'who', 'state', 'operator', 'talk']} onOpen={(call) => void navigate({ to: '/calls', search: { view: 'live', call: call.id } })} /></div>)}</Load>
      </section>
    </div>
  );
}

function Count({ state, value }: { state: OperatorState; value: number }) {
  const { t } = useWords();
  const Icon = STATE_ICONS[state];
  return <div className={`panel ${styles.count}`}><Icon size={16} stroke={1.8} aria-hidden className={TONE_CLASS[STATE_TONES[state]]} /><span className="dim">{t(`state.${state}`)}</span><strong>{value}</strong></div>;
}

function People({ rows }: { rows: OperatorRow[] }) {
  const { t } = useWords();
  // Within a state who is in it longest stands first.
  const { rows: sorted, head } = useSort(rows, {
    name: (row) => row.name, extension: (row) => row.extension, state: (row) => `${ORDER.indexOf(row.state)} ${row.since}`, in_state: (row) => row.since, missed: (row) => row.missed_today,
  }, 'state');
  return (
    <table className="grid">
      <thead><tr>{head('name', t('floor.col.name'))}{head('extension', t('floor.col.extension'))}{head('state', t('floor.col.state'))}{head('in_state', t('floor.col.in_state'), 'num')}{head('missed', t('floor.col.missed'), 'num')}</tr></thead>
      <tbody>
        {sorted.map((row) => {
          const Icon = STATE_ICONS[row.state];
          return (
            <tr key={row.user_id}>
              <td className="nowrap">{row.name}</td><td className="dim" data-col="extension">{row.extension}</td>
              <td><span className={`row nowrap ${TONE_CLASS[STATE_TONES[row.state]]}`}><Icon size={16} stroke={1.8} aria-hidden />{t(`state.${row.state}`)}{row.reason ? <span className="dim">{t(`state_reason.${row.reason}`)}</span> : null}</span></td>
              <td className="num">{row.state === 'offline' ? <span className="dim">—</span> : <Timer since={row.since} />}</td><td data-col="missed" className={`num ${row.missed_today > 0 ? 'warn' : 'dim'}`}>{row.missed_today}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
