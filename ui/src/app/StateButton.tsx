import { Menu } from '@mantine/core';
import { IconBellRinging, IconChevronDown, IconCircleCheck, IconPencil, IconPhone, IconPlayerPause, IconPower } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { operators } from '../api/endpoints';
import { dispatchFeed, useFeed } from '../api/feed';
import { ABSENCE_REASONS, type OperatorState } from '../api/types';
import { useWords } from '../i18n/use-language';
import { addNotice } from '../state/notices';
import { useKeys } from '../ui/keys';
import { errorText, Timer } from '../ui/parts';
import styles from './Shell.module.css';

export const STATE_ICONS: Record<OperatorState, typeof IconPhone> = {
  offline: IconPower, ready: IconCircleCheck, ringing: IconBellRinging, on_call: IconPhone, wrap_up: IconPencil, not_ready: IconPlayerPause,
};
export const STATE_TONES: Record<OperatorState, string> = { offline: 'off', ready: 'good', ringing: 'busy', on_call: 'busy', wrap_up: 'warn', not_ready: 'warn' };

/** The operator's own state: colour, shape and word together, with the time in it. F2 toggles. */
export function StateButton() {
  const { t } = useWords();
  const me = useFeed((state) => state.me);
  const change = useSetState();
  const toggle = () => {
    if (!me) return;
    change.mutate(me.state === 'ready' ? { state: 'not_ready', reason: 'break' } : { state: 'ready', reason: null });
  };
  useKeys({ F2: toggle });
  const state = me?.state ?? 'offline';
  const Icon = STATE_ICONS[state];
  const reason = me?.reason && (state === 'not_ready') ? `: ${t(`state_reason.${me.reason}`)}` : '';
  const words = me ? `${t(`state.${state}`)}${reason}` : t('state.waiting');
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <button type="button" className={`${styles.barButton} ${styles.state}`} data-tone={STATE_TONES[state]} data-state={me ? state : undefined} aria-label={`${t('state.label')}: ${words}`}>
          <Icon size={16} stroke={1.8} aria-hidden />
          <span className="cut grow" style={{ textAlign: 'left', maxWidth: 220 }}>{words}</span>
          {me && me.state !== 'offline' && <Timer since={me.since} />}
          <IconChevronDown size={14} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconCircleCheck size={16} stroke={1.6} />} rightSection={<kbd className="key">F2</kbd>} onClick={() => change.mutate({ state: 'ready', reason: null })}>{t('state.go_ready')}</Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t('state.not_ready_because')}</Menu.Label>
        {ABSENCE_REASONS.map((each) => <Menu.Item key={each} onClick={() => change.mutate({ state: 'not_ready', reason: each })}>{t(`state_reason.${each}`)}</Menu.Item>)}
        <Menu.Divider />
        <Menu.Item leftSection={<IconPower size={16} stroke={1.6} />} onClick={() => change.mutate({ state: 'offline', reason: null })}>{t('state.go_offline')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function useSetState() {
  const { t } = useWords();
  return useMutation({
    mutationFn: (next: { state: 'ready' | 'not_ready' | 'offline'; reason: string | null }) => operators.setState(next.state, next.reason),
    onSuccess: (me) => dispatchFeed({ type: 'own', me: { state: me.state, reason: me.reason, since: me.since } }),
    onError: (error) => addNotice('urgent', t('error.title'), errorText(error, t)),
  });
}
