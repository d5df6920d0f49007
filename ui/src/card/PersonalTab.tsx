import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { unmasksClients } from '../app/access';
import { clients } from '../api/endpoints';
import { useSession } from '../api/session';
import type { Card, Personal } from '../api/types';
import { date, passportSeries, phone, shortDate, snils } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { ReasonDialog } from '../ui/ReasonDialog';
import styles from './card.module.css';

interface Props { card: Card; personal: Personal; onUnmasked: (card: Card | null) => void }

export function PersonalTab({ card, personal, onUnmasked }: Props) {
  const { t, language } = useWords();
  const named = (prefix: string, value: string): string => (i18next.exists(`${prefix}.${value}`) ? t(`${prefix}.${value}`) : value);
  return (
    <>
      <UnmaskBar card={card} personal={personal} onUnmasked={onUnmasked} />
      <dl className={styles.facts}>
        {card.organisation ? <OrganisationFacts card={card} /> : (
          <>
            <Fact name={t('personal.full_name')} hidden={!personal.unmasked}>{personal.full_name}</Fact>
            <Fact name={t('personal.birth_date')} hidden={!personal.unmasked}>{personal.birth_date && date(personal.birth_date, language)}</Fact>
            <Fact name={t('personal.sex')} hidden={!personal.unmasked}>{personal.sex && named('personal.sex_value', personal.sex)}</Fact>
            <Fact name={t('personal.birth_place')} hidden={!personal.unmasked}>{personal.birth_place}</Fact>
          </>
        )}
        <Fact name={t('personal.phones')}>{personal.phones.map((each, index) => <div key={index}>{phone(each.number)} <span className="dim">{named('personal.phone_kind', each.kind)}</span></div>)}</Fact>
        <Fact name={t('personal.emails')}>{personal.emails.map((each) => <div key={each.email}>{each.email}</div>)}</Fact>
        <Fact name={t('personal.addresses')}>{personal.addresses.map((each, index) => <div key={index}>{each.text || [each.region, each.city].filter(Boolean).join(', ')} <span className="dim">{each.text || personal.unmasked ? '' : `${t('common.hidden')} · `}{named('personal.address_kind', each.kind)}</span></div>)}</Fact>
        <Fact name={t('personal.documents')}>
          {personal.documents.map((each, index) => (
            <div key={index}>
              {[named('personal.document_kind', each.kind), [each.series && passportSeries(each.series), each.number].filter(Boolean).join(' ')].join(' ')}{' '}
              <span className="dim">{[each.issued_on && t('personal.issued', { date: shortDate(each.issued_on, language) }), each.issued_by, each.department_code && t('personal.department', { code: each.department_code }), each.valid_until && t('personal.valid_until', { date: shortDate(each.valid_until, language) })].filter(Boolean).join(', ')}</span>
            </div>
          ))}
        </Fact>
        <Fact name={t('personal.inn')}>{personal.inn}</Fact>
        {!card.organisation && <Fact name={t('personal.snils')}>{personal.snils && snils(personal.snils)}</Fact>}
        {!card.organisation && <Fact name={t('personal.code_word')}>{personal.code_word_set ? t('personal.code_word_set') : t('personal.code_word_unset')}</Fact>}
      </dl>
    </>
  );
}

function OrganisationFacts({ card }: { card: Card }) {
  const { t } = useWords();
  const { organisation } = card;
  if (!organisation) return null;
  return (
    <>
      <Fact name={t('personal.organisation_name')}>{organisation.full_name}</Fact>
      <Fact name={t('personal.short_name')}>{organisation.short_name}</Fact>
      <Fact name={t('personal.kpp')}>{organisation.kpp}</Fact>
      <Fact name={t('personal.ogrn')}>{organisation.ogrn}</Fact>
    </>
  );
}

/** What is not shown is either hidden from the reader or not known at all: two different answers. */
function Fact({ name, hidden, children }: { name: string; hidden?: boolean; children: ReactNode }) {
  const { t } = useWords();
  const nothing = children === null || children === undefined || children === '' || (Array.isArray(children) && children.length === 0);
  return <><dt>{name}</dt><dd>{nothing ? <span className="dim">{t(hidden ? 'common.hidden' : 'common.unknown')}</span> : children}</dd></>;
}

/** Showing everything is a right of its own and leaves a trace with its reason. */
export function UnmaskBar({ card, personal, onUnmasked, why }: Props & { why?: string }) {
  const { t } = useWords();
  const { user } = useSession();
  const [asking, setAsking] = useState(false);
  if (card.kind === 'anonymous') return null;
  // Nothing is hidden from this role or at this level: there is nothing to ask for or to hide.
  if (card.personal.unmasked) return null;
  const may = unmasksClients(user.role);
  return (
    <div className={styles.toolbar}>
      <span className="grow dim">{personal.unmasked ? t('personal.unmasked') : may ? (why ?? t('personal.masked')) : t('personal.masked_by_level')}</span>
      {personal.unmasked
        ? <Button variant="default" onClick={() => onUnmasked(null)}>{t('personal.hide')}</Button>
        : may && <Button variant="default" onClick={() => setAsking(true)}>{t('personal.unmask')}</Button>}
      <ReasonDialog opened={asking} onClose={() => setAsking(false)} title={t('personal.unmask_title')} action={t('personal.unmask')} run={async (reason) => onUnmasked(await clients.unmask(card.client_id, reason))} />
    </div>
  );
}
