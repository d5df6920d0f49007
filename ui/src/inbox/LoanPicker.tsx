/** A loan that was not suggested: its client is found as everywhere, then one of the loans is taken. */
import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { clientKey } from '../api/cache';
import { clients } from '../api/endpoints';
import type { Suggestion } from '../api/payment-types';
import type { SearchHit } from '../api/types';
import shell from '../app/Shell.module.css';
import { HitLine, useClientSearch } from '../clients/search';
import { money } from '../format/format';
import { useWords } from '../i18n/use-language';
import { statusWord } from '../loans/why';
import { Load } from '../ui/parts';
import { useRows } from '../ui/rows';
import styles from './inbox.module.css';

type Target = Pick<Suggestion, 'loan_id' | 'client_id' | 'number' | 'client_name'>;

export function LoanPicker({ chosen, onChoose }: { chosen: Target | null; onChoose: (target: Target) => void }) {
  const { t } = useWords();
  const [text, setText] = useState('');
  const [client, setClient] = useState<SearchHit | null>(null);
  const found = useClientSearch(text);
  const hits = found.hits.filter((hit) => hit.loans > 0).slice(0, 5);
  const take = (hit: SearchHit | undefined) => { if (hit) { setClient(hit); setText(''); } };
  const { here, setAt, onKeyDown } = useRows(hits.length, found.settled, (index) => take(hits[index]));
  return (
    <div className="stack">
      <TextInput label={t('inbox.other_loan')} placeholder={t('inbox.other_loan_how')} value={text} leftSection={<IconSearch size={15} stroke={1.6} />} autoComplete="off" onChange={(event) => { setText(event.currentTarget.value); setClient(null); setAt(0); }} onKeyDown={onKeyDown} />
      {hits.length > 0 && <div className="panel" role="listbox" aria-label={t('inbox.other_loan')}>{hits.map((hit, index) => <div key={hit.client_id} role="option" aria-selected={index === here} className={shell.hit} data-on={index === here || undefined} onMouseMove={() => setAt(index)} onClick={() => take(hit)}><HitLine hit={hit} /></div>)}</div>}
      {text && found.settled && found.enough && hits.length === 0 && <p className="small dim" role="status">{t('inbox.nobody')}</p>}
      {client && <LoansOf client={client} chosen={chosen} onChoose={onChoose} />}
    </div>
  );
}

function LoansOf({ client, chosen, onChoose }: { client: SearchHit; chosen: Target | null; onChoose: (target: Target) => void }) {
  const { t, language } = useWords();
  const card = useQuery({ queryKey: clientKey(client.client_id, null), queryFn: () => clients.card(client.client_id, null) });
  return (
    <Load of={card} rows={2}>
      {(found) => (
        <>
          {found.loans.map((loan) => {
            const on = chosen?.loan_id === loan.loan_id;
            return (
              <button key={loan.loan_id} type="button" className={styles.choice} aria-pressed={on} data-on={on || undefined} onClick={() => onChoose({ loan_id: loan.loan_id, client_id: client.client_id, number: loan.number, client_name: client.name })}>
                <strong>{loan.number}</strong><span className="dim">{statusWord(loan.status, t)}</span><span>{client.name}</span><span className="dim">{loan.next_payment ? money(loan.next_payment, language) : ''}</span>
              </button>
            );
          })}
        </>
      )}
    </Load>
  );
}
