import { Button, CloseButton } from '@mantine/core';
import { IconAlertOctagon, IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import { useWords } from '../i18n/use-language';
import { hideNotice, useNotices } from '../state/notices';
import styles from './Shell.module.css';

const ICONS = { calm: IconInfoCircle, urgent: IconAlertTriangle, critical: IconAlertOctagon };
const COLORS = { calm: 'var(--lb-accent)', urgent: 'var(--lb-warn)', critical: 'var(--lb-bad)' };

export function Toasts() {
  const { t } = useWords();
  const shown = useNotices().filter((notice) => notice.shown).slice(0, 4);
  return (
    <div className={styles.toasts} role="region" aria-live="polite" aria-label={t('bar.notices')}>
      {shown.map((notice) => {
        const Icon = ICONS[notice.severity];
        return (
          <div key={notice.id} className={styles.toast} data-severity={notice.severity}>
            <Icon size={18} stroke={1.6} color={COLORS[notice.severity]} aria-hidden style={{ flex: 'none' }} />
            <div className="grow"><strong>{notice.title}</strong>{notice.text && <div className="dim">{notice.text}</div>}</div>
            {notice.severity === 'critical'
              ? <Button size="compact-xs" variant="default" onClick={() => hideNotice(notice.id)}>{t('notice.take')}</Button>
              : <CloseButton size="sm" aria-label={t('action.close')} onClick={() => hideNotice(notice.id)} />}
          </div>
        );
      })}
    </div>
  );
}
