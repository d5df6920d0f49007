import { Tooltip } from '@mantine/core';
import { IconCalculator, IconCashBanknote, IconHeadset, IconPhoneCall, IconSettings, IconUsersGroup, IconUserSearch } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { pbx } from '../api/endpoints';
import { dispatchFeed, feed, useFeed } from '../api/feed';
import { linkOf, movedOn } from '../api/feed-state';
import { useSession } from '../api/session';
import { useWords } from '../i18n/use-language';
import { addNotice } from '../state/notices';
import { Empty, jobWord } from '../ui/parts';
import { dialogOpen, isTyping, useKeys } from '../ui/keys';
import { failureText } from '../workspace/CallBar';
import { phone } from '../format/format';
import { ByHandDialog } from '../workspace/ByHandDialog';
import { ADDRESSES, type PageName, mayOpen, pagesFor, takesCalls } from './access';
import { Banners } from './Banners';
import { KeysHelp } from './KeysHelp';
import styles from './Shell.module.css';
import { Spotlight } from './Spotlight';
import { Toasts } from './Toasts';
import { TopBar } from './TopBar';

const ICONS: Record<PageName, typeof IconHeadset> = { workspace: IconHeadset, floor: IconUsersGroup, clients: IconUserSearch, calls: IconPhoneCall, money: IconCashBanknote, calculator: IconCalculator, admin: IconSettings };

export type ShellDialog = 'search' | 'keys' | 'by_hand' | null;

export function Shell() {
  const { t } = useWords();
  const { user } = useSession();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<ShellDialog>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const pages = pagesFor(user.role);
  const calls = takesCalls(user.role);
  useFeedNotices();
  useArrivals(calls);
  useLinks();

  useKeys({
    'Ctrl+K': () => setDialog('search'),
    '?': () => setDialog('keys'),
    // Out of a field first: then the keys of the page work. A page that knows more of Esc has taken it before.
    Escape: () => (isTyping() ? (document.activeElement as HTMLElement).blur() : false),
    F3: calls ? () => { showNextCall(); void navigate({ to: ADDRESSES.workspace }); } : undefined,
    F4: calls ? () => setDialog('by_hand') : undefined,
    ...Object.fromEntries(pages.map((page, index) => [`Alt+${index + 1}`, () => void navigate({ to: ADDRESSES[page] })])),
  });

  return (
    <div className={styles.shell}>
      <a href="#page" className={styles.skip}>{t('nav.skip')}</a>
      <TopBar onSearch={() => setDialog('search')} onKeys={() => setDialog('keys')} />
      <div className={styles.notes}><Banners onByHand={() => setDialog('by_hand')} /></div>
      <Nav pages={pages} />
      <main id="page" className={styles.page} tabIndex={-1}>{mayOpen(user.role, path) ? <Outlet /> : <Empty>{t('error.no_page')}</Empty>}</main>
      <Toasts />
      <Spotlight opened={dialog === 'search'} onClose={() => setDialog(null)} pages={pages} />
      <KeysHelp opened={dialog === 'keys'} onClose={() => setDialog(null)} />
      <ByHandDialog opened={dialog === 'by_hand'} onClose={() => setDialog(null)} />
    </div>
  );
}

function Nav({ pages }: { pages: PageName[] }) {
  const { t } = useWords();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <nav className={styles.nav} aria-label={t('nav.label')}>
      {pages.map((page, index) => {
        const Icon = ICONS[page];
        const on = path.startsWith(ADDRESSES[page]);
        return (
          <Tooltip key={page} label={`${t(`nav.${page}`)} · Alt+${index + 1}`} position="right">
            <Link to={ADDRESSES[page]} className={styles.door} data-on={on || undefined} aria-current={on ? 'page' : undefined}>
              <Icon size={20} stroke={1.6} aria-hidden />
              <span className={styles.doorName}>{t(`nav.${page}`)}</span>
            </Link>
          </Tooltip>
        );
      })}
    </nav>
  );
}

/** The call that waits, or the same one when there is no other. */
function showNextCall(): void {
  const state = feed()?.getState();
  if (!state) return;
  const waiting = state.calls.find((card) => card.call.id !== state.currentCallId);
  if (waiting) dispatchFeed({ type: 'show', callId: waiting.call.id });
}

/** A call that arrives comes to the screen, unless the operator is typing: then the strip announces it and focus stays. */
function useArrivals(calls: boolean): void {
  const navigate = useNavigate();
  useEffect(() => {
    if (!calls) return undefined;
    return feed()?.onFrame((frame) => {
      if (frame.type !== 'call.card' || frame.reason === 'changed') return;
      if (!isTyping() && !dialogOpen() && location.pathname !== ADDRESSES.workspace) void navigate({ to: ADDRESSES.workspace });
    });
  }, [calls, navigate]);
}

/** Turns messages of the feed into notifications that a person can read later. */
function useFeedNotices(): void {
  const { t } = useWords();
  const { user } = useSession();
  useEffect(() => feed()?.onFrame((frame, before) => {
    switch (frame.type) {
      case 'operator.state':
        if (frame.user_id === user.id && frame.reason === 'missed') addNotice('urgent', t('notice.missed'), t('notice.missed_text'));
        break;
      case 'call.gone': {
        const gone = movedOn(before, frame.call_id);
        if (gone) addNotice('calm', t('notice.call_gone'), phone(gone.client_number ?? ''));
        break;
      }
      case 'call.command_failed':
        // With a card on the screen the words stand beside what failed.
        if (!before.calls.some((card) => card.call.id === frame.call_id)) addNotice('urgent', t(`command.${frame.command}`), failureText(frame, t));
        break;
      case 'pbx.link':
        if (frame.state === 'down' && before.links[frame.source] !== 'down') addNotice('calm', t('notice.link_down', { source: frame.source }));
        if (frame.state === 'up' && before.links[frame.source] === 'down') addNotice('calm', t('notice.link_up', { source: frame.source }));
        break;
      case 'import.progress':
        if (frame.state === 'finished') addNotice('calm', t('notice.import_done', { file: frame.file_name ?? '' }), t('notice.import_done_text', { created: frame.created ?? 0, updated: frame.updated ?? 0, rejected: frame.rejected ?? 0 }));
        if (frame.state === 'failed' || frame.state === 'interrupted') addNotice('urgent', t('notice.import_failed', { file: frame.file_name ?? '' }));
        break;
      case 'job.progress':
        if (frame.state === 'failed') addNotice('urgent', t('notice.job_failed', { kind: jobWord(frame.kind ?? '', t) }), frame.message ?? undefined);
        break;
      case 'storage_low':
        if (frame.on !== before.storageLow) addNotice(frame.on ? 'critical' : 'calm', frame.on ? t('notice.storage') : t('notice.storage_ok'));
        break;
      default:
        break;
    }
  }), [t, user.id]);
}

/** The state of the PBX links at the start; later changes come by the feed, which does not say what kind of link came up. */
function useLinks(): void {
  const queries = useQueryClient();
  const { features } = useSession();
  const live = useFeed((state) => state.status === 'live');
  const status = useQuery({ queryKey: ['pbx', 'status'], queryFn: pbx.status, enabled: features.pbx_configured && live, retry: false });
  useEffect(() => feed()?.onFrame((frame) => { if (frame.type === 'pbx.link' && frame.state === 'up') void queries.invalidateQueries({ queryKey: ['pbx', 'status'] }); }), [queries]);
  useEffect(() => {
    if (status.data) dispatchFeed({ type: 'links', links: Object.fromEntries(status.data.links.map((link) => [link.source, linkOf(link)])) });
  }, [status.data]);
}
