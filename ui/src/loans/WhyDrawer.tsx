/** "Why this sum?": the lines that make a figure, how each was reckoned, and the rule behind it. */
import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { loanKey } from '../api/cache';
import { loans } from '../api/endpoints';
import type { FigureName } from '../api/loan-types';
import { date, decimal, money } from '../format/format';
import { total } from '../format/sums';
import { useWords } from '../i18n/use-language';
import { Empty, Load, useToday } from '../ui/parts';
import { figureWord } from './why';
import { WhyLines } from './WhyLines';

export interface Asked {
  clientId: string; loanId: string; number: string; figure: FigureName; on: string; currency: string;
  /** Of which row of the schedule, when the figure is of one. */
  n?: number;
}

/** Of one loan, or of each of several whose figures were added up. */
export function WhyDrawer({ asked, callId, onClose }: { asked: Asked[]; callId: string | null; onClose: () => void }) {
  const { t } = useWords();
  const today = useToday();
  const [first] = asked;
  return (
    <Drawer opened={first !== undefined} onClose={onClose} position="right" size={520} title={first ? `${figureWord(first.figure, first.on === today, t)}${first.n === undefined ? '' : ` · ${t('why.of_payment_plain', { n: first.n })}`}${asked.length === 1 ? ` · ${first.number}` : ''}` : ''} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <div className="stack-lg">
        {asked.map((each) => <section key={each.loanId} className="stack" aria-label={each.number}>{asked.length > 1 && <h3>{each.number}</h3>}<Lines asked={each} callId={callId} /></section>)}
      </div>
    </Drawer>
  );
}

function Lines({ asked, callId }: { asked: Asked; callId: string | null }) {
  const { t, language } = useWords();
  const today = useToday();
  const why = useQuery({ queryKey: [...loanKey(asked.clientId, callId, asked.loanId), 'why', asked.figure, asked.n ?? null, asked.on], queryFn: () => loans.explain(asked.loanId, asked.figure, asked.n ?? null, asked.on, callId) });
  const sum = (amount: string) => money({ amount, currency: asked.currency }, language);
  const days = (count: string) => t('common.days', { count: Number(count) }).replace('-', '−');
  return (
    <Load of={why}>
      {(found) => (
        <div className="stack">
          <p className="small dim">{t('why.on', { date: date(found.on, language) })}</p>
          {found.lines.length === 0 && <Empty>{t('why.nothing')}</Empty>}
          {found.full_cost
            ? <>
                <WhyLines lines={found.lines} name={t('common.total')} amount={total(found.lines.map((line) => line.amount))} shown={sum} />
                <p className="small">{t('why.full_cost', { rate: decimal(found.full_cost.period_rate, language), periods: decimal(found.full_cost.periods_per_year, language) })} <strong>{decimal(found.amount, language)}&nbsp;%</strong></p>
              </>
            : <WhyLines lines={found.lines} name={figureWord(asked.figure, asked.on === today, t)} amount={found.amount} shown={found.unit === 'days' ? days : sum} />}
        </div>
      )}
    </Load>
  );
}
