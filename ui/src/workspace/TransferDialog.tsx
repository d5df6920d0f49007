import { Button, Modal, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { calls, operators } from '../api/endpoints';
import { useSession } from '../api/session';
import type { OperatorState } from '../api/types';
import { STATE_ICONS, STATE_TONES } from '../app/StateButton';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Failure, Load } from '../ui/parts';
import styles from './workspace.module.css';

const ORDER: OperatorState[] = ['ready', 'wrap_up', 'not_ready', 'ringing', 'on_call', 'offline'];

export function TransferDialog({ callId, opened, onClose }: { callId: string; opened: boolean; onClose: () => void }) {
  const { t } = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={t('transfer.title')} size="md" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <TransferForm callId={callId} onClose={onClose} />
    </Modal>
  );
}

type Way = 'operator' | 'extension' | 'queue';

function TransferForm({ callId, onClose }: { callId: string; onClose: () => void }) {
  const { t } = useWords();
  const [way, setWay] = useState<Way>('operator');
  const [text, setText] = useState('');
  const move = useMutation({
    mutationFn: (to: { to_user_id?: string; to_extension?: string; to_queue?: string }) => calls.transfer(callId, to),
    onSuccess: () => { addConfirmation(t('transfer.done')); onClose(); },
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
      {move.error && <Failure error={move.error} />}
    </form>
  );
}

/** Ready people first; arrows move, Enter transfers. */
function Colleagues({ onChoose }: { onChoose: (userId: string) => void }) {
  const { t } = useWords();
  const { user } = useSession();
  const [at, setAt] = useState(0);
  const list = useQuery({ queryKey: ['operators'], queryFn: operators.list, staleTime: 2000 });
  return (
    <Load of={list}>
      {(page) => {
        const rows = page.items.filter((row) => row.user_id !== user.id && row.extension && row.state !== 'offline').sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.name.localeCompare(b.name));
        if (rows.length === 0) return <p className="dim small">{t('transfer.nobody')}</p>;
        return (
          <div
            role="listbox" aria-label={t('transfer.operator')} tabIndex={0} data-autofocus className="panel" style={{ maxHeight: 320, overflow: 'auto' }} aria-activedescendant={`colleague-${at}`}
            onKeyDown={(event) => {
              if (event.key === 'ArrowDown') setAt(Math.min(rows.length - 1, at + 1));
              else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
              else if (event.key === 'Enter') { const row = rows[at]; if (row) onChoose(row.user_id); } else return;
              event.preventDefault();
            }}
          >
            {rows.map((row, index) => {
              const Icon = STATE_ICONS[row.state];
              const tone = STATE_TONES[row.state];
              return (
                <div key={row.user_id} id={`colleague-${index}`} role="option" aria-selected={index === at} className={styles.topic} data-on={index === at || undefined} style={{ minHeight: 34 }} onMouseMove={() => setAt(index)} onClick={() => onChoose(row.user_id)}>
                  <Icon size={16} stroke={1.8} aria-hidden className={tone === 'good' ? 'good' : tone === 'warn' ? 'warn' : 'dim'} />
                  <span className="grow">{row.name}</span><span className="dim">{row.extension}</span><span className="dim" style={{ width: 110 }}>{t(`state.${row.state}`)}</span>
                </div>
              );
            })}
          </div>
        );
      }}
    </Load>
  );
}
