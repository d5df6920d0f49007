import { Button } from '@mantine/core';
import { IconPhoneIncoming, IconPhoneOff, IconPhoneOutgoing, IconTransfer } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { calls } from '../api/endpoints';
import type { CallCard } from '../api/types';
import { duration, phone } from '../format/format';
import { useWords } from '../i18n/use-language';
import { addNotice } from '../state/notices';
import { useNow } from '../ui/clock';
import { useKeys } from '../ui/keys';
import { errorText } from '../ui/parts';
import { TransferDialog } from './TransferDialog';
import styles from './workspace.module.css';

export function CallBar({ of }: { of: CallCard }) {
  const { t } = useWords();
  const [transferring, setTransferring] = useState(false);
  const { call } = of;
  const talking = call.state === 'talking' || call.state === 'held' || call.state === 'ringing';
  const hangup = useMutation({ mutationFn: () => calls.hangup(call.id), onError: (error) => addNotice('urgent', t('error.title'), errorText(error, t)) });
  useKeys({ F6: talking ? () => setTransferring(true) : undefined, F8: talking ? () => hangup.mutate() : undefined });
  const ivr = Object.entries(call.ivr ?? {}).map(([name, value]) => `${name} ${value}`).join(', ');
  const facts = [t(`call.direction.${call.direction}`), call.queue ? t('call.queue', { queue: call.queue }) : null, call.by_hand ? t('call.by_hand') : null, ivr ? t('call.ivr', { facts: ivr }) : null].filter(Boolean).join(' · ');
  const Icon = call.direction === 'outbound' ? IconPhoneOutgoing : IconPhoneIncoming;
  return (
    <header className={styles.callBar} data-state={call.state} aria-label={t('call.region')}>
      <Icon size={18} stroke={1.8} aria-hidden />
      <span className={styles.number}>{call.client_number ? phone(call.client_number) : t('call.no_number')}</span>
      <span className="dim cut">{facts}</span>
      <span className="grow" />
      <span className={`tag ${call.state === 'wrap_up' ? 'warn' : 'info'}`} role="status">{t(`call.state.${call.state}`)}</span>
      <CallTimer of={of} />
      {talking && (
        <div className="row" role="group" aria-label={t('call.actions')}>
          <Button variant="default" leftSection={<IconTransfer size={16} stroke={1.6} />} onClick={() => setTransferring(true)}>{t('call.transfer')}&nbsp;<kbd className="key">F6</kbd></Button>
          <Button variant="light" color="red" leftSection={<IconPhoneOff size={16} stroke={1.6} />} loading={hangup.isPending} onClick={() => hangup.mutate()}>{t('call.hangup')}&nbsp;<kbd className="key">F8</kbd></Button>
        </div>
      )}
      <TransferDialog callId={call.id} opened={transferring} onClose={() => setTransferring(false)} />
    </header>
  );
}

/** How long it rings, is talked or is being written up. After the talk the length of the talk stands still. */
function CallTimer({ of }: { of: CallCard }) {
  const now = useNow();
  const { call } = of;
  const from = Date.parse(call.answered_at ?? call.started_at);
  const until = call.ended_at ? Date.parse(call.ended_at) : now;
  return <span className={styles.timer}>{duration((until - from) / 1000)}</span>;
}
