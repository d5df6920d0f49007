import type { Level as LevelNumber } from '../api/types';
import { useWords } from '../i18n/use-language';
import styles from './card.module.css';

/** How far the caller is known: filled dots are reached, dashed ones are what the topic needs. */
export function Level({ level, required }: { level: LevelNumber; required?: number }) {
  const { t } = useWords();
  const need = required !== undefined && required > level;
  return (
    <div className={styles.level}>
      <span className={styles.dots} role="img" aria-label={t('level.of', { level })}>
        {[1, 2, 3].map((step) => <span key={step} className={styles.dot} data-on={step <= level || undefined} data-need={(need && step > level && step <= required) || undefined} />)}
      </span>
      <span><strong>L{level}</strong> {t(`level.${level}`)}{need && <span className="warn"> → L{required}</span>}</span>
    </div>
  );
}
