import { Button, Modal, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/client';
import { calls, operators, type TransferTo } from '../api/endpoints';
import { dispatchFeed } from '../api/feed';
import { useSession } from '../api/session';
import type { Call, OperatorRow, OperatorState } from '../api/types';
import { STATE_ICONS, STATE_TONES } from '../app/StateButton';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Failure, Load } from '../ui/parts';
import { flushDrafts } from './draft';
import styles from './workspace.module.css';

const ORDER: OperatorState[] = ['ready', 'wrap_up', 'not_ready', 'ringing', 'on_call', 'offline'];

export function TransferDialog({ call, opened, onClose }: { call: Call; opened: boolean; onClose: () => void }) {
  const { t } = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={t('transfer.title')} size="md" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <TransferForm call={call} onClose={onClose} />
    </Modal>
  );
}

type Way = 'operator' | 'extension' | 'queue';

function TransferForm({ call, onClose }: { call: Call; onClose: () => void }) {
  const { t } = useWords();
  const [way, setWay] = useState<Way>('operator');
  const [text, setText] = useState('');
  const [first, setFirst] = useState(false);
  // A queue cannot be asked first.
  const attended = first && Boolean(call.can_consult) && way !== 'queue';
  const move = useMutation({
    // The next operator reads what this one wrote.
    mutationFn: async (to: TransferTo) => { dispatchFeed({ type: 'asked', callId: call.id }); await flushDrafts(); await calls.transfer(call.id, { ...to, ...(attended ? { attended } : {}) }); },
    onSuccess: () => { addConfirmation(t(attended ? 'transfer.asked' : 'transfer.done')); onClose(); },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const to = text.trim();
    if (to) move.mutate(way === 'queue' ? { to_queue: to } : { to_extension: to });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <SegmentedControl aria-label={t('transfer.to')} value={way} onChange={(value) => { setWay(value as Way); setText(''); }} data={(['operator', 'extension', 'queue'] as const).map((each) => ({ value: each, label: t(`transfer.${each}`) }))} />
      {way === 'operator'
        ? <Colleagues onChoose={(id) => move.mutate({ to_user_id: id })} />
        : (
          <>
            <TextInput key={way} autoFocus label={t(way === 'queue' ? 'transfer.queue_name' : 'transfer.extension_number')} value={text} onChange={(event) => setText(event.currentTarget.value)} inputMode={way === 'queue' ? 'text' : 'tel'} />
            <Button type="submit" disabled={!text.trim()} loading={move.isPending}>{t('transfer.make')}</Button>
          </>
        )}
      {call.can_consult && way !== 'queue' && <Switch label={t('transfer.talk_first')} checked={first} onChange={(event) => setFirst(event.currentTarget.checked)} />}
      {move.error && (move.error instanceof ApiError && move.error.code === 'pbx_down' ? <p className="small bad" role="alert">{t('transfer.pbx_down')}</p> : <Failure error={move.error} />)}
    </form>
  );
}

/** Ready people first; arrows move, Enter transfers. */
function Colleagues({ onChoose }: { onChoose: (userId: string) => void }) {
  const { t } = useWords();
  const { user } = useSession();
  const list = useQuery({ queryKey: ['operators'], queryFn: operators.list, staleTime: 2000 });
  return (
    <Load of={list}>
      {(page) => {
        const rows = page.items.filter((row) => row.user_id !== user.id && row.extension && row.state !== 'offline').sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.name.localeCompare(b.name));
        return rows.length === 0 ? <p className="dim small">{t('transfer.nobody')}</p> : <ColleagueList rows={rows} onChoose={onChoose} />;
      }}
    </Load>
  );
}

function ColleagueList({ rows, onChoose }: { rows: OperatorRow[]; onChoose: (userId: string) => void }) {
  const { t } = useWords();
  // By person, not by place: states change while the dialog is open, and the call must not go to whoever moved up.
  const [chosen, setChosen] = useState(rows[0]?.user_id);
  const list = useRef<HTMLDivElement>(null);
  const at = Math.max(0, rows.findIndex((row) => row.user_id === chosen));
  // The list comes after the dialog has put the focus somewhere.
  useEffect(() => list.current?.focus(), []);
  const move = (step: number) => setChosen(rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.user_id);
  return (
    <div
      ref={list} role="listbox" aria-label={t('transfer.operator')} tabIndex={0} data-autofocus className="panel" style={{ maxHeight: 320, overflow: 'auto' }} aria-activedescendant={`colleague-${at}`}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown') move(1);
        else if (event.key === 'ArrowUp') move(-1);
        else if (event.key === 'Enter') { const row = rows[at]; if (row) onChoose(row.user_id); } else return;
        event.preventDefault();
      }}
    >
      {rows.map((row, index) => {
        const Icon = STATE_ICONS[row.state];
        const tone = STATE_TONES[row.state];
        return (
          <div key={row.user_id} id={`colleague-${index}`} role="option" aria-selected={index === at} className={styles.topic} data-on={index === at || undefined} style={{ minHeight: 34 }} onMouseMove={() => setChosen(row.user_id)} onClick={() => onChoose(row.user_id)}>
            <Icon size={16} stroke={1.8} aria-hidden className={tone === 'good' ? 'good' : tone === 'warn' ? 'warn' : 'dim'} />
            <span className="grow">{row.name}</span><span className="dim">{row.extension}</span><span className="dim" style={{ width: 110 }}>{t(`state.${row.state}`)}</span>
          </div>
        );
      })}
    </div>
  );
}
