import { ActionIcon, Tooltip } from '@mantine/core';
import { IconBulb, IconCircleCheck, IconClock, IconLanguage, IconMail, IconPhoneOutgoing } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { takesCalls } from '../app/access';
import { calls } from '../api/endpoints';
import { useSession } from '../api/session';
import type { Card, Identification, Personal } from '../api/types';
import { inZone, phone } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { addConfirmation, addNotice } from '../state/notices';
import { useNow } from '../ui/clock';
import { errorText } from '../ui/parts';
import styles from './card.module.css';
import { CheckClosed, IdentifyPanel } from './IdentifyPanel';
import { Level } from './Level';

interface Props { card: Card; personal: Personal; callId?: string | null; identification?: Identification | null; talking?: boolean; children?: ReactNode }

/** Who it is: the left column of the card. */
export function Who({ card, personal, callId, identification, talking, children }: Props) {
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
      {identification && <Level level={identification.level} required={identification.locked || identification.missing.length === 0 ? undefined : identification.required_level} />}
      {identification && callId && <IdentifyPanel key={callId} callId={callId} of={identification} talking={talking ?? false} />}
      {card.check_closed_until && !identification?.locked && <CheckClosed until={card.check_closed_until} />}
      {children}
      <Recommendations card={card} />
      <Contacts card={card} personal={personal} />
      {organisation?.parent_id && (
        <div className={styles.section}>
          <Link to="/clients/$clientId" params={{ clientId: organisation.parent_id }}>{t('client.parent')}</Link>
        </div>
      )}
      {card.restrictions.length > 0 && (
        <div className={styles.section}><h2 className="small">{t('client.restrictions')}</h2>{card.restrictions.map((each, index) => <span key={index} className="tag bad">{each}</span>)}</div>
      )}
      <Consents card={card} />
      {note && <div className={styles.section}><h2 className="small">{t('client.last_note')}</h2><div>{note.text}</div><div className="caption">{note.by}</div></div>}
    </aside>
  );
}

/** H16: what to ask or tell while the client is on the line. */
function Recommendations({ card }: { card: Card }) {
  const { t } = useWords();
  // A number of days is counted in the reader's grammar.
  const told = card.recommendations.map((each) => ({ ...each, key: `recommendation.${each.text_key}`, values: { ...each.values, ...(each.values.days ? { count: Number(each.values.days) } : {}) } }));
  const known = told.filter((each) => i18next.exists(each.key, each.values));
  if (known.length === 0) return null;
  return (
    <div className={styles.section}>
      {known.map((each) => <div key={each.text_key} className="row"><IconBulb size={16} stroke={1.6} aria-hidden className={each.kind === 'tell' ? 'warn' : 'dim'} style={{ flex: 'none' }} /><span>{t(each.key, each.values)}</span></div>)}
    </div>
  );
}

function Contacts({ card, personal }: { card: Card; personal: Personal }) {
  const { t } = useWords();
  const { language, time_zone: zone } = card.facts;
  return (
    <div className={styles.section}>
      <h2 className="small">{t('client.contacts')}</h2>
      {personal.phones.map((each, index) => (
        <div key={`${each.number}-${index}`} className={styles.line}>
          <span className="nowrap">{phone(each.number)}{each.extension ? ` ${t('client.ext', { extension: each.extension })}` : ''}</span>
          <span className="caption cut grow">{i18next.exists(`personal.phone_kind.${each.kind}`) ? t(`personal.phone_kind.${each.kind}`) : each.kind}</span>
          {each.verified && <Tooltip label={t('client.verified')}><IconCircleCheck size={16} stroke={1.6} className="good" role="img" aria-label={t('client.verified')} style={{ flex: 'none' }} /></Tooltip>}
          <DialButton clientId={card.client_id} index={index} number={each.number} />
        </div>
      ))}
      {personal.emails.map((each) => <div key={each.email} className={styles.line}><IconMail size={16} stroke={1.6} aria-hidden className="dim" /><span className="cut">{each.email}</span></div>)}
      {language && <div className={styles.line}><IconLanguage size={16} stroke={1.6} aria-hidden className="dim" /><span>{t('client.language', { language: i18next.exists(`language_name.${language}`) ? t(`language_name.${language}`) : language })}</span></div>}
      {zone && <div className={styles.line}><IconClock size={16} stroke={1.6} aria-hidden className="dim" /><ClientTime zone={zone} /></div>}
    </div>
  );
}

/** What the clock on the client's wall says: no one is called back at night. */
function ClientTime({ zone }: { zone: string }) {
  const { t } = useWords();
  const { time } = inZone(useNow(), zone);
  const hour = Number(time.slice(0, 2));
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
      <h2 className="small">{t('client.consents')}</h2>
      <div className="row-wrap" style={{ gap: 4 }}>{live.map((each) => <span key={each.id} className="tag">{purposeName(each.purpose, t)}</span>)}</div>
    </div>
  );
}

export function purposeName(purpose: string, t: (key: string) => string): string {
  const key = `notes.purpose_value.${purpose}`;
  return i18next.exists(key) ? t(key) : purpose;
}
