import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/client';
import { clients, system } from '../api/endpoints';
import type { CallCard, Candidate, ClientBody } from '../api/types';
import shell from '../app/Shell.module.css';
import { splitName } from '../card/profile';
import { HitLine, useClientSearch } from '../clients/search';
import { useWords } from '../i18n/use-language';
import { dialogOpen, isTyping, useKeys } from '../ui/keys';
import { Failure } from '../ui/parts';
import { useRows } from '../ui/rows';
import { CandidateList, useChooseClient } from './Candidates';
import styles from './workspace.module.css';

const USUAL_FIELDS = ['phone', 'name', 'document', 'loan_number', 'inn'];

interface Props { of: CallCard; onChosen: () => void; onAnonymous: () => void }

/** F7, F8: nobody has this number. Search by the configured fields, else a new client or none. */
export function FindClient({ of, onChosen, onAnonymous }: Props) {
  const { t } = useWords();
  const settings = useQuery({ queryKey: ['settings'], queryFn: system.settings, staleTime: Infinity });
  const fields = settings.data?.search_fields ?? USUAL_FIELDS;
  const number = of.call.client_number ?? '';
  const known = number.includes('*') ? '' : number;
  // Nobody has the number that is calling: what the caller says next is something else.
  const focused = Math.max(0, fields.findIndex((field) => !known || field !== 'phone'));
  const [values, setValues] = useState<Record<string, string>>({});
  const [used, setUsed] = useState('');
  const [making, setMaking] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const text = used ? (values[used] ?? '') : '';
  const found = useClientSearch(text, used || null);
  const { hits } = found;
  const choose = useChooseClient(of.call.id, onChosen);
  const none = useChooseClient(of.call.id, onAnonymous);
  useEffect(() => { if (!isTyping() && !dialogOpen()) first.current?.focus(); }, []);
  useKeys({ 'Ctrl+N': () => setMaking(true), 'Alt+N': () => setMaking(true) });

  const { here, setAt, onKeyDown } = useRows(hits.length, found.settled, (index) => { const hit = hits[index]; if (hit) choose.mutate(hit.client_id); });

  if (making) {
    return <ProspectForm callId={of.call.id} name={values.name ?? ''} number={values.phone || known} onBack={() => setMaking(false)} onChosen={onChosen} />;
  }
  return (
    <div className={styles.choose}>
      <h1>{t(known && of.candidates.length === 0 && !of.call.client_id ? 'find.title' : 'find.title_choose')}</h1>
      <div className={styles.fields} onKeyDown={onKeyDown}>
        {fields.map((field, index) => (
          <TextInput
            key={field} ref={index === focused ? first : undefined} label={t(`find.field.${field}`)} value={values[field] ?? ''} autoComplete="off"
            onFocus={() => setUsed(field)} onChange={(event) => { const { value } = event.currentTarget; setUsed(field); setAt(0); setValues((old) => ({ ...old, [field]: value })); }}
          />
        ))}
      </div>
      {hits.length > 0 && (
        <div className="panel" role="listbox" aria-label={t('spotlight.clients')}>
          {hits.map((hit, index) => (
            <div key={hit.client_id} role="option" aria-selected={index === here} className={shell.hit} data-on={index === here || undefined} onMouseMove={() => setAt(index)} onClick={() => choose.mutate(hit.client_id)}><HitLine hit={hit} /></div>
          ))}
        </div>
      )}
      {found.nothing && <p className="dim small" role="status">{t('find.nothing')}</p>}
      {!found.enough && <p className="dim small">{t('find.start')}</p>}
      {(choose.error ?? none.error ?? found.error) && <Failure error={choose.error ?? none.error ?? found.error} />}
      <div className="row">
        <Button variant="default" onClick={() => setMaking(true)}>{t('find.prospect')}&nbsp;<kbd className="key">Alt N</kbd></Button>
        <Button variant="default" onClick={() => none.mutate(null)}>{t('find.anonymous')}</Button>
      </div>
    </div>
  );
}

function ProspectForm({ callId, name, number, onBack, onChosen }: { callId: string; name: string; number: string; onBack: () => void; onChosen: () => void }) {
  const { t } = useWords();
  const [parts, setParts] = useState(() => splitName(name));
  const [phone, setPhone] = useState(number);
  const choose = useChooseClient(callId, onChosen);
  const [duplicates, setDuplicates] = useState<{ list: Candidate[]; hard: boolean } | null>(null);
  const make = useMutation({
    mutationFn: async (acknowledged: boolean) => {
      const body: ClientBody = { kind: 'prospect', ...trimmed(parts), ...(phone.trim() ? { phones: [{ number: phone.trim(), kind: 'mobile' }] } : {}), ...(acknowledged ? { acknowledge_duplicates: true } : {}) };
      return clients.create(body);
    },
    onSuccess: (card) => choose.mutate(card.client_id),
    onError: (error) => {
      if (error instanceof ApiError && (error.code === 'possible_duplicate' || error.code === 'duplicate')) setDuplicates({ list: error.duplicates, hard: error.code === 'duplicate' });
    },
  });
  const submit = (event: FormEvent) => { event.preventDefault(); make.mutate(false); };
  const field = (key: 'last_name' | 'first_name' | 'patronymic', focus = false) => (
    <TextInput label={t(`edit.${key}`)} value={parts[key]} autoFocus={focus} autoComplete="off" onChange={(event) => { const { value } = event.currentTarget; setParts((old) => ({ ...old, [key]: value })); }} />
  );
  return (
    <form className={styles.choose} onSubmit={submit} onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); make.mutate(false); } }}>
      <h1>{t('prospect.title')}</h1>
      <div className={styles.fields}>{field('last_name', true)}{field('first_name')}{field('patronymic')}<TextInput label={t('edit.phone')} value={phone} inputMode="tel" onChange={(event) => setPhone(event.currentTarget.value)} /></div>
      {duplicates && (
        <section className="stack" role="alert">
          <h2>{t(duplicates.hard ? 'prospect.hard' : 'prospect.duplicates')}</h2>
          {duplicates.list.length > 0 && <CandidateList candidates={duplicates.list} onChoose={(id) => choose.mutate(id)} />}
          {!duplicates.hard && <div><Button variant="default" loading={make.isPending} onClick={() => make.mutate(true)}>{t('prospect.anyway')}</Button></div>}
        </section>
      )}
      {((make.error && !duplicates) || choose.error) && <Failure error={choose.error ?? make.error} />}
      <div className="row"><Button type="submit" loading={make.isPending || choose.isPending}>{t('prospect.save')}</Button><Button variant="default" onClick={onBack}>{t('action.back')}</Button></div>
    </form>
  );
}

function trimmed(parts: { last_name: string; first_name: string; patronymic: string }): Partial<typeof parts> {
  return Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== '')) as Partial<typeof parts>;
}
