import { Modal } from '@mantine/core';
import { useSession } from '../api/session';
import { useWords } from '../i18n/use-language';
import { takesCalls } from './access';
import styles from './Shell.module.css';

const EVERYWHERE: [string, string][] = [['Ctrl K', 'search'], ['Alt 1…9', 'pages'], ['F2', 'ready'], ['F3', 'to_call'], ['F4', 'by_hand'], ['Esc', 'back'], ['?', 'help']];
const CALL: [string, string][] = [['F6', 'transfer'], ['F7', 'hold'], ['F8', 'hangup'], ['F9', 'topic'], ['/', 'snippets'], ['1…7', 'tabs'], ['Ctrl N, Alt N', 'prospect'], ['Ctrl Enter', 'finish']];
const LISTS: [string, string][] = [['j, k, ↑, ↓', 'move'], ['Enter', 'open']];

export function KeysHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useWords();
  const { user } = useSession();
  const groups: [string, [string, string][]][] = [['everywhere', EVERYWHERE], ['lists', LISTS]];
  if (takesCalls(user.role)) groups.splice(1, 0, ['call', CALL]);
  return (
    <Modal opened={opened} onClose={onClose} title={t('keys.title')} size="md" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <div className="stack-lg">
        {groups.map(([group, rows]) => (
          <section key={group} className="stack">
            <h3 className="dim">{t(`keys.group_${group}`)}</h3>
            <dl className={styles.keysGrid}>
              {rows.map(([key, name]) => [<dt key={`${name}-key`}><kbd className="key">{key}</kbd></dt>, <dd key={name}>{t(`keys.${name}`)}</dd>])}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
