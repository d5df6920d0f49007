import { ActionIcon, Tooltip } from '@mantine/core';
import { IconClock, IconLanguage, IconMail, IconPhoneOutgoing } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { takesCalls } from '../app/access';
import { calls } from '../api/endpoints';
import { useSession } from '../api/session';
import type { Card, Identification, Personal } from '../api/types';
import { phone } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { addConfirmation, addNotice } from '../state/notices';
import { useNow } from '../ui/clock';
import { errorText } from '../ui/parts';
import styles from './card.module.css';
import { IdentifyPanel } from './IdentifyPanel';
import { Level } from './Level';

interface Props { card: Card; personal: Personal; callId?: string | null; identification?: Identification | null; children?: ReactNode }

/** Who it is: the left column of the card. */
export function Who({ card, personal, callId, identification, children }: Props) {
  const { t } = useWords();
  const { organisation } = card;
  const line = [
    card.facts.city,
    organisation ? t(`client.form.${organisation.form}`) : card.kind !== 'person' ? t(`client.kind.${card.kind}`) : null,
    card.since ? t('client.since', { year: card.since.slice(0, 4) }) : null,
    card.number ? t('client.number', { number: card.number }) : null,
  ].filter(Boolean).join(' · ');
  const note = card.notes[0];
  return (
    <aside className={styles.who} aria-label={t('client.title')}>
      <div>
        <h1 className={styles.name}>{personal.unmasked && personal.full_name ? personal.full_name : card.name}</h1>
        <div className="small dim">{line}</div>
      </div>
      {identification && <Level level={identification.level} required={identification.required_level} />}
      {identification && callId && <IdentifyPanel key={callId} callId={callId} of={identification} />}
      {children}
      <Contacts card={card} personal={personal} />
      {organisation?.parent_id && (
        <div className={styles.section}>
          <Link to="/clients/$clientId" params={{ clientId: organisation.parent_id }}>{t('client.parent')}</Link>
          {organisation.children_count ? <span className="dim">{t('client.stores', { count: organisation.children_count })}</span> : null}
        </div>
      )}
      {card.restrictions.length > 0 && (
        <div className={styles.section}><h3>{t('client.restrictions')}</h3>{card.restrictions.map((each, index) => <span key={index} className="tag bad">{typeof each === 'string' ? each : JSON.stringify(each)}</span>)}</div>
      )}
      <Consents card={card} />
      {note && <div className={styles.section}><h3>{t('client.last_note')}</h3><div>{note.text}</div><div className="caption">{note.by}</div></div>}
    </aside>
  );
}

function Contacts({ card, personal }: { card: Card; personal: Personal }) {
  const { t } = useWords();
  const { language, local_time_offset_minutes: offset } = card.facts;
  return (
    <div className={styles.section}>
      <h3>{t('client.contacts')}</h3>
      {personal.phones.map((each, index) => (
        <div key={`${each.number}-${index}`} className={styles.line}>
          <span className="nowrap">{phone(each.number)}{each.extension ? ` ${t('client.ext', { extension: each.extension })}` : ''}</span>
          <span className="caption cut grow">{i18next.exists(`personal.phone_kind.${each.kind}`) ? t(`personal.phone_kind.${each.kind}`) : each.kind}{each.verified ? ` · ${t('client.verified')}` : ''}</span>
          <DialButton clientId={card.client_id} index={index} number={each.number} />
        </div>
      ))}
      {personal.emails.map((each) => <div key={each.email} className={styles.line}><IconMail size={16} stroke={1.6} aria-hidden className="dim" /><span className="cut">{each.email}</span></div>)}
      {language && <div className={styles.line}><IconLanguage size={16} stroke={1.6} aria-hidden className="dim" /><span>{t('client.language', { language: i18next.exists(`language_name.${language}`) ? t(`language_name.${language}`) : language })}</span></div>}
      {offset !== null && offset !== undefined && <div className={styles.line}><IconClock size={16} stroke={1.6} aria-hidden className="dim" /><ClientTime offsetMinutes={offset} /></div>}
    </div>
  );
}

/** What the clock on the client's wall says: no one is called back at night. */
function ClientTime({ offsetMinutes }: { offsetMinutes: number }) {
  const { t } = useWords();
  const there = new Date(useNow() + offsetMinutes * 60_000);
  const hour = there.getUTCHours();
  const time = `${String(hour).padStart(2, '0')}:${String(there.getUTCMinutes()).padStart(2, '0')}`;
  return <span className={hour < 8 || hour >= 22 ? 'warn' : ''}>{t('client.local_time', { time })}</span>;
}

function DialButton({ clientId, index, number }: { clientId: string; index: number; number: string }) {
  const { t } = useWords();
  const { user, features } = useSession();
  const dial = useMutation({
    mutationFn: () => calls.dial({ client_id: clientId, phone_index: index }),
    onSuccess: () => addConfirmation(t('call.calling')),
    onError: (error) => addNotice('urgent', t('error.title'), errorText(error, t)),
  });
  if (!takesCalls(user.role) || !user.extension || !features.pbx_configured) return null;
  const label = t('call.dial', { number: phone(number) });
  return <Tooltip label={label}><ActionIcon size={24} aria-label={label} onClick={() => dial.mutate()} loading={dial.isPending}><IconPhoneOutgoing size={16} stroke={1.6} /></ActionIcon></Tooltip>;
}

function Consents({ card }: { card: Card }) {
  const { t } = useWords();
  const live = card.consents.filter((each) => each.revoked_at === null);
  if (live.length === 0) return null;
  return (
    <div className={styles.section}>
      <h3>{t('client.consents')}</h3>
      <div className="row-wrap" style={{ gap: 4 }}>{live.map((each) => <span key={each.id} className="tag">{purposeName(each.purpose, t)}</span>)}</div>
    </div>
  );
}

export function purposeName(purpose: string, t: (key: string) => string): string {
  const key = `notes.purpose_value.${purpose}`;
  return i18next.exists(key) ? t(key) : purpose;
}
