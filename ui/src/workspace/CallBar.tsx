import { Button, CloseButton, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconArrowBackUp, IconPhoneCheck, IconPhoneIncoming, IconPhoneOff, IconPhoneOutgoing, IconPlayerPause, IconPlayerPlay, IconTransfer } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { type ReactNode, useState } from 'react';
import { calls } from '../api/endpoints';
import { dispatchFeed, useFeed } from '../api/feed';
import { takesCommands } from '../api/feed-state';
import type { Call, CallCard, CommandFailure } from '../api/types';
import { numberWord } from '../calls/CallTable';
import { duration } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { addNotice } from '../state/notices';
import { useNow } from '../ui/clock';
import { useKeys } from '../ui/keys';
import { errorText } from '../ui/parts';
import { flushDrafts } from './draft';
import { TransferDialog } from './TransferDialog';
import styles from './workspace.module.css';

export function CallBar({ of }: { of: CallCard }) {
  const { t } = useWords();
  const { call } = of;
  const failure = useFeed((state) => state.failures[call.id]);
  const live = call.state === 'talking' || call.state === 'held' || call.state === 'ringing';
  const ivr = Object.entries(call.ivr ?? {}).map(([name, value]) => `${i18next.exists(`ivr_key.${name}`) ? t(`ivr_key.${name}`) : name} ${value}`).join(', ');
  const facts = [t(`call.direction.${call.direction}`), call.queue ? t('call.queue', { queue: call.queue }) : null, call.by_hand ? t('call.by_hand') : null, ivr ? t('call.ivr', { facts: ivr }) : null].filter(Boolean).join(' · ');
  const Icon = call.direction === 'outbound' ? IconPhoneOutgoing : IconPhoneIncoming;
  return (
    <>
      <header className={styles.callBar} data-state={call.state} aria-label={t('call.region')}>
        <Icon size={18} stroke={1.8} aria-hidden />
        <span className={styles.number}>{numberWord(call, t)}</span>
        <span className="dim cut" title={facts}>{facts}</span>
        <span className="grow" />
        <span className={`tag ${call.state === 'wrap_up' || call.state === 'held' ? 'warn' : 'info'}`} role="status">{call.consulting ? t('call.consulting', { extension: call.consulting }) : t(`call.state.${call.state}`)}</span>
        <CallTimer of={of} />
        {live && !call.by_hand && <Actions call={call} />}
      </header>
      {failure && (
        <div className={styles.commandFailed} role="alert">
          <IconAlertTriangle size={16} stroke={1.6} aria-hidden /><strong>{t(`command.${failure.command}`)}</strong><span className="grow">{failureText(failure, t)}</span>
          <CloseButton size="sm" aria-label={t('action.close')} onClick={() => dispatchFeed({ type: 'asked', callId: call.id })} />
        </div>
      )}
    </>
  );
}

/** Why the exchange did not do what was asked, in the reader's words; its own where there are no others. */
export function failureText(failure: CommandFailure, t: TFunction): string {
  const known = i18next.exists(`command_reason.${failure.reason}`);
  return [known ? t(`command_reason.${failure.reason}`) : t('command_reason.other'), failure.detail].filter(Boolean).join(' ');
}

/** What can be asked of the exchange now. While a colleague is being asked, the same places hand over or take back. */
function Actions({ call }: { call: Call }) {
  const { t } = useWords();
  const [transferring, setTransferring] = useState(false);
  const ask = useMutation({
    mutationFn: async ({ run }: { run: () => Promise<void>; name: string }) => { dispatchFeed({ type: 'asked', callId: call.id }); await run(); },
    onError: (error) => addNotice('urgent', t('error.title'), errorText(error, t)),
  });
  const reached = useFeed((state) => takesCommands(state, call.source));
  const asking = (name: string) => ask.isPending && ask.variables?.name === name;
  const held = call.state === 'held';
  const consulting = Boolean(call.consulting);
  const hangUp = () => ask.mutate({ name: 'hangup', run: () => calls.hangup(call.id) });
  const hold = reached && call.can_hold && !consulting && call.state !== 'ringing' ? () => ask.mutate({ name: 'hold', run: () => (held ? calls.resume(call.id) : calls.hold(call.id)) }) : undefined;
  // The next operator reads what this one wrote.
  const handOver = () => ask.mutate({ name: 'complete', run: async () => { await flushDrafts(); await calls.completeTransfer(call.id); } });
  const takeBack = () => ask.mutate({ name: 'cancel', run: () => calls.cancelTransfer(call.id) });
  const unreached = reached ? undefined : t('call.not_reached');
  useKeys({ F6: !reached ? () => undefined : consulting ? handOver : () => setTransferring(true), F7: consulting && reached ? takeBack : hold, F8: hangUp });
  return (
    <div className="row" role="group" aria-label={t('call.actions')}>
      {consulting
        ? (
          <>
            <Act name={t('call.hand_over')} keys="F6" icon={<IconPhoneCheck size={16} stroke={1.6} />} busy={asking('complete')} why={unreached} onClick={handOver} />
            <Act name={t('call.take_back')} keys="F7" icon={<IconArrowBackUp size={16} stroke={1.6} />} busy={asking('cancel')} why={unreached} onClick={takeBack} />
          </>
        )
        : (
          <>
            <Act name={t('call.transfer')} keys="F6" icon={<IconTransfer size={16} stroke={1.6} />} why={unreached} onClick={() => setTransferring(true)} />
            {hold && <Act name={t(held ? 'call.resume' : 'call.hold')} keys="F7" icon={held ? <IconPlayerPlay size={16} stroke={1.6} /> : <IconPlayerPause size={16} stroke={1.6} />} busy={asking('hold')} onClick={hold} />}
          </>
        )}
      {/* Without a link the server closes the call by itself: else the card could never be finished. */}
      <Act name={t(reached ? 'call.hangup' : 'call.close')} hint={reached ? undefined : t('call.close_help')} keys="F8" icon={<IconPhoneOff size={16} stroke={1.6} />} danger busy={asking('hangup')} onClick={hangUp} />
      <TransferDialog call={call} opened={transferring} onClose={() => setTransferring(false)} />
    </div>
  );
}

interface ActProps { name: string; keys: string; icon: ReactNode; busy?: boolean; danger?: boolean; why?: string; hint?: string; onClick: () => void }

/** `why`: for what reason it cannot be asked now; `hint`: what will happen. */
function Act({ name, keys, icon, busy, danger, why, hint, onClick }: ActProps) {
  const button = <Button variant={danger ? 'light' : 'default'} color={danger ? 'red' : undefined} leftSection={icon} loading={busy} aria-disabled={why ? true : undefined} data-disabled={why ? true : undefined} onClick={why ? undefined : onClick}>{name}&nbsp;<kbd className="key">{keys}</kbd></Button>;
  return why || hint ? <Tooltip label={why ?? hint} multiline maw={320}>{button}</Tooltip> : button;
}

/** How long it rings, is talked or is being written up. After the talk the length of the talk stands still. */
function CallTimer({ of }: { of: CallCard }) {
  const now = useNow();
  const { call } = of;
  const from = Date.parse(call.answered_at ?? call.started_at);
  const until = call.ended_at ? Date.parse(call.ended_at) : now;
  return <span className={styles.timer}>{duration((until - from) / 1000)}</span>;
}
