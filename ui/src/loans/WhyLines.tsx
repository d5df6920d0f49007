/** Lines that add up: what each is, how it was reckoned, the rule behind it, and their sum. */
import type { WhyLine } from '../api/loan-types';
import { useWords } from '../i18n/use-language';
import styles from './loans.module.css';
import { lineReckoning, lineRule, lineTitle } from './why';

export function WhyLines({ lines, name, amount, shown }: { lines: WhyLine[]; name: string; amount: string; shown: (amount: string) => string }) {
  const { t, language } = useWords();
  return (
    <dl className={styles.why}>
      {lines.map((line, index) => {
        const how = lineReckoning(line, t, language);
        // A rule is said once, where it comes first.
        const rule = lines.findIndex((other) => other.what === line.what) === index ? lineRule(line, t) : '';
        return (
          <div key={index} className={styles.whyLine}>
            <dt>{lineTitle(line, t, language)}{how && <div className="small dim">{how}</div>}{rule && <div className="caption">{rule}</div>}</dt>
            <dd>{shown(line.amount)}</dd>
          </div>
        );
      })}
      <div className={styles.whyTotal}><dt>{name}</dt><dd>{shown(amount)}</dd></div>
    </dl>
  );
}
