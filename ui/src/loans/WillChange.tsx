/** What a booking will do, told by the server before it is done: nothing is booked by it. */
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { loanKey } from '../api/cache';
import { loans } from '../api/endpoints';
import type { Previewed } from '../api/loan-types';
import { decimal, shortDate } from '../format/format';
import { useWords } from '../i18n/use-language';
import { ahead, changes } from './changes';
import styles from './loans.module.css';
import { useLoan } from './LoanView';
import { statusWord } from './why';

/** A pause in typing after which the server is asked. */
const PAUSE_MS = 300;

/** `body` is null while something that is needed was not typed yet. */
export function usePreview(clientId: string, loanId: string, booking: Previewed, body: Record<string, unknown> | null) {
  const [settled] = useDebouncedValue(JSON.stringify(body), PAUSE_MS);
  const asked = JSON.parse(settled) as Record<string, unknown> | null;
  const found = useQuery({ queryKey: [...loanKey(clientId, null, loanId), 'preview', booking, settled], queryFn: ({ signal }) => loans.preview(loanId, booking, asked ?? {}, signal), enabled: asked !== null, placeholderData: keepPreviousData, retry: false });
  return { after: asked === null || found.error ? undefined : found.data, error: asked === null ? null : found.error };
}

interface Props { clientId: string; loanId: string; preview: ReturnType<typeof usePreview>; children: ReactNode }

export function WillChange({ clientId, loanId, preview: { after }, children }: Props) {
  const { t, language } = useWords();
  const before = useLoan(clientId, loanId, null, after?.on ?? null).data;
  const shown = (sum: string | null) => (sum === null ? '—' : decimal(sum, language));
  const both = before && after && before.on === after.on;
  const found = both ? changes(before, after) : [];
  const [was, will] = [before && ahead(before), after && ahead(after)];
  return (
    <div className={styles.change} role="status">
      <p className="small">{children}</p>
      {both && (
        <dl className={styles.lines}>
          {before.status !== after.status && <><dt>{t('loans.col.status')}</dt><dd><span className="dim">{statusWord(before.status, t)}</span> → <strong>{statusWord(after.status, t)}</strong></dd></>}
          {found.map((each) => [<dt key={each.figure}>{each.figure === 'debt_today' ? t('inbox.debt_on', { date: shortDate(after.on, language) }) : t(`figure.${each.figure}`)}</dt>, <dd key={`${each.figure}-sums`}><span className="dim">{shown(each.before)}</span> → <strong>{shown(each.after)}</strong></dd>])}
          {was && will && (was.payments !== will.payments || was.last !== will.last) && <><dt>{t('booking.payments_ahead')}</dt><dd><span className="dim">{was.payments}</span> → <strong>{will.payments}</strong></dd></>}
          {was && will && was.last !== will.last && <><dt>{t('booking.last_payment')}</dt><dd><span className="dim">{was.last ? shortDate(was.last, language) : '—'}</span> → <strong>{will.last ? shortDate(will.last, language) : '—'}</strong></dd></>}
        </dl>
      )}
    </div>
  );
}
