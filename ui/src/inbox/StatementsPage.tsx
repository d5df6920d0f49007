/** Files of the bank: sent in by dropping them, held whole when their sums do not agree, otherwise posted. */
import { Button, FileButton, Progress } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { keepsLoans } from '../app/access';
import { statements } from '../api/endpoints';
import type { Statement, StatementFault } from '../api/payment-types';
import { useSession } from '../api/session';
import { decimal, integer, money, shortDate } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { leaving, useKeys } from '../ui/keys';
import { Empty, Failure, Load, Moment, More } from '../ui/parts';
import { Payments } from './IncomingPage';
import styles from './inbox.module.css';

const TONES: Record<Statement['state'], string> = { running: 'info', posted: 'good', held: 'bad', stopped: 'warn' };

export function StatementsPage() {
  const { t } = useWords();
  const { user } = useSession();
  const navigate = useNavigate();
  const { file } = useSearch({ strict: false }) as { file?: string };
  const open = (id?: string) => void navigate({ to: '/money/statements', search: id ? { file: id } : {}, replace: true });
  const list = useInfiniteQuery({
    queryKey: ['statements'], queryFn: ({ pageParam }) => statements.list(pageParam), initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next_cursor ?? undefined,
    // The feed tells of progress; asking covers the time when it is away.
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some((item) => item.state === 'running')) ? 3000 : false),
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  useKeys({ Escape: file ? leaving(() => open()) : undefined });
  return (
    <div className={styles.desk} data-open={file ? true : undefined}>
      <div className={styles.filters}>{keepsLoans(user.role) ? <Upload onTaken={open} /> : <span className="small dim">{t('statement.reading_only')}</span>}</div>
      <div className={styles.list}>
        <Load of={list} rows={10}>
          {() => (items.length === 0 ? <Empty>{t('statement.empty')}</Empty> : (
            <>
              <table className="grid">
                <thead><tr><th>{t('statement.col.at')}</th><th data-col="topic">{t('statement.col.name')}</th><th>{t('statement.col.state')}</th><th className="num">{t('statement.col.entries')}</th><th className="num">{t('inbox.state_many.posted')}</th><th className="num">{t('inbox.state_many.unmatched')}</th><th>{t('statement.col.by')}</th></tr></thead>
                <tbody>{items.map((item) => <Row key={item.statement_id} item={item} on={item.statement_id === file} onOpen={() => open(item.statement_id)} />)}</tbody>
              </table>
              <More of={list} />
            </>
          ))}
        </Load>
      </div>
      <aside className={styles.preview} aria-label={t('statement.detail')}>
        {file ? <><Button className="narrow-only" variant="default" onClick={() => open()}>{t('action.back')}</Button><Detail key={file} id={file} /></> : <p className="dim small">{t('statement.pick')}</p>}
      </aside>
    </div>
  );
}

function Row({ item, on, onOpen }: { item: Statement; on: boolean; onOpen: () => void }) {
  const { t, language } = useWords();
  const { counts } = item;
  return (
    <tr className={`click ${on ? 'on' : ''}`} tabIndex={0} onClick={onOpen} onKeyDown={(event) => { if (event.key === 'Enter') onOpen(); }}>
      <td><Moment at={item.at} /></td><td data-col="topic" title={item.name}>{item.name}</td><td className="nowrap"><span className={`tag ${TONES[item.state]}`}>{t(`statement.state.${item.state}`)}</span></td>
      <td className="num">{integer(counts.total, language)}</td><td className="num">{integer(counts.posted + counts.noted, language)}</td><td className={`num ${counts.unmatched > 0 ? 'warn' : 'dim'}`}>{integer(counts.unmatched, language)}</td><td className="dim nowrap">{item.by}</td>
    </tr>
  );
}

