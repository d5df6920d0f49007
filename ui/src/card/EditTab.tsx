import { ActionIcon, Button, PasswordInput, Select, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiError } from '../api/client';
import { clients } from '../api/endpoints';
import { useSession } from '../api/session';
import type { Card, Personal } from '../api/types';
import { shortDate } from '../format/format';
import { useWords } from '../i18n/use-language';
import { dropDraft, loadDraft, saveDraft } from '../state/drafts';
import { addConfirmation } from '../state/notices';
import { Empty, Failure } from '../ui/parts';
import styles from './card.module.css';
import { type Profile, profileChanges, type ProfileFaults, profileFaults, profileFromPersonal } from './profile';
import { UnmaskBar } from './PersonalTab';

interface Props { card: Card; callId: string | null; personal: Personal; onUnmasked: (card: Card | null) => void }

/** The level at which a caller asks for changes himself; whoever has no loan has nothing to protect yet (domain.md 4.3). */
const levelToChange = (card: Card): number => (card.loans.length === 0 ? 0 : card.personal.code_word_set ? 3 : 2);

export function EditTab({ card, callId, personal, onUnmasked }: Props) {
  const { t, language } = useWords();
  const bar = <UnmaskBar card={card} personal={personal} onUnmasked={onUnmasked} why={t('edit.need_unmask')} />;
  const needed = levelToChange(card);
  if (callId && card.level < needed) return <Empty>{t('edit.need_level', { level: needed })}</Empty>;
  if (!personal.unmasked) return bar;
  const start = profileFromPersonal(personal, card.organisation, (date) => shortDate(date, language === 'en' ? 'ru' : language));
  return <>{bar}<EditForm card={card} callId={callId} start={start} onSaved={onUnmasked} /></>;
}

function EditForm({ card, callId, start, onSaved }: { card: Card; callId: string | null; start: Profile; onSaved: (card: Card | null) => void }) {
  const { t } = useWords();
  const { user } = useSession();
  const queries = useQueryClient();
  const draftName = `edit.${card.client_id}`;
  const [kept] = useState(() => loadDraft<Profile>(user.id, draftName));
  const [profile, setProfile] = useState<Profile>(kept ?? start);
  const [faults, setFaults] = useState<ProfileFaults>({});
  const change = (part: Partial<Profile>) => setProfile((old) => {
    const next = { ...old, ...part };
    // The code word is a secret: it must not lie in the browser.
    saveDraft(user.id, draftName, { ...next, code_word: '' });
    return next;
  });
  const save = useMutation({
    mutationFn: () => clients.change(card.client_id, card.version, profileChanges(profile, start, card.kind), callId),
    onSuccess: async () => {
      dropDraft(user.id, draftName);
      addConfirmation(t('edit.saved'));
      onSaved(null);
      await queries.invalidateQueries({ queryKey: ['client', card.client_id] });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status === 412) void queries.invalidateQueries({ queryKey: ['client', card.client_id] });
    },
  });
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    const found = profileFaults(profile, card.kind);
    setFaults(found);
    const first = Object.keys(found)[0];
    if (first) document.querySelector<HTMLInputElement>(`[name="${first}"]`)?.focus();
    else save.mutate();
  };
  return (
    <form onSubmit={submit} noValidate onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); submit(); } }}>
      {kept && <p className="caption" style={{ padding: '8px 16px 0' }}>{t('edit.draft')}</p>}
      <ProfileFields profile={profile} onChange={change} faults={faults} organisation={card.kind === 'organisation'} onLeave={(name) => setFaults((old) => ({ ...old, [name]: profileFaults(profile, card.kind)[name] }))} />
      {save.error && <div style={{ padding: '0 16px' }}><Failure error={save.error} /></div>}
      <div className="row" style={{ padding: '4px 16px 16px' }}>
        <Button type="submit" loading={save.isPending}>{t('action.save')}</Button>
        <Button variant="default" onClick={() => { dropDraft(user.id, draftName); setProfile(start); }}>{t('action.cancel')}</Button>
      </div>
    </form>
  );
}

interface FieldsProps { profile: Profile; onChange: (part: Partial<Profile>) => void; faults: ProfileFaults; organisation: boolean; onLeave: (name: keyof Profile) => void; autoFocus?: boolean; isNew?: boolean }

