import { useQuery } from '@tanstack/react-query';
import { system } from '../api/endpoints';
import type { HealthSummary } from '../api/types';
import { bytes, integer, spanInWords } from '../format/format';
import { useWords } from '../i18n/use-language';
import { useNow } from '../ui/clock';
import { Load, Moment } from '../ui/parts';
import styles from './admin.module.css';

const DAY_MS = 26 * 3600 * 1000;
/** Below this the box soon refuses to write. */
const LOW_DISK_BYTES = 5_000_000_000;

export function HealthPage() {
  const { t } = useWords();
  const health = useQuery({ queryKey: ['health'], queryFn: system.health, refetchInterval: 10_000 });
  return (
    <>
      <div className={styles.head}><h1 className="grow">{t('admin.section.health')}</h1></div>
      <Load of={health}>{(found) => <Tiles of={found} />}</Load>
    </>
  );
}

function Tiles({ of }: { of: HealthSummary }) {
  const { t, language } = useWords();
  const now = useNow();
  const days = Math.floor(of.uptime_seconds / 86_400);
  const old = of.last_backup_at === null || now - Date.parse(of.last_backup_at) > DAY_MS;
  const low = of.disk_free_bytes < LOW_DISK_BYTES;
  const tiles: [string, React.ReactNode, string?][] = [
    ['backup', of.last_backup_at ? <Moment key="backup" at={of.last_backup_at} mode="relative" /> : t('health.no_backup'), old && of.last_backup_at ? t('health.old_backup') : undefined],
    ['disk', bytes(of.disk_free_bytes, language), low ? t('health.low_disk') : undefined],
    ['memory', bytes(of.memory_bytes, language)],
    ['uptime', days > 0 ? `${t('common.days', { count: days })} ${spanInWords(of.uptime_seconds % 86_400, language)}` : spanInWords(of.uptime_seconds, language)],
    ['clients', integer(of.clients, language)], ['loans', integer(of.loans, language)], ['head', integer(of.head, language)],
    ['journal', bytes(of.journal_bytes, language)], ['store', bytes(of.store_bytes, language)], ['version', of.version],
  ];
  return (
    <dl className={styles.tiles} style={{ margin: 0 }}>
      {tiles.map(([name, value, warning]) => <div key={name} className={`panel ${styles.tile}`}><dt>{t(`health.${name}`)}</dt><dd className={warning || (name === 'backup' && old) ? 'warn' : ''}>{value}</dd>{warning && <dd className="caption warn" style={{ fontSize: 12, fontWeight: 400 }}>{warning}</dd>}</div>)}
    </dl>
  );
}
