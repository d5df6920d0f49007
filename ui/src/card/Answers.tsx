import { Popover } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { directory } from '../api/endpoints';
import { takesCalls } from '../app/access';
import { useSession } from '../api/session';
import type { FigureName } from '../api/loan-types';
import type { Answer, BranchBody, Card, Identification } from '../api/types';
import { dateInSentence, localized, phone } from '../format/format';
import { answerSentence, officeFor } from '../format/sentences';
import { useWords } from '../i18n/use-language';
import type { Asked } from '../loans/WhyDrawer';
import { useKeys } from '../ui/keys';
import { useToday } from '../ui/parts';
import styles from './card.module.css';

const EarlyLine = lazy(() => import('../loans/EarlyLine').then((module) => ({ default: module.EarlyLine })));
const WhyDrawer = lazy(() => import('../loans/WhyDrawer').then((module) => ({ default: module.WhyDrawer })));

/** The caller's questions, answered before they are asked. Locked lines say what opens them. */
export function Answers({ card, callId, identification, onEarly }: { card: Card; callId: string | null; identification?: Identification | null; onEarly: (loanId: string) => void }) {
  const { t, language } = useWords();
  const { user } = useSession();
  const today = useToday();
  const [why, setWhy] = useState<Asked[]>([]);
  if (card.answers.length === 0) return null;
  const ask = (answer: Answer) => setWhy(answer.loans.flatMap((loanId) => card.loans.filter((loan) => loan.loan_id === loanId).map((loan) => ({ clientId: card.client_id, loanId, number: loan.number, figure: answer.kind as FigureName, on: today, currency: answer.amount?.currency ?? '' }))));
  const told = card.answers.filter((answer) => answer.kind !== 'where_to_pay');
  const line = (answer: Answer, index: number) => <Line key={`${answer.kind}-${index}`} answer={answer} loans={card.loans.length} city={card.facts.city} today={today} identification={identification} onWhy={answer.loans.length > 0 && answer.amount ? () => ask(answer) : undefined} />;
  const repayable = card.loans.filter((loan) => !loan.locked && (loan.status === 'active' || loan.status === 'overdue'));
  // Stands in its place from the first ring: what opens later may not move the rest.
  const lockedEarly = card.loans.some((loan) => loan.locked && (loan.status === 'active' || loan.status === 'overdue')) ? told.find((answer) => answer.locked) : undefined;
  const asOf = card.answers.find((answer) => answer.as_of && !answer.locked)?.as_of;
  return (
    <section aria-label={t('answer.title')}>
      <dl className={styles.answers}>
        {told.map((answer, index) => line(answer, index))}
        {repayable.length === 0 && lockedEarly && <><dt>{t('early.line')}</dt><dd className={styles.early}><Locked words={t('answer.locked', { level: lockedEarly.required_level })} identification={identification} /></dd></>}
        {repayable.length > 0 && <Suspense><EarlyLine key={repayable[0]?.loan_id} clientId={card.client_id} loans={repayable} callId={callId} onMore={onEarly} /></Suspense>}
        {card.answers.filter((answer) => answer.kind === 'where_to_pay').map((answer, index) => line(answer, index))}
        {!identification && takesCalls(user.role) && card.answers.some((answer) => answer.locked) && <div className={styles.asOf}>{t('answer.how_to_open')}</div>}
        {asOf && <div className={styles.asOf}>{t('answer.as_of', { date: dateInSentence(asOf, language, today) })}</div>}
      </dl>
      {why.length > 0 && <Suspense><WhyDrawer asked={why} callId={callId} onClose={() => setWhy([])} /></Suspense>}
    </section>
  );
}

function Line({ answer, loans, city, today, identification, onWhy }: { answer: Answer; loans: number; city: string | null; today: string; identification?: Identification | null; onWhy?: () => void }) {
  const { t, language } = useWords();
  const sentence = answerSentence(answer, language, today, t, loans);
  if (answer.kind === 'where_to_pay' && !answer.locked) return <><dt>{sentence.label}</dt><dd className={styles.wrapped}><WhereToPay city={city} /></dd></>;
  return (
    <>
      <dt>{sentence.label}</dt>
      <dd>
        {sentence.tone === 'locked'
          ? <Locked words={sentence.rest} identification={identification} />
          : <>{sentence.figure && <span className={`${styles.figure} ${sentence.tone === 'bad' ? 'bad' : ''}`}>{sentence.figure}</span>}{sentence.rest && <span className={sentence.tone === 'plain' ? '' : sentence.tone}>{sentence.rest}</span>}{onWhy && <button type="button" className={styles.why} aria-label={`${sentence.label}: ${t('why.ask')}`} onClick={onWhy}>{t('why.short')}</button>}</>}
      </dd>
    </>
  );
}

/** What opens the line, and what is to be asked for it. */
function Locked({ words, identification }: { words: string; identification?: Identification | null }) {
  const { t } = useWords();
  const asks = (identification?.missing ?? []).slice(0, 3).map((each) => t(`identify.short.${each.field}`)).join(', ');
  return <span className={styles.locked}><IconLock size={14} stroke={1.8} aria-hidden />{words}{asks ? `: ${asks}` : ''}</span>;
}

/** The office of the client's city; where there is none, that, and the ways to pay that need none. All of them on a click. */
function WhereToPay({ city }: { city: string | null }) {
  const { t, language } = useWords();
  const branches = useQuery({ queryKey: ['directory', 'branch'], queryFn: () => directory.list<BranchBody>('branch'), staleTime: 300_000 });
  const live = (branches.data?.items ?? []).filter((entry) => !entry.retired);
  const [open, setOpen] = useState(false);
  useKeys({ Escape: open ? () => setOpen(false) : undefined });
  const [first] = live;
  if (!first) return <span className="dim">{branches.isPending ? '' : t('answer.no_branches')}</span>;
  const near = officeFor(live, city);
  const ways = localized((near ?? first).body.ways_to_pay, language).replace(/\.$/, '');
  return (
    <span>
      {ways}{ways ? ' · ' : ''}<span className="dim">{near ? [near.body.address, near.body.hours].filter(Boolean).join(', ') : t('answer.no_branch_near')}</span>
      {live.length > 1 && (
        <Popover position="bottom-end" width={420} withRoles opened={open} onChange={setOpen}>
          <Popover.Target><button type="button" className={styles.linkButton} style={{ marginLeft: 8 }} onClick={() => setOpen(!open)}>{t('answer.all_branches')}</button></Popover.Target>
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
