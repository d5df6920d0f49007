import { Popover } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { directory } from '../api/endpoints';
import { takesCalls } from '../app/access';
import { useSession } from '../api/session';
import type { Answer, BranchBody, Card, Identification } from '../api/types';
import { dateInSentence, localized, phone } from '../format/format';
import { answerSentence } from '../format/sentences';
import { useWords } from '../i18n/use-language';
import { useToday } from '../ui/parts';
import styles from './card.module.css';

/** The caller's questions, answered before they are asked. Locked lines say what opens them. */
export function Answers({ card, identification }: { card: Card; identification?: Identification | null }) {
  const { t, language } = useWords();
  const { user } = useSession();
  const today = useToday();
  if (card.answers.length === 0) return null;
  const asOf = card.answers.find((answer) => answer.as_of && !answer.locked)?.as_of;
  return (
    <section aria-label={t('answer.title')}>
      <dl className={styles.answers}>
        {card.answers.map((answer, index) => <Line key={`${answer.kind}-${index}`} answer={answer} loans={card.loans.length} city={card.facts.city} today={today} identification={identification} />)}
        {!identification && takesCalls(user.role) && card.answers.some((answer) => answer.locked) && <div className={styles.asOf}>{t('answer.how_to_open')}</div>}
        {asOf && <div className={styles.asOf}>{t('answer.as_of', { date: dateInSentence(asOf, language, today) })}</div>}
      </dl>
    </section>
  );
}

function Line({ answer, loans, city, today, identification }: { answer: Answer; loans: number; city: string | null; today: string; identification?: Identification | null }) {
  const { t, language } = useWords();
  const sentence = answerSentence(answer, language, today, t, loans);
  if (answer.kind === 'where_to_pay' && !answer.locked) return <><dt>{sentence.label}</dt><dd><WhereToPay city={city} /></dd></>;
  const asks = (identification?.missing ?? []).slice(0, 3).map((each) => t(`identify.short.${each.field}`)).join(', ');
  return (
    <>
      <dt>{sentence.label}</dt>
      <dd>
        {sentence.tone === 'locked'
          ? <span className={styles.locked}><IconLock size={14} stroke={1.8} aria-hidden />{sentence.rest}{asks ? `: ${asks}` : ''}</span>
          : <>{sentence.figure && <span className={`${styles.figure} ${sentence.tone === 'bad' ? 'bad' : ''}`}>{sentence.figure}</span>}{sentence.rest && <span className={sentence.tone === 'plain' ? '' : sentence.tone}>{sentence.rest}</span>}</>}
      </dd>
    </>
  );
}

/** The office of the client's city if there is one, else the first; all of them on a click. */
function WhereToPay({ city }: { city: string | null }) {
  const { t, language } = useWords();
  const branches = useQuery({ queryKey: ['directory', 'branch'], queryFn: () => directory.list<BranchBody>('branch'), staleTime: 300_000 });
  const live = (branches.data?.items ?? []).filter((entry) => !entry.retired);
  const near = live.find((entry) => city !== null && entry.body.address.includes(city)) ?? live[0];
  if (!near) return <span className="dim">{branches.isPending ? '' : t('answer.no_branches')}</span>;
  const ways = localized(near.body.ways_to_pay, language);
  return (
    <span>
      {ways}{ways ? ' · ' : ''}<span className="dim">{[near.body.address, near.body.hours].filter(Boolean).join(', ')}</span>
      {live.length > 1 && (
        <Popover position="bottom-end" width={420} withRoles>
          <Popover.Target><button type="button" className={styles.linkButton} style={{ marginLeft: 8 }}>{t('answer.all_branches')}</button></Popover.Target>
          <Popover.Dropdown>
            <div className="stack small" style={{ maxHeight: 320, overflow: 'auto' }}>
              {live.map((entry) => (
                <div key={entry.id}><strong>{localized(entry.body.title, language)}</strong><div>{[entry.body.address, entry.body.hours, phone(entry.body.phone)].filter(Boolean).join(' · ')}</div><div className="dim">{localized(entry.body.ways_to_pay, language)}</div></div>
              ))}
            </div>
          </Popover.Dropdown>
        </Popover>
      )}
    </span>
  );
}
