/** The answer to "how much to repay it all early": one line of the card, moved by a date. */
import { Select, Slider } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { loanKey } from '../api/cache';
import { loans as requests } from '../api/endpoints';
import { useSession } from '../api/session';
import type { LoanRow } from '../api/types';
import card from '../card/card.module.css';
import { addDays, dateInSentence, daysBetween, money } from '../format/format';
import { isBelow, isNothing } from '../format/sums';
import { useWords } from '../i18n/use-language';
import { DateField } from '../ui/DateField';
import { errorText, useToday } from '../ui/parts';

/** How far the slider reaches, in days; the field takes any later day. */
const REACH_DAYS = 120;

export function EarlyLine({ clientId, loans, callId, onMore }: { clientId: string; loans: LoanRow[]; callId: string | null; onMore: (loanId: string) => void }) {
  const { t, language } = useWords();
  const { lender } = useSession();
  const today = useToday();
  const [chosen, setChosen] = useState(loans[0]?.loan_id ?? '');
  const [typed, setOn] = useState('');
  const loan = loans.find((each) => each.loan_id === chosen) ?? loans[0];
  const on = typed || today;
  const [settled] = useDebouncedValue(on, 200);
  const found = useQuery({
    queryKey: [...loanKey(clientId, callId, loan?.loan_id ?? ''), 'early', 'full', settled], queryFn: ({ signal }) => requests.earlyQuote(loan?.loan_id ?? '', { on: settled, kind: 'full' }, callId, signal),
    enabled: loan !== undefined, placeholderData: keepPreviousData, retry: false,
  });
  if (!loan) return null;
  const sum = (amount: string) => money({ amount, currency: loan.outstanding?.currency ?? lender.currency }, language);
  const quote = found.error ? undefined : found.data;
  const saves = quote && !isNothing(quote.saving) && !isBelow(quote.saving);
  return (
    <>
      <dt>{t('early.line')}</dt>
      <dd className={card.early}>
        {loans.length > 1 && <Select aria-label={t('early.loan')} size="xs" w={168} value={loan.loan_id} onChange={(id) => setChosen(id ?? chosen)} allowDeselect={false} data={loans.map((each) => ({ value: each.loan_id, label: each.number }))} />}
        <DateField aria-label={t('early.on')} value={on} onChange={(day) => setOn(day)} w={122} />
        <Slider size="sm" w={120} thumbLabel={t('early.slider')} min={0} max={REACH_DAYS} value={Math.min(REACH_DAYS, Math.max(0, daysBetween(today, on)))} onChange={(days) => setOn(addDays(today, days))} label={(days) => dateInSentence(addDays(today, days), language, today)} />
        {quote && <span className={card.figure} style={{ opacity: found.isPlaceholderData || settled !== on ? 0.6 : 1 }}>{sum(quote.pay)}</span>}
        {quote && on > today && (loan.days_past_due ?? 0) > 0 && <span className="warn">{t('early.besides_debt')}</span>}
        {saves && <span className="good">{t('early.saving', { sum: sum(quote.saving) })}</span>}
        {found.error && <span className="dim small">{errorText(found.error, t)}</span>}
        <button type="button" className={card.why} onClick={() => onMore(loan.loan_id)}>{t('early.more')}</button>
      </dd>
    </>
  );
}