function Upload({ onTaken }: { onTaken: (id: string) => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [over, setOver] = useState(false);
  const take = useMutation({
    mutationFn: async (files: File[]) => { let last = ''; for (const file of files) last = (await statements.take(file)).statement_id; return last; },
    onSuccess: onTaken,
    onSettled: () => { void queries.invalidateQueries({ queryKey: ['statements'] }); void queries.invalidateQueries({ queryKey: ['incoming'] }); },
  });
  const start = (files: File[]) => { if (files.length > 0 && !take.isPending) take.mutate(files); };
  return (
    <div className="stack grow">
      <div className={styles.drop} data-over={over || undefined} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={(event) => { event.preventDefault(); setOver(false); start([...event.dataTransfer.files]); }}>
        <FileButton multiple onChange={start} accept=".txt,.xml,text/plain,application/xml" inputProps={{ 'aria-label': t('statement.file') }}>{(props) => <Button {...props} loading={take.isPending}>{t('statement.choose')}</Button>}</FileButton>
        <span className="dim">{t('statement.drop')}</span>
      </div>
      {take.error && <Failure error={take.error} />}
    </div>
  );
}

function Detail({ id }: { id: string }) {
  const { t, language } = useWords();
  const { lender } = useSession();
  const navigate = useNavigate();
  const found = useInfiniteQuery({ queryKey: ['statements', 'one', id], queryFn: ({ pageParam }) => statements.get(id, pageParam), initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next_cursor ?? undefined, refetchInterval: (query) => (query.state.data?.pages[0]?.statement.state === 'running' ? 2000 : false) });
  const statement = found.data?.pages[0]?.statement;
  if (!statement) return <Load of={found} rows={8}>{() => null}</Load>;
  const entries = found.data?.pages.flatMap((page) => page.entries) ?? [];
  const { counts } = statement;
  const sum = (amount: string) => money({ amount, currency: lender.currency }, language);
  return (
    <>
      <div className="row"><h2 className="grow" style={{ overflowWrap: 'anywhere' }}>{statement.name}</h2><span className={`tag ${TONES[statement.state]}`}>{t(`statement.state.${statement.state}`)}</span></div>
      {statement.state === 'running' && <Progress value={counts.total > 0 ? (100 * counts.entries) / counts.total : 100} animated={counts.total === 0} aria-label={t('statement.state.running')} />}
      {statement.faults.length > 0 && (
        <div className={styles.faults} role="alert">
          <strong>{t(statement.state === 'held' ? 'statement.held' : 'statement.stopped')}</strong>
          {statement.faults.map((fault, index) => <div key={index}>{faultWords(fault, t, (amount) => decimal(amount, language))}</div>)}
        </div>
      )}
      <div className={styles.counts}>
        {(['total', 'posted', 'noted', 'unmatched', 'outgoing', 'known'] as const).filter((each) => each === 'total' || counts[each] > 0).map((each) => <span key={each}><span className="dim">{t(`statement.count.${each}`)}</span> {integer(counts[each], language)}</span>)}
      </div>
      {statement.accounts.map((account, index) => (
        <dl key={index} className={styles.facts}>
          <dt>{t('inbox.account')}</dt><dd>{account.account}{account.from && account.to && <span className="dim"> · {shortDate(account.from, language)} – {shortDate(account.to, language)}</span>}</dd>
          {account.opening !== null && <><dt>{t('statement.opening')}</dt><dd>{sum(account.opening)}</dd></>}
          <dt>{t('statement.received')}</dt><dd>{sum(account.received)}</dd><dt>{t('statement.spent')}</dt><dd>{sum(account.spent)}</dd>
          {account.closing !== null && <><dt>{t('statement.closing')}</dt><dd>{sum(account.closing)}</dd></>}
        </dl>
      ))}
      {entries.length > 0 && <div style={{ margin: '0 -16px', overflowX: 'auto' }}><Payments items={entries} states onOpen={(payment) => void navigate({ to: '/money/incoming', search: { state: entries.find((each) => each.payment_id === payment)?.state, payment } })} /><More of={found} /></div>}
    </>
  );
}

/** What is wrong with a file, with its place and by how much. */
export function faultWords(fault: StatementFault, t: ReturnType<typeof useWords>['t'], sum: (amount: string) => string): string {
  const known = i18next.exists(`statement.fault.${fault.code}`);
  const words = known ? t(`statement.fault.${fault.code}`, { field: fault.field ?? '', amount: fault.amount ? sum(fault.amount.replace('-', '')) : '', account: fault.account ?? '' }) : fault.message;
  return fault.place ? `${words} (${t('statement.place', { place: fault.place })})` : words;
}
