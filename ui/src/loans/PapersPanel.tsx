/** Certificates and statements of a loan: issued under a number, kept as they were, downloaded and printed. */
import { Button, Modal, Select } from '@mantine/core';
import { IconDownload, IconPrinter } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { issuesPapers } from '../app/access';
import { loanKey } from '../api/cache';
import { type PaperAsk, papers } from '../api/endpoints';
import type { LoanView as Loan } from '../api/loan-types';
import { type Paper, PAPER_KINDS, type PaperKind } from '../api/paper-types';
import { useSession } from '../api/session';
import type { Language } from '../api/types';
import { addDays, shortDate } from '../format/format';
import { i18next, LANGUAGE_NAMES } from '../i18n';
import { useWords } from '../i18n/use-language';
import { addConfirmation, addNotice } from '../state/notices';
import { DateField } from '../ui/DateField';
import { Empty, errorText, Failure, fieldError, Load, Moment, More, ShortDate, useToday } from '../ui/parts';
import { printFile, saveFile } from '../ui/pdf';
import { useWriteKey } from '../ui/write-key';
import { EARLY_KINDS, type EarlyAsk, earlyQuery } from './early';
import { EarlyForm } from './EarlyForm';
import styles from './loans.module.css';

const BESIDE = ['kind', 'on', 'early.on', 'early.amount'];

export function PapersPanel({ loan, callId }: { loan: Loan; callId: string | null }) {
  const { t, language } = useWords();
  const { user } = useSession();
  const [issuing, setIssuing] = useState(false);
  const list = useInfiniteQuery({ queryKey: [...loanKey(loan.client_id, callId, loan.loan_id), 'papers'], queryFn: ({ pageParam }) => papers.list(loan.loan_id, callId, pageParam), initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next_cursor ?? undefined });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {issuesPapers(user.role) && <div className={styles.bar}><Button onClick={() => setIssuing(true)}>{t('paper.issue')}</Button></div>}
      <Load of={list} rows={4}>
        {() => (items.length === 0 ? <Empty>{t('paper.empty')}</Empty> : (
          <>
            <table className="grid" aria-label={t('loan.tab.papers')}>
              <thead><tr><th>{t('paper.col.number')}</th><th>{t('paper.col.kind')}</th><th>{t('paper.col.on')}</th><th>{t('paper.col.language')}</th><th>{t('paper.col.issued')}</th><th><span className="visually-hidden">{t('common.actions')}</span></th></tr></thead>
              <tbody>
                {items.map((paper) => (
                  <tr key={paper.paper_id}>
                    <td className="nowrap">{paper.number}</td><td>{kindWord(paper.kind, t)}</td><td><ShortDate of={paper.on} /></td><td>{LANGUAGE_NAMES[paper.language as Language] ?? paper.language}</td><td><Moment at={paper.issued_at} /> <span className="dim">{paper.issued_by}</span></td>
                    <td className="num nowrap"><PaperActions paper={paper} callId={callId} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
            <More of={list} />
          </>
        ))}
      </Load>
      <Modal opened={issuing} onClose={() => setIssuing(false)} title={`${t('paper.issue')} · ${loan.number}`} size="md" closeButtonProps={{ 'aria-label': t('action.close') }}>
        {issuing && <Issue loan={loan} callId={callId} language={language} onDone={() => setIssuing(false)} />}
      </Modal>
    </>
  );
}

export const kindWord = (kind: string, t: ReturnType<typeof useWords>['t']): string => (i18next.exists(`paper.kind.${kind}`) ? t(`paper.kind.${kind}`) : kind);

function PaperActions({ paper, callId }: { paper: Paper; callId: string | null }) {
  const { t } = useWords();
  const work = useMutation({
    mutationFn: async (what: 'save' | 'print') => { const file = await papers.pdf(paper.paper_id, callId); if (what === 'save') saveFile(file, `${paper.number}.pdf`); else printFile(file); },
    onError: (error) => addNotice('urgent', t('error.title'), errorText(error, t)),
  });
  const name = `${kindWord(paper.kind, t)} ${paper.number}`;
  return (
    <>
      <Button size="compact-xs" variant="subtle" leftSection={<IconDownload size={14} stroke={1.6} />} aria-label={`${t('action.download')}: ${name}`} onClick={() => work.mutate('save')}>{t('action.download')}</Button>
      <Button size="compact-xs" variant="subtle" leftSection={<IconPrinter size={14} stroke={1.6} />} aria-label={`${t('action.print')}: ${name}`} onClick={() => work.mutate('print')}>{t('action.print')}</Button>
    </>
  );
}

function Issue({ loan, callId, language, onDone }: { loan: Loan; callId: string | null; language: Language; onDone: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const today = useToday();
  const key = useWriteKey();
  const closed = loan.status !== 'active' && loan.status !== 'overdue';
  const [kind, setKind] = useState<PaperKind>(closed ? 'debt_repaid' : 'current_debt');
  const [tongue, setTongue] = useState<Language>(language);
  const [on, setOn] = useState(today);
  const [early, setEarly] = useState<EarlyAsk>({ kind: 'full', on: today, amount: '' });
  const issue = useMutation({
    mutationFn: () => {
      const body: PaperAsk = { kind, language: tongue, ...(kind === 'early_repayment' ? { early: earlyQuery(early) } : { on }) };
      return papers.issue(loan.loan_id, body, callId, key.keyFor([loan.loan_id, body]));
    },
    onSuccess: (paper) => { key.done(); addConfirmation(t('paper.issued', { number: paper.number })); void queries.invalidateQueries({ queryKey: [...loanKey(loan.client_id, callId, loan.loan_id), 'papers'] }); onDone(); },
  });
  const last = loan.schedule.at(-1)?.due_on;
  return (
    <form className="stack" noValidate onSubmit={(event: FormEvent) => { event.preventDefault(); if (!issue.isPending) issue.mutate(); }}>
      <Select label={t('paper.col.kind')} value={kind} onChange={(next) => { issue.reset(); setKind((next ?? kind) as PaperKind); }} allowDeselect={false} error={fieldError(issue.error, 'kind', t)} data={PAPER_KINDS.map((each) => ({ value: each, label: t(`paper.kind.${each}`) }))} data-autofocus />
      <Select label={t('paper.col.language')} value={tongue} onChange={(next) => setTongue(next === 'en' ? 'en' : 'ru')} allowDeselect={false} data={(['ru', 'en'] as const).map((each) => ({ value: each, label: LANGUAGE_NAMES[each] }))} />
      {kind === 'early_repayment'
        ? <EarlyForm kinds={EARLY_KINDS.slice(0, 3)} ask={early} onChange={(part) => setEarly((old) => ({ ...old, ...part }))} from={today} to={last && last > today ? last : addDays(today, 30)} fault={(field) => fieldError(issue.error, `early.${field}`, t) ?? fieldError(issue.error, field, t)} />
        : <DateField name="on" label={t('paper.col.on')} value={on} onChange={setOn} error={fieldError(issue.error, 'on', t)} />}
      <p className="caption">{t('paper.note', { date: shortDate(on, language) })}</p>
      {issue.error && <Failure error={issue.error} beside={BESIDE} />}
      <Button type="submit" loading={issue.isPending}>{t('paper.issue')}</Button>
    </form>
  );
}
