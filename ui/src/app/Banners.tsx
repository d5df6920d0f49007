import { Button } from '@mantine/core';
import { IconAlertTriangle, IconPhoneIncoming } from '@tabler/icons-react';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { dispatchFeed, useFeed } from '../api/feed';
import { downLinks } from '../api/feed-state';
import { useSession } from '../api/session';
import { phone } from '../format/format';
import { useWords } from '../i18n/use-language';
import { useKeys } from '../ui/keys';
import { Timer } from '../ui/parts';
import { ADDRESSES, takesCalls } from './access';
import styles from './Shell.module.css';

/** What stops work, and the call that waits. Nothing else may stand here. */
export function Banners({ onByHand }: { onByHand: () => void }) {
  const { t } = useWords();
  const { user } = useSession();
  const lost = useFeed((state) => state.everLive && state.status === 'lost');
  const pbxDown = useFeed((state) => downLinks(state).length > 0);
  const storageLow = useFeed((state) => state.storageLow);
  return (
    <>
      {lost && <div className={styles.banner} data-tone="bad" role="alert"><IconAlertTriangle size={16} aria-hidden />{t('banner.lost')}</div>}
      {storageLow && <div className={styles.banner} data-tone="bad" role="alert"><IconAlertTriangle size={16} aria-hidden />{t('banner.storage_low')}</div>}
      {pbxDown && takesCalls(user.role) && (
        <div className={styles.banner} data-tone="warn" role="alert">
          <IconAlertTriangle size={16} aria-hidden /><span className="grow">{t('banner.pbx_down')}</span>
          <Button variant="default" size="compact-xs" onClick={onByHand}>{t('banner.by_hand')} · F4</Button>
        </div>
      )}
      <CallStrip />
    </>
  );
}

/** A call that is not on the screen now: it waits here, and F3 brings it. */
function CallStrip() {
  const { t } = useWords();
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const calls = useFeed((state) => state.calls);
  const current = useFeed((state) => state.currentCallId);
  const elsewhere = path !== ADDRESSES.workspace;
  const waiting = calls.filter((card) => elsewhere || card.call.id !== current);
  const show = (callId: string) => { dispatchFeed({ type: 'show', callId }); void navigate({ to: ADDRESSES.workspace }); };
  const next = waiting[0]?.call.id;
  // Enter belongs to whatever has the focus; here only when nothing has.
  useKeys({ Enter: next ? () => ((document.activeElement ?? document.body) === document.body ? show(next) : false) : undefined });
  return (
    <>
      {waiting.map(({ call, card }) => (
        <button
          key={call.id} type="button" className={styles.strip}
          onClick={() => show(call.id)}
        >
          <IconPhoneIncoming size={16} aria-hidden />
          <strong>{t(`call.state.${call.state}`)}</strong>
          <span>{phone(call.client_number ?? '')}{card ? ` · ${card.name}` : ''}</span>
          <span className="grow" />
          <Timer since={call.started_at} />
          <kbd className="key">F3</kbd>
        </button>
      ))}
    </>
  );
}
