/** "Why this sum?": the lines that make a figure, how each was reckoned, and the rule behind it. */
import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { loanKey } from '../api/cache';
import { loans } from '../api/endpoints';
import type { FigureName } from '../api/loan-types';
import { date, money } from '../format/format';
import { isBelow } from '../format/sums';
import { useWords } from '../i18n/use-language';
import { Empty, Load, useToday } from '../ui/parts';
import styles from './loans.module.css';
import { figureWord, lineReckoning, lineRule, lineTitle } from './why';

export interface Asked { clientId: string; loanId: string; number: string; figure: FigureName; on: string; currency: string }

/** Of one loan, or of each of several whose figures were added up. */
export function WhyDrawer({ asked, callId, onClose }: { asked: Asked[]; callId: string | null; onClose: () => void }) {
  const { t } = useWords();
  const today = useToday();
  const [first] = asked;
  return (
    <Drawer opened={first !== undefined} onClose={onClose} position="right" size={520} title={first ? `${figureWord(first.figure, first.on === today, t)}${asked.length === 1 ? ` · ${first.number}` : ''}` : ''} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <div className="stack-lg">
        {asked.map((each) => <section key={each.loanId} className="stack" aria-label={each.number}>{asked.length > 1 && <h3>{each.number}</h3>}<Lines asked={each} callId={callId} /></section>)}
      </div>
    </Drawer>
  );
}

function Lines({ asked, callId }: { asked: Asked; callId: string | null }) {
  const { t, language } = useWords();
  const today = useToday();
  const why = useQuery({ queryKey: [...loanKey(asked.clientId, callId, asked.loanId), 'why', asked.figure, asked.on], queryFn: () => loans.explain(asked.loanId, asked.figure, asked.on, callId) });
  const sum = (amount: string) => money({ amount, currency: asked.currency }, language);
  return (
    <Load of={why}>
      {(found) => (
        <div className="stack">
          <p className="small dim">{t('why.on', { date: date(found.on, language) })}</p>
          {found.lines.length === 0 && <Empty>{t('why.nothing')}</Empty>}
          <dl className={styles.why}>
            {found.lines.map((line, index) => {
              const how = lineReckoning(line, t, language);
              // A rule is said once, where it comes first.
              const rule = found.lines.findIndex((other) => other.what === line.what) === index ? lineRule(line, t) : '';
              return (
                <div key={index} className={styles.whyLine}>
                  <dt>{lineTitle(line, t, language)}{how && <div className="small dim">{how}</div>}{rule && <div className="caption">{rule}</div>}</dt>
                  <dd className={isBelow(line.amount) ? 'good' : ''}>{sum(line.amount)}</dd>
                </div>
              );
            })}
            <div className={styles.whyTotal}><dt>{figureWord(asked.figure, asked.on === today, t)}</dt><dd>{sum(found.amount)}</dd></div>
          </dl>
        </div>
      )}
    </Load>
  );
}
