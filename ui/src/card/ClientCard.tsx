import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { editsClients, readsAccess } from '../app/access';
import { clientKey, keepCard } from '../api/cache';
import { clients } from '../api/endpoints';
import { useSession } from '../api/session';
import type { Card, Identification } from '../api/types';
import { useWords } from '../i18n/use-language';
import type { LoanTab } from '../loans/tabs';
import { setPrefs, usePrefs } from '../state/prefs';
import { useKeys } from '../ui/keys';
import { Answers } from './Answers';
import { AccessTab, DocumentsTab, NotesTab } from './tabs';
import styles from './card.module.css';
import { EditTab } from './EditTab';
import { HistoryTab } from './HistoryTab';
import { LoansTab, type OpenLoan } from './LoansTab';
import { PersonalTab } from './PersonalTab';
import { Who } from './Who';

const TABS = ['loans', 'history', 'documents', 'personal', 'notes', 'edit', 'access'] as const;
type TabName = (typeof TABS)[number];

/** The card of a client as it is known now: in a call from the feed, outside of one by request; both stay fresh. */
export function useCard(clientId: string, callId: string | null, fromCall?: Card | null) {
  const queries = useQueryClient();
  useEffect(() => { if (fromCall) keepCard(queries, callId, fromCall); }, [queries, fromCall, callId]);
  return useQuery({ queryKey: clientKey(clientId, callId), queryFn: () => clients.card(clientId, callId), initialData: fromCall ?? undefined, staleTime: fromCall ? Infinity : 10_000 });
}

interface Props { card: Card; callId: string | null; identification?: Identification | null; talking?: boolean; whoExtra?: React.ReactNode }

/** WHO, ANSWERS and the tabs: two cells of the grid that the page around it lays out. */
export function ClientCard({ card, callId, identification, talking, whoExtra }: Props) {
  const { t } = useWords();
  const { user } = useSession();
  const prefs = usePrefs();
  // What was unmasked with a reason lives only as long as this card is on the screen.
  const [unmasked, setUnmasked] = useState<Card | null>(null);
  // Which loan is open, so that a look at another tab does not close it.
  const [open, setOpen] = useState<OpenLoan | null>(null);
  const openLoan = (loanId: string, part?: LoanTab) => { setOpen({ loanId, tab: part ?? 'overview' }); choose('loans'); };
  const personal = unmasked?.client_id === card.client_id ? unmasked.personal : card.personal;
  const names = TABS.filter((name) => (name !== 'access' || readsAccess(user.role)) && (name !== 'edit' || editsClients(user.role)));
  const tab: TabName = names.find((name) => name === prefs.cardTab) ?? 'loans';
  const choose = (name: TabName) => setPrefs({ cardTab: name });
  useKeys(Object.fromEntries(names.map((name, index) => [String(index + 1), () => choose(name)])));
  const counts: Partial<Record<TabName, number>> = { loans: card.loans.length, documents: card.files.length, notes: card.notes.length };

  return (
    <>
      <Who card={card} personal={personal} callId={callId} identification={identification} talking={talking}>{whoExtra}</Who>
      <section className={styles.middle}>
        <Answers card={card} callId={callId} identification={identification} onEarly={(loanId) => openLoan(loanId, 'early')} />
        <div className={styles.tabs} role="tablist" aria-label={t('tab.label')}>
          {names.map((name, index) => (
            <button
              key={name} type="button" role="tab" id={`tab-${name}`} aria-selected={name === tab} aria-controls="tab-body" tabIndex={name === tab ? 0 : -1} className={styles.tab} data-on={name === tab || undefined} onClick={() => choose(name)}
              onKeyDown={(event) => {
                const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
                const next = names[(index + step + names.length) % names.length];
                if (step !== 0 && next) { choose(next); document.getElementById(`tab-${next}`)?.focus(); }
              }}
            >
              <span className={styles.tabKey} aria-hidden>{index + 1}</span>{t(`tab.${name}`)}{counts[name] ? ` (${counts[name]})` : ''}
            </button>
          ))}
        </div>
        <div id="tab-body" role="tabpanel" aria-labelledby={`tab-${tab}`} className={styles.body} tabIndex={0}>
          {tab === 'loans' && <LoansTab card={card} callId={callId} open={open} onOpen={setOpen} />}
          {tab === 'history' && <HistoryTab clientId={card.client_id} callId={callId} />}
          {tab === 'documents' && <DocumentsTab card={card} callId={callId} />}
          {tab === 'personal' && <PersonalTab card={card} personal={personal} onUnmasked={setUnmasked} />}
          {tab === 'notes' && <NotesTab card={card} />}
          {tab === 'edit' && <EditTab key={`${card.client_id}-${personal.unmasked}`} card={card} callId={callId} personal={personal} onUnmasked={setUnmasked} />}
          {tab === 'access' && <AccessTab clientId={card.client_id} />}
        </div>
      </section>
    </>
  );
}
