/** Payments of bank statements: those that found no loan by themselves wait here for a person. The filter lives in the address. */
import { Button, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { incoming } from '../api/endpoints';
import { type IncomingPayment, PAYMENT_STATES, type PaymentState } from '../api/payment-types';
import type { IncomingSearch } from '../app/router';
import { decimal } from '../format/format';
import { useWords } from '../i18n/use-language';
import { leaving, useKeys } from '../ui/keys';
import { Empty, Load, More, ShortDate } from '../ui/parts';
import styles from './inbox.module.css';
import { PaymentDetail } from './PaymentDetail';

const TONES: Partial<Record<PaymentState, string>> = { unmatched: 'warn', posted: 'good', reversed: 'bad' };

export function IncomingPage() {
  const { t } = useWords();
  const navigate = useNavigate();
  const search: IncomingSearch = useSearch({ strict: false });
  const state = search.state ?? 'unmatched';
  const list = useInfiniteQuery({
    queryKey: ['incoming', state], queryFn: ({ pageParam }) => incoming.list(state, pageParam), initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const at = items.findIndex((item) => item.payment_id === search.payment);
  const open = (id: string | undefined) => void navigate({ to: '/money/incoming', search: { state, ...(id ? { payment: id } : {}) }, replace: true });
  const move = (step: number) => { const next = items[Math.min(items.length - 1, Math.max(0, at + step))]; if (next) open(next.payment_id); };
  useKeys({ j: () => move(1), k: () => move(-1), Escape: search.payment ? leaving(() => open(undefined)) : undefined });
  // What was dealt with leaves the queue; the next one takes its place, so that the hand need not look for it.
  const done = () => open(state === 'unmatched' ? (items[at + 1] ?? items[at - 1])?.payment_id : search.payment);
  return (
    <div className={styles.desk} data-open={search.payment ? true : undefined}>
      <div className={styles.filters}>
        <SegmentedControl aria-label={t('inbox.filter')} value={state} onChange={(next) => void navigate({ to: '/money/incoming', search: { state: next as PaymentState } })} data={PAYMENT_STATES.map((each) => ({ value: each, label: t(`inbox.state_many.${each}`) }))} />
      </div>
      <div className={styles.list}>
        <Load of={list} rows={14}>
          {() => (items.length === 0 ? <Empty>{t(`inbox.empty.${state}`)}</Empty> : <><Payments items={items} openId={search.payment} onOpen={open} /><More of={list} /></>)}
        </Load>
      </div>
      <aside className={styles.preview} aria-label={t('inbox.detail')}>
        {search.payment ? <><Button className="narrow-only" variant="default" onClick={() => open(undefined)}>{t('action.back')}</Button><PaymentDetail key={search.payment} id={search.payment} onDone={done} /></> : <p className="dim small">{t('inbox.pick')}</p>}
      </aside>
    </div>
  );
}

/** `states`: beside a file, where there is no room for what they were for, and what became of them matters. */
export function Payments({ items, openId, onOpen, states = false }: { items: IncomingPayment[]; openId?: string; onOpen: (id: string) => void; states?: boolean }) {
  const { t, language } = useWords();
  return (
    <table className="grid">
      <thead><tr><th>{t('inbox.col.on')}</th><th className="num">{t('inbox.col.amount')}</th><th>{t('inbox.col.payer')}</th>{!states && <th data-col="topic">{t('inbox.col.purpose')}</th>}<th>{t(states ? 'inbox.col.state' : 'inbox.col.loan')}</th></tr></thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.payment_id} className={`click ${item.payment_id === openId ? 'on' : ''}`} tabIndex={0} onClick={() => onOpen(item.payment_id)} onKeyDown={(event) => { if (event.key === 'Enter') onOpen(item.payment_id); }}>
            <td><ShortDate of={item.on} near /></td><td className="num"><strong>{item.direction === 'out' ? '−' : ''}{decimal(item.amount, language)}</strong></td><td className="cut" style={{ maxWidth: 180 }} title={item.payer_name}>{item.payer_name}</td>{!states && <td data-col="topic" title={item.purpose} className="dim">{item.purpose}</td>}
            <td className="nowrap">{states ? <StateTag state={item.state} /> : item.loan_number ?? (item.is_recall ? <span className="tag warn">{t('inbox.recall')}</span> : <span className="dim">{item.suggestions.length > 0 ? t('inbox.suggested', { count: item.suggestions.length }) : '—'}</span>)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function StateTag({ state }: { state: PaymentState }) {
  const { t } = useWords();
  return <span className={`tag ${TONES[state] ?? ''}`}>{t(`inbox.state.${state}`)}</span>;
}
