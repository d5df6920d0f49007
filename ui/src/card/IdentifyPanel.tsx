import { Button, Select, TextInput } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/client';
import { calls } from '../api/endpoints';
import { dispatchFeed } from '../api/feed';
import type { Identification, IdentificationField } from '../api/types';
import { useSession } from '../api/session';
import { exactTime } from '../format/format';
import { useWords } from '../i18n/use-language';
import { dialogOpen } from '../ui/keys';
import { Failure } from '../ui/parts';
import { type AnswerFault, answerFaults, answerOf } from './answers';
import styles from './card.module.css';

/** Any one of these completes the second level; name and birth date are always asked. */
const ALTERNATIVES: IdentificationField[] = ['passport_last4', 'code_word', 'address', 'contract_number'];

/** Asks what is missing and sends the caller's words to the server: the right answers never reach the page. */
export function IdentifyPanel({ callId, of, talking }: { callId: string; of: Identification; talking: boolean }) {
  const { t } = useWords();
  const [values, setValues] = useState<Partial<Record<IdentificationField, string>>>({});
  const [wrong, setWrong] = useState<IdentificationField[]>([]);
  const [faults, setFaults] = useState<Partial<Record<IdentificationField, AnswerFault>>>({});
  const [chosen, setChosen] = useState<IdentificationField | null>(null);

  const missing = of.missing.map((each) => each.field);
  const alternatives = missing.filter((field) => ALTERNATIVES.includes(field));
  const grouped = alternatives.length > 1;
  const alternative = chosen && alternatives.includes(chosen) ? chosen : alternatives[0];
  const asked = grouped ? [...missing.filter((field) => !ALTERNATIVES.includes(field)), ...(alternative ? [alternative] : [])] : missing;

  const form = useRef<HTMLFormElement>(null);
  const first = useRef<HTMLInputElement>(null);
  // The talk begins with who it is; nobody who is writing or reading elsewhere is interrupted.
  useEffect(() => {
    if (talking && (document.activeElement ?? document.body) === document.body && !dialogOpen()) first.current?.focus({ preventScroll: true });
  }, [talking]);

  const check = useMutation({
    mutationFn: (answers: { field: IdentificationField; value: string }[]) => calls.identify(callId, answers),
    onSuccess: (card, answers) => {
      dispatchFeed({ type: 'card', card });
      // The server says which were wrong: an answer that closes the check takes the right ones with it.
      const said = card.identification?.wrong ?? [];
      const failed = answers.map((answer) => answer.field).filter((field) => said.includes(field) && !card.identification?.confirmed.includes(field));
      setWrong(failed);
      setValues((old) => Object.fromEntries(Object.entries(old).filter(([field]) => failed.includes(field as IdentificationField))));
    },
    onError: (error, answers) => {
      if (!(error instanceof ApiError)) return;
      const named = answers.filter((_, index) => error.fields.some((fault) => fault.field.startsWith(`answers[${index}]`)));
      setFaults(Object.fromEntries(named.map(({ field }) => [field, 'incomplete'])));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = answerFaults(asked, values);
    setFaults(found);
    // A slip of the keyboard or half of what is needed must not cost the caller an attempt.
    const empty = asked.find((field) => found[field]);
    if (empty) form.current?.querySelector<HTMLInputElement>(`[name="${empty}"]`)?.focus();
    else check.mutate(asked.map((field) => ({ field, value: answerOf(field, values) })));
  };

  if (of.locked) return <Locked until={of.locked_until} wrong={of.wrong ?? []} />;
  if (missing.length === 0) return <Unreachable of={of} />;
  return (
    <form ref={form} className={styles.identify} onSubmit={submit} aria-label={t('identify.title')}>
      <div className="row small"><strong className="grow">{t('identify.title')}</strong>{of.required_level > of.level && <span className="caption">{t('identify.need', { level: of.required_level })}</span>}</div>
      {asked.map((field, index) => {
        const input = (
          <TextInput
            key={field} ref={index === 0 ? first : undefined} name={field} label={grouped && field === alternative ? undefined : t(`identify.field.${field}`)} aria-label={t(`identify.field.${field}`)} autoComplete="off"
            value={values[field] ?? ''} onChange={(event) => { const { value } = event.currentTarget; setValues((old) => ({ ...old, [field]: value })); setWrong((old) => old.filter((each) => each !== field)); setFaults((old) => ({ ...old, [field]: undefined })); }}
            inputMode={field === 'passport_last4' ? 'numeric' : undefined} maxLength={field === 'passport_last4' ? 4 : 200}
            placeholder={field === 'birth_date' ? '15.03.1985' : undefined}
            error={faults[field] ? t(`identify.${faults[field]}`) : wrong.includes(field) ? t('identify.wrong') : undefined}
          />
        );
        if (!grouped || field !== alternative) return input;
        return (
          <div key="alternative" className="stack" style={{ gap: 4 }}>
            <Select
              label={t('identify.one_of')} value={alternative} onChange={(value) => setChosen(value as IdentificationField)} allowDeselect={false}
              data={alternatives.map((each) => ({ value: each, label: t(`identify.field.${each}`) }))}
            />
            {input}
          </div>
        );
      })}
      {of.confirmed.length > 0 && <div className="caption good">{t('identify.confirmed')}: {of.confirmed.map((field) => t(`identify.short.${field}`)).join(', ')}</div>}
      <div className="row">
        <Button type="submit" variant="light" loading={check.isPending} style={{ flex: 'none' }}>{t('identify.check')}</Button>
        <span className={of.attempts_left <= 1 ? 'caption bad' : 'caption'} title={t('identify.attempts_rule')}>{t('identify.attempts', { count: of.attempts_left })}</span>
      </div>
      {check.error && !asked.some((field) => faults[field]) && <Failure error={check.error} />}
    </form>
  );
}

/** The card itself lacks what the level needs: says so, and what can be done instead. */
function Unreachable({ of }: { of: Identification }) {
  const { t } = useWords();
  if (of.level >= of.required_level || of.lacking.length === 0) return null;
  if (of.level >= 2) return <p className="caption">{t('identify.no_code_word')}</p>;
  return <p className="caption">{t('identify.lacking', { fields: of.lacking.map((each) => t(`identify.short.${each.field}`)).join(', ') })}</p>;
}

/** Closed for the day: what did not match stays to be seen, so that the caller can be told what to look up. */
function Locked({ until, wrong }: { until: string | null; wrong: IdentificationField[] }) {
  const { t } = useWords();
  return (
    <div className={styles.identify} data-locked role="alert">
      <div className="row small bad"><IconLock size={16} aria-hidden style={{ flex: 'none' }} /><span>{t('identify.locked')}</span></div>
      {wrong.length > 0 && <div className="small">{t('identify.wrong_fields', { fields: wrong.map((field) => t(`identify.short.${field}`)).join(', ') })}</div>}
      {until && <div className="caption"><Opens at={until} /></div>}
    </div>
  );
}

/** When a closed check opens: by itself, with the lender's next day. */
function Opens({ at }: { at: string }) {
  const { t, language } = useWords();
  const { lender } = useSession();
  return <>{t('identify.opens', { time: exactTime(at, language, lender.time_zone) })}</>;
}

/** For everybody who may see the card, in a call or not. */
export function CheckClosed({ until }: { until: string }) {
  const { t } = useWords();
  return (
    <div className={styles.identify} data-locked role="note">
      <div className="row small bad"><IconLock size={16} aria-hidden style={{ flex: 'none' }} /><span>{t('identify.closed')}</span></div>
      <div className="caption"><Opens at={until} /></div>
    </div>
  );
}
