import { IconArrowRight, IconPhoneIncoming, IconPhoneOutgoing, IconPhonePause } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useRef } from 'react';
import type { Call } from '../api/types';
import { duration, phone } from '../format/format';
import { useWords } from '../i18n/use-language';
import { useNow } from '../ui/clock';
import { useKeys } from '../ui/keys';
import { Moment } from '../ui/parts';
import { useTopicTitle } from '../workspace/use-topics';

export type CallColumn = 'number' | 'time' | 'who' | 'operator' | 'state' | 'topic' | 'result' | 'talk' | 'wait';

/** Calls as rows; j/k or arrows move the focus along them, Enter opens. */
export function CallTable({ calls, columns, onOpen, openId }: { calls: Call[]; columns: CallColumn[]; onOpen: (call: Call) => void; openId?: string }) {
  const { t } = useWords();
  const topicTitle = useTopicTitle();
  const body = useRef<HTMLTableSectionElement>(null);
  // The row itself is what is chosen, so a call that arrives above it changes nothing.
  const go = (step: number) => {
    const rows = [...(body.current?.children ?? [])] as HTMLElement[];
    const from = rows.findIndex((row) => row === document.activeElement);
    const start = from >= 0 ? from : rows.findIndex((row) => row.dataset.call === openId);
    rows[Math.max(0, Math.min(rows.length - 1, start + step))]?.focus();
  };
  useKeys({ j: () => go(1), k: () => go(-1), ArrowDown: () => go(1), ArrowUp: () => go(-1) });
  const right = new Set<CallColumn>(['talk', 'wait', 'number']);
  const cell = (call: Call, column: CallColumn) => {
    switch (column) {
      case 'number': return call.number ?? '—';
      case 'time': return <Moment at={call.started_at} />;
      case 'who': return <span className="row"><DirectionIcon call={call} />{call.client_name ? <><span className="nowrap">{call.client_name}</span><span className="dim nowrap" data-col="phone">{call.client_number ? phone(call.client_number) : ''}</span></> : <span className="nowrap">{numberWord(call, t)}</span>}</span>;
      case 'operator': return <OperatorOf call={call} />;
      case 'state': return <CallStateTag call={call} />;
      case 'topic': { const titles = call.topics.map(topicTitle).join(', '); return titles ? <span title={titles}>{titles}</span> : <span className="dim">—</span>; }
      case 'result': return <CallResultTag call={call} />;
      case 'talk': return <TalkTime call={call} />;
      case 'wait': return duration(call.wait_seconds ?? 0);
    }
  };
  return (
    <table className="grid">
      <thead><tr>{columns.map((column) => <th key={column} data-col={column} className={right.has(column) ? 'num' : ''}>{t(`calls.col.${column}`)}</th>)}</tr></thead>
      <tbody ref={body}>
        {calls.map((call) => (
          <tr key={call.id} data-call={call.id} className={`click ${call.id === openId ? 'on' : ''}`} tabIndex={0} onClick={() => onOpen(call)} onKeyDown={(event) => { if (event.key === 'Enter') { event.preventDefault(); onOpen(call); } }}>
            {columns.map((column) => <td key={column} data-col={column} className={right.has(column) ? 'num' : ''}>{cell(call, column)}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The number of the other side; a card by hand may have none, and then nobody has hidden it. */
export function numberWord(call: Pick<Call, 'client_number' | 'by_hand'>, t: TFunction): string {
  return call.client_number ? phone(call.client_number) : t(call.by_hand ? 'call.number_not_given' : 'call.no_number');
}

export function DirectionIcon({ call }: { call: Call }) {
  const { t } = useWords();
  const Icon = call.state === 'held' ? IconPhonePause : call.direction === 'outbound' ? IconPhoneOutgoing : IconPhoneIncoming;
  return <Icon size={16} stroke={1.6} className="dim" role="img" aria-label={t(`call.direction.${call.direction}`)} style={{ flex: 'none' }} />;
}

/** Who has the call; during a transfer also to whom it goes. */
function OperatorOf({ call }: { call: Call }) {
  const { t } = useWords();
  const to = call.state === 'finished' ? undefined : receiverOf(call);
  if (!to) return <span className="cut">{call.operator?.name ?? <span className="dim">—</span>}</span>;
  const name = to.operator || to.extension;
  return <span className="row-wrap" style={{ gap: 4, rowGap: 0 }} title={t('calls.transferring', { name })}>{call.operator && <><span className="cut">{call.operator.name}</span><IconArrowRight size={14} stroke={1.6} className="dim" role="img" aria-label={t('calls.transferring', { name })} style={{ flex: 'none' }} /></>}<span className="cut">{name}</span></span>;
}

/** Whoever is called to take the client over and has not got him yet. */
export function receiverOf(call: Pick<Call, 'participants' | 'operator'>): Call['participants'][number] | undefined {
  return call.participants.findLast((each) => each.role === 'transfer' && each.to === null && each.extension !== call.operator?.extension);
}

export function CallStateTag({ call }: { call: Call }) {
  const { t } = useWords();
  const tone = call.state === 'queued' ? 'warn' : call.state === 'finished' ? '' : 'info';
  return <span className={`tag ${tone}`}>{t(`call.state.${call.state}`)}</span>;
}

export function CallResultTag({ call }: { call: Call }) {
  const { t } = useWords();
  if (call.state !== 'finished') return <CallStateTag call={call} />;
  if (call.result && call.result !== 'answered') return <span className="tag warn">{t(`call.result.${call.result}`)}</span>;
  return <span>{call.disposition ? t(`disposition.${call.disposition}`) : call.result ? t(`call.result.${call.result}`) : '—'}</span>;
}

function TalkTime({ call }: { call: Call }) {
  const now = useNow();
  if (call.state === 'talking' && call.answered_at) return <>{duration((now - Date.parse(call.answered_at)) / 1000)}</>;
  return <>{call.talk_seconds > 0 ? duration(call.talk_seconds) : <span className="dim">—</span>}</>;
}
