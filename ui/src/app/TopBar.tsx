import { Indicator, Menu, Popover, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { IconBell, IconChevronDown, IconPhone, IconSearch } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { session as requests } from '../api/endpoints';
import { useFeed } from '../api/feed';
import { changePerson, useSession } from '../api/session';
import { LANGUAGE_NAMES, setLanguage } from '../i18n';
import { useWords } from '../i18n/use-language';
import { dropDraftsOf } from '../state/drafts';
import { addNotice, clearNotices, readAllNotices, useNotices } from '../state/notices';
import { setPrefs, usePrefs } from '../state/prefs';
import { useKeys } from '../ui/keys';
import { errorText, Moment } from '../ui/parts';
import { flushDrafts } from '../workspace/draft';
import { keepsSharedSnippets, takesCalls } from './access';
import { PasswordDialog } from './PasswordDialog';
import styles from './Shell.module.css';
import { StateButton } from './StateButton';
import { TotpDialog } from './TotpDialog';

export function TopBar({ onSearch, onKeys }: { onSearch: () => void; onKeys: () => void }) {
  const { t } = useWords();
  const { user } = useSession();
  const calls = useFeed((state) => state.calls.length);
  return (
    <header className={styles.bar}>
      <div className={styles.mark}><img src="/favicon.svg" width={22} height={22} alt="Lenderbox" /></div>
      <button type="button" className={styles.search} onClick={onSearch}>
        <IconSearch size={15} stroke={1.6} aria-hidden />
        <span className="cut grow" style={{ textAlign: 'left' }}>{t('bar.search')}</span>
        <kbd className={`key ${styles.wideOnly}`}>Ctrl K</kbd>
      </button>
      <div className={styles.spring} />
      {takesCalls(user.role) && <StateButton />}
      {takesCalls(user.role) && (
        <span className={`${styles.barButton} ${styles.wideOnly}`} style={{ cursor: 'default' }} title={t('bar.calls')}>
          <IconPhone size={16} stroke={1.6} aria-hidden /><span className="visually-hidden">{t('bar.calls')}</span>
          <span className={styles.count} data-on={calls > 0 || undefined}>{calls}</span>
        </span>
      )}
      <Bell />
      <UserMenu onKeys={onKeys} />
    </header>
  );
}

function Bell() {
  const { t } = useWords();
  const notices = useNotices().filter((notice) => notice.kept);
  const [open, setOpen] = useState(false);
  useKeys({ Escape: open ? () => setOpen(false) : undefined });
  const unread = notices.filter((notice) => !notice.read).length;
  return (
    <Popover position="bottom-end" width={360} opened={open} onChange={setOpen} onOpen={readAllNotices} withRoles>
      <Popover.Target>
        <button type="button" className={styles.barButton} onClick={() => setOpen(!open)} aria-label={unread > 0 ? t('bar.notices_unread', { count: unread }) : t('bar.notices')}>
          <Indicator disabled={unread === 0} label={unread} size={15} offset={3} color="accent"><IconBell size={18} stroke={1.6} aria-hidden /></Indicator>
        </button>
      </Popover.Target>
      <Popover.Dropdown p={0}>
        {notices.length === 0 && <p className={`${styles.notice} dim`}>{t('bar.no_notices')}</p>}
        <div style={{ maxHeight: 360, overflow: 'auto' }}>
          {notices.map((notice) => (
            <div key={notice.id} className={styles.notice}>
              <div className="row"><strong className="grow">{notice.title}</strong><span className="caption"><Moment at={new Date(notice.at).toISOString()} mode="relative" /></span></div>
              {notice.text && <div className="dim">{notice.text}</div>}
            </div>
          ))}
        </div>
        {notices.length > 0 && <button type="button" className={styles.barButton} style={{ margin: 4, color: 'var(--lb-accent)' }} onClick={clearNotices}>{t('bar.clear_notices')}</button>}
      </Popover.Dropdown>
    </Popover>
  );
}

function UserMenu({ onKeys }: { onKeys: () => void }) {
  const { t, language } = useWords();
  const { user, totp } = useSession();
  const prefs = usePrefs();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const scheme = useMantineColorScheme();
  const [dialog, setDialog] = useState<'password' | 'totp' | null>(totp.required && !totp.enrolled ? 'totp' : null);
  const signOut = useMutation({
    mutationFn: async () => { await flushDrafts(); await requests.close(); },
    onSuccess: () => { dropDraftsOf(user.id); changePerson(queries, null); },
    // Nobody may believe to have left while the session goes on.
    onError: (error) => addNotice('urgent', t('error.title'), errorText(error, t)),
  });
  return (
    <>
      <Menu position="bottom-end" width={264}>
        <Menu.Target>
          <button type="button" className={styles.barButton} aria-label={`${t('bar.user')}: ${user.name}`}>
            <span className={`cut ${styles.wideOnly}`} style={{ maxWidth: 180 }}>{user.name}</span><IconChevronDown size={14} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{user.name} · {t(`role.${user.role}`)}{user.extension ? ` · ${t('menu.extension', { extension: user.extension })}` : ''}</Menu.Label>
          <div className="stack" style={{ padding: '4px 8px 8px' }} role="none">
            <SegmentedControl aria-label={t('menu.language')} value={language} onChange={(value) => setLanguage(value === 'en' ? 'en' : 'ru')} data={(['ru', 'en'] as const).map((value) => ({ value, label: LANGUAGE_NAMES[value] }))} fullWidth />
            <SegmentedControl
              aria-label={t('menu.theme')} value={scheme.colorScheme} onChange={(value) => scheme.setColorScheme(value as 'light' | 'dark' | 'auto')} fullWidth
              data={[{ value: 'light', label: t('menu.theme_light') }, { value: 'dark', label: t('menu.theme_dark') }, { value: 'auto', label: t('menu.theme_auto') }]}
            />
            <SegmentedControl
              aria-label={t('menu.density')} value={prefs.density} onChange={(value) => setPrefs({ density: value as 'compact' | 'roomy' })} fullWidth
              data={[{ value: 'compact', label: t('menu.density_compact') }, { value: 'roomy', label: t('menu.density_roomy') }]}
            />
          </div>
          <Menu.Divider />
          <Menu.Item onClick={() => setDialog('password')}>{t('menu.password')}</Menu.Item>
          {totp.offered !== false && <Menu.Item onClick={() => setDialog('totp')}>{t('menu.totp')}</Menu.Item>}
          {takesCalls(user.role) && <Menu.Item onClick={() => void navigate({ to: keepsSharedSnippets(user.role) ? '/admin/snippets' : '/snippets' })}>{t('menu.snippets')}</Menu.Item>}
          <Menu.Item onClick={onKeys} rightSection={<kbd className="key">?</kbd>}>{t('menu.keys')}</Menu.Item>
          <Menu.Divider />
          <Menu.Item onClick={() => signOut.mutate()}>{t('menu.sign_out')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <PasswordDialog opened={dialog === 'password'} onClose={() => setDialog(null)} />
      <TotpDialog opened={dialog === 'totp'} onClose={() => setDialog(null)} />
    </>
  );
}
