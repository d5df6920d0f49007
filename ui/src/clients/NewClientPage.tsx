import { Button, SegmentedControl } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ApiError } from '../api/client';
import { clients } from '../api/endpoints';
import { useSession } from '../api/session';
import type { Candidate, ClientKind } from '../api/types';
import { ProfileFields } from '../card/EditTab';
import { emptyProfile, type Profile, profileBody, type ProfileFaults, profileFaults } from '../card/profile';
import { useWords } from '../i18n/use-language';
import { dropDraft, loadDraft, saveDraft } from '../state/drafts';
import { addConfirmation } from '../state/notices';
import { Failure } from '../ui/parts';
import { CandidateList } from '../workspace/Candidates';
import styles from './clients.module.css';

const DRAFT = 'new-client';

/** S10: a double is found while it is typed, not after it is there. */
export function NewClientPage() {
  const { t } = useWords();
  const { user } = useSession();
  const navigate = useNavigate();
  const [kind, setKind] = useState<ClientKind>('person');
  const [profile, setProfile] = useState<Profile>(() => loadDraft<Profile>(user.id, DRAFT) ?? emptyProfile());
  const [faults, setFaults] = useState<ProfileFaults>({});
  const [similar, setSimilar] = useState<{ hard: Candidate[]; soft: Candidate[] }>({ hard: [], soft: [] });
  const change = (part: Partial<Profile>) => setProfile((old) => { const next = { ...old, ...part }; saveDraft(user.id, DRAFT, { ...next, code_word: '' }); return next; });
  const open = (id: string) => void navigate({ to: '/clients/$clientId', params: { clientId: id } });

  const create = useMutation({
    mutationFn: (acknowledged: boolean) => clients.create({ ...profileBody(profile, kind), ...(acknowledged ? { acknowledge_duplicates: true } : {}) }),
    onSuccess: (card) => { dropDraft(user.id, DRAFT); addConfirmation(t('clients.created')); open(card.client_id); },
    onError: (error) => {
      if (!(error instanceof ApiError)) return;
      if (error.code === 'possible_duplicate') setSimilar({ hard: [], soft: error.duplicates });
      if (error.code === 'duplicate') setSimilar({ hard: error.duplicates, soft: [] });
    },
  });
  const lookForDoubles = useMutation({ mutationFn: () => clients.duplicates(profileBody(profile, kind)), onSuccess: setSimilar });
  const onLeave = (name: keyof Profile) => {
    setFaults((old) => ({ ...old, [name]: profileFaults(profile, kind)[name] }));
    if (profile.last_name.trim() && (profile.first_name.trim() || profile.birth_date.trim())) lookForDoubles.mutate();
  };
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    const found = profileFaults(profile, kind);
    setFaults(found);
    const first = Object.keys(found)[0];
    if (first) document.querySelector<HTMLInputElement>(`[name="${first}"]`)?.focus();
    else create.mutate(false);
  };
  const doubles = similar.hard.length > 0 ? similar.hard : similar.soft;
  const refusedAsDouble = create.error instanceof ApiError && create.error.code === 'possible_duplicate';
  return (
    <form className={styles.find} onSubmit={submit} noValidate onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); submit(); } }}>
      <div className="row"><h1 className="grow">{t('clients.create')}</h1></div>
      <SegmentedControl aria-label={t('edit.kind')} value={kind} onChange={(value) => setKind(value as ClientKind)} data={(['person', 'prospect', 'organisation'] as const).map((each) => ({ value: each, label: t(`client.kind.${each}`) }))} />
      <div className="panel"><ProfileFields profile={profile} onChange={change} faults={faults} organisation={kind === 'organisation'} onLeave={onLeave} autoFocus isNew /></div>
      {doubles.length > 0 && (
        <section className="stack" role="status">
          <h2>{t(similar.hard.length > 0 ? 'prospect.hard' : 'prospect.duplicates')}</h2>
          <CandidateList candidates={doubles} onChoose={open} />
        </section>
      )}
      {create.error && <Failure error={create.error} />}
      <div className="row">
        <Button type="submit" loading={create.isPending} disabled={similar.hard.length > 0}>{t('action.create')}</Button>
        {refusedAsDouble && <Button variant="default" onClick={() => create.mutate(true)}>{t('prospect.anyway')}</Button>}
        <Button variant="default" onClick={() => { dropDraft(user.id, DRAFT); void navigate({ to: '/clients' }); }}>{t('action.cancel')}</Button>
      </div>
    </form>
  );
}