/** The fields of a client, shared by the edit tab and the page for a new one. */
export function ProfileFields({ profile, onChange, faults, organisation, onLeave, autoFocus, isNew }: FieldsProps) {
  const { t } = useWords();
  const text = (name: Exclude<keyof Profile, 'phones' | 'sex' | 'organisation_form'>, label: string, wide: boolean | 'two' = false, focus = false) => (
    <TextInput
      key={name} name={name} label={label} value={profile[name]} className={wide === 'two' ? styles.two : wide ? styles.full : undefined} autoComplete="off" autoFocus={focus}
      onChange={(event) => onChange({ [name]: event.currentTarget.value })} onBlur={() => onLeave(name)} error={faults[name] ? t(faults[name]) : undefined}
    />
  );
  return (
    <div className={styles.form}>
      {organisation ? (
        <>
          {text('organisation_name', t('edit.organisation_name'), true, autoFocus)}
          <Select label={t('edit.form')} value={profile.organisation_form} onChange={(value) => onChange({ organisation_form: value ?? 'store' })} allowDeselect={false} data={['network', 'store', 'employee', 'partner'].map((each) => ({ value: each, label: t(`client.form.${each}`) }))} />
          {text('inn', t('edit.inn'))}{text('kpp', t('edit.kpp'))}{text('ogrn', t('edit.ogrn'))}
        </>
      ) : (
        <>
          {text('last_name', t('edit.last_name'), false, autoFocus)}{text('first_name', t('edit.first_name'))}{text('patronymic', t('edit.patronymic'))}
          {text('birth_date', t('edit.birth_date'))}
          <Select label={t('edit.sex')} value={profile.sex || null} onChange={(value) => onChange({ sex: value ?? '' })} clearable data={['male', 'female'].map((each) => ({ value: each, label: t(`personal.sex_value.${each}`) }))} />
        </>
      )}
      <div className={styles.full}><Phones phones={profile.phones} onChange={(phones) => onChange({ phones })} error={faults.phones ? t(faults.phones) : undefined} /></div>
      {text('email', t('edit.email'))}
      {text('address', t('edit.address'), true)}
      {!organisation && (
        <>
          {text('passport_series', t('edit.passport_series'))}{text('passport_number', t('edit.passport_number'))}{text('issued_on', t('edit.issued_on'))}
          {text('department_code', t('edit.department_code'))}{text('issued_by', t('edit.issued_by'), 'two')}
          {text('inn', t('edit.inn'))}{text('snils', t('edit.snils'))}
          <PasswordInput name="code_word" label={t(isNew ? 'edit.code_word_first' : 'edit.code_word')} description={isNew ? undefined : t('edit.code_word_help')} inputWrapperOrder={['label', 'input', 'description', 'error']} value={profile.code_word} onChange={(event) => onChange({ code_word: event.currentTarget.value })} autoComplete="off" />
        </>
      )}
    </div>
  );
}

function Phones({ phones, onChange, error }: { phones: Profile['phones']; onChange: (phones: Profile['phones']) => void; error?: string }) {
  const { t } = useWords();
  return (
    <div className="stack" style={{ gap: 4 }}>
      {phones.map((each, index) => (
        <div key={index} className="row">
          <TextInput name={index === 0 ? 'phones' : undefined} aria-label={t('edit.phone')} label={index === 0 ? t('edit.phone') : undefined} value={each.number} inputMode="tel" w={220} error={index === 0 ? error : undefined} onChange={(event) => { const { value } = event.currentTarget; onChange(phones.map((other, at) => (at === index ? { ...other, number: value } : other))); }} />
          <Select aria-label={t('loans.line.kind')} mt={index === 0 ? 20 : 0} value={each.kind} w={140} allowDeselect={false} onChange={(value) => onChange(phones.map((other, at) => (at === index ? { ...other, kind: value ?? 'mobile' } : other)))} data={['mobile', 'home', 'work', 'other'].map((kind) => ({ value: kind, label: t(`personal.phone_kind.${kind}`) }))} />
          {phones.length > 1 && <ActionIcon mt={index === 0 ? 20 : 0} aria-label={t('action.remove')} onClick={() => onChange(phones.filter((_, at) => at !== index))}><IconX size={16} /></ActionIcon>}
        </div>
      ))}
      <div><Button variant="subtle" size="compact-xs" px={0} onClick={() => onChange([...phones, { number: '', kind: 'mobile' }])}>{t('edit.add_phone')}</Button></div>
    </div>
  );
}
