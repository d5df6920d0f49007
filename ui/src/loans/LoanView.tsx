/** One loan: figures with their reasons, debt by parts, schedule, operations, early repayment, papers. On any day. */
import { Button, Tooltip } from '@mantine/core';
import { IconArrowLeft, IconInfoCircle } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createElement, type KeyboardEvent, type ReactNode, useState } from 'react';
import { keepsLoans, readsPapers } from '../app/access';
import { loanKey } from '../api/cache';
import { loans } from '../api/endpoints';
import { FIGURES, type FigureName, isOpen, type RowFigure, type LoanView as Loan } from '../api/loan-types';
import { useSession } from '../api/session';
import type { Language } from '../api/types';
import card from '../card/card.module.css';
import { dateInSentence, decimal, money, shortDate } from '../format/format';
import { isBelow, isNothing } from '../format/sums';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { DateField } from '../ui/DateField';
import { Empty, Load, useToday } from '../ui/parts';
import { BalanceChart } from './BalanceChart';
import { withPlan } from './chart';
import { EarlyPanel } from './EarlyPanel';
import styles from './loans.module.css';
import { OperationsMenu } from './OperationsMenu';
import { Operations, Penalties } from './Operations';
import { PapersPanel } from './PapersPanel';
import { ScheduleExport, ScheduleTable } from './ScheduleTable';
import { LOAN_TABS, type LoanTab } from './tabs';
import { figureWord, rate, statusWord } from './why';
import { type Asked, WhyDrawer } from './WhyDrawer';

interface Props {
  clientId: string; loanId: string; callId: string | null;
  /** The day it is looked at; null is today. */
  on: string | null; onDay: (day: string | null) => void;
  tab: LoanTab; onTab: (tab: LoanTab) => void;
  onBack?: () => void;
  /** Where "back" leads, in words; the list of loans when left out. */
  backTo?: string; extra?: ReactNode;
  /** There is room for the overview beside the tabs. */
  wide?: boolean;
}

export function useLoan(clientId: string, loanId: string, callId: string | null, on: string | null) {
  return useQuery({ queryKey: [...loanKey(clientId, callId, loanId), 'view', on], queryFn: () => loans.view(loanId, on, callId), placeholderData: keepPreviousData });
}

export function LoanView({ clientId, loanId, callId, on, onDay, tab, onTab, onBack, backTo, extra, wide = false }: Props) {
  const { t } = useWords();
  const found = useLoan(clientId, loanId, callId, on);
  const [why, setWhy] = useState<Asked[]>([]);
  const ask = (loan: Loan, figure: FigureName, n?: number) => setWhy([{ clientId, loanId, number: loan.number, figure, n, on: loan.on, currency: loan.currency }]);
  return (
    <Load of={found} rows={14}>
      {(loan) => (loan.locked ? <Locked loan={loan} back={onBack && <Back onBack={onBack} to={backTo} />} /> : (
        <div className={styles.loan} data-wide={wide || undefined} aria-busy={found.isPlaceholderData}>
          <Head loan={loan} wide={wide} on={on} onDay={onDay} onLate={() => ask(loan, 'days_past_due')} back={onBack && <Back onBack={onBack} to={backTo} />} extra={extra} />
          <Figures loan={loan} onWhy={(figure) => ask(loan, figure)} />
          {wide && <section className={styles.overview} aria-label={t('loan.tab.overview')}><Overview loan={loan} onCost={() => ask(loan, 'full_cost')} /></section>}
          <Tabs loan={loan} callId={callId} tab={wide && tab === 'overview' ? 'schedule' : tab} onTab={onTab} wide={wide} onWhy={(figure, n) => ask(loan, figure, n)} onCost={() => ask(loan, 'full_cost')} />
          <WhyDrawer asked={why} callId={callId} onClose={() => setWhy([])} />
        </div>
      ))}
    </Load>
  );
}

/** Sums wait for the level of the call; the card says what opens them. */
function Locked({ loan, back }: { loan: Loan; back: ReactNode }) {
  const { t } = useWords();
  return (
    <>
      <header className={styles.loanHead}>{back}<h2 className={styles.number}>{loan.number}</h2><span className="dim">{loan.product}</span></header>
      <Empty>{t('loans.locked', { level: 2 })}</Empty>
    </>
  );
}

function Back({ onBack, to }: { onBack: () => void; to?: string }) {
  const { t } = useWords();
  return <Button variant="subtle" color="gray" px={6} onClick={onBack} leftSection={<IconArrowLeft size={16} stroke={1.8} />}>{to ?? t('loan.back')}</Button>;
}

function Head({ loan, wide, on, onDay, onLate, back, extra }: { loan: Loan; wide: boolean; on: string | null; onDay: (day: string | null) => void; onLate: () => void; back: ReactNode; extra?: ReactNode }) {
  const { t, language } = useWords();
  const { user } = useSession();
  const today = useToday();
  const late = loan.days_past_due ?? 0;
  const own = loan.book === 'own';
  return (
    <header className={styles.loanHead}>
      {back}
      {createElement(wide ? 'h1' : 'h2', { className: styles.number }, loan.number)}
      {extra}
      {loan.product && <span className="dim cut" title={loan.product}>{loan.product}</span>}
      {(late === 0 || !isOpen(loan)) && <span className={`tag ${isOpen(loan) ? 'good' : ''}`}>{statusWord(loan.status, t)}</span>}
      {late > 0 && <button type="button" className="tag bad" title={t('why.ask_days')} onClick={onLate}>{t('answer.overdue_days', { count: late })}{loan.bucket ? ` · ${loan.bucket.replace('-', '–')}` : ''}</button>}
      {loan.overlays.map((each) => <span key={each} className="tag info">{i18next.exists(`loan.overlay.${each}`) ? t(`loan.overlay.${each}`) : each}</span>)}
      {!own && <Tooltip label={t('loan.external_help')} multiline w={280}><span className="tag info" tabIndex={0}>{loan.as_of ? t('loan.external_as_of', { date: shortDate(loan.as_of, language) }) : t('loan.external')}</span></Tooltip>}
      <span className="grow" />
      <DateField aria-label={t('loan.on')} value={on ?? today} onChange={(day) => onDay(day && day !== today ? day : null)} w={128} />
      {on && on !== today && <Button variant="default" onClick={() => onDay(null)}>{t('calls.today')}</Button>}
      {own && keepsLoans(user.role) && <OperationsMenu loan={loan} />}
    </header>
  );
}

function Figures({ loan, onWhy }: { loan: Loan; onWhy: (figure: FigureName) => void }) {
  const { t, language } = useWords();
  const today = useToday();
  const sum = (amount: string) => money({ amount, currency: loan.currency }, language);
  const { figures } = loan;
  const amountOf = (figure: (typeof FIGURES)[number]): string | null => (figure === 'next_payment' ? (figures.next_payment?.amount ?? null) : figures[figure]);
  const waits = figures.unallocated;
  return (
    <div className={styles.tiles} role="group" aria-label={t('loan.figures')}>
      {FIGURES.map((figure) => {
        const amount = amountOf(figure);
        const bad = figure === 'overdue' && amount !== null && !isNothing(amount);
        const due = figure === 'next_payment' ? figures.next_payment?.due_on : null;
        return (
          <button key={figure} type="button" className={styles.tile} disabled={amount === null} onClick={() => onWhy(figure)} title={amount === null ? undefined : t('why.ask')}>
            <span className={styles.tileName}>{figureWord(figure, loan.on === today, t)}{amount !== null && <IconInfoCircle size={13} stroke={1.6} aria-hidden />}</span>
            <span className={`${styles.tileSum} ${bad ? 'bad' : amount === null || isNothing(amount) ? 'dim' : ''}`}>{amount === null ? '—' : sum(amount)}</span>
            {due && <span className="caption">{t('answer.by_date', { date: dateInSentence(due, language, today) })}</span>}
          </button>
        );
      })}
      {waits !== null && !isNothing(waits) && <button type="button" className={styles.tile} onClick={() => onWhy('unallocated')} title={t('why.ask')}><span className={styles.tileName}>{t('figure.unallocated')}<IconInfoCircle size={13} stroke={1.6} aria-hidden /></span><span className={`${styles.tileSum} ${isBelow(waits) ? 'bad' : 'good'}`}>{sum(waits)}</span></button>}
    </div>
  );
}

function Overview({ loan, onCost }: { loan: Loan; onCost: () => void }) {
  const { t } = useWords();
  return (
    <div className={styles.overviewBody}>
      {loan.differences.length > 0 && <Differences loan={loan} />}
      <Structure loan={loan} />
      <div className={styles.overviewChart}><BalanceChart points={withPlan(loan.balance, loan.schedule, loan.on)} on={loan.on} name={t('chart.file', { number: loan.number })} /></div>
      <Terms loan={loan} onCost={onCost} />
    </div>
  );
}

/** What is owed on the day, in the order in which money covers it. */
function Structure({ loan }: { loan: Loan }) {
  const { t, language } = useWords();
  const parts = loan.structure.filter((part) => !isNothing(part.amount));
  return (
    <section className="stack" style={{ gap: 4 }}>
      <h2>{t('loan.structure')}</h2>
      {parts.length === 0 ? <p className="small good">{t('loan.structure_empty')}</p> : (
        <dl className={styles.lines}>
          {parts.map((part) => [<dt key={part.part}>{i18next.exists(`part.${part.part}`) ? t(`part.${part.part}`) : part.part}</dt>, <dd key={`${part.part}-sum`} className={/overdue|penalty/.test(part.part) ? 'bad' : ''}>{decimal(part.amount, language)}</dd>])}
        </dl>
      )}
    </section>
  );
}

function Terms({ loan, onCost }: { loan: Loan; onCost: () => void }) {
  const { t, language } = useWords();
  const { principal, rate_percent, rate_period, kind, instalments, issued_on, psk_percent, shop } = loan.terms;
  const sum = (amount: string | null | undefined) => (amount ? money({ amount, currency: loan.currency }, language) : null);
  const line = (name: string, value: ReactNode) => (value === null ? null : [<dt key={name}>{name}</dt>, <dd key={`${name}-value`}>{value}</dd>]);
  return (
    <section className="stack" style={{ gap: 4 }}>
      <h2>{t('terms.title')}</h2>
      <dl className={styles.lines}>
        {line(t('loan.principal'), sum(principal))}
        {line(t('loans.col.issued'), shortDate(issued_on, language))}
        {line(t('loan.rate'), rate_percent && rate(rate_percent, rate_period, t, language))}
        {line(t('calculator.psk'), psk_percent && <button type="button" className={styles.cellWhy} title={t('why.ask_cost')} onClick={onCost}>{decimal(psk_percent, language)}&nbsp;%</button>)}
        {line(t('terms.kind'), kind && (i18next.exists(`terms.kind_value.${kind}`) ? t(`terms.kind_value.${kind}`) : kind))}
        {line(t('terms.instalments'), instalments === null ? null : String(instalments))}
        {shop && [line(t('loan.shop.down_payment'), sum(shop.down_payment)), line(t('loan.shop.paid_to_shop'), sum(shop.paid_to_shop)), line(t('loan.shop.discount'), sum(shop.discount)), line(t('loan.shop.shop_owes'), sum(shop.shop_owes)), line(t('loan.shop.client_gets'), sum(shop.client_gets))]}
        {line(t('loan.book'), t(loan.book === 'own' ? 'loan.own' : 'loan.external'))}
      </dl>
    </section>
  );
}

/** A sum, a number of days, or a day. */
export const differing = (text: string | null, language: Language): string => (text === null ? '—' : /^\d{4}-\d{2}-\d{2}$/.test(text) ? shortDate(text, language) : decimal(text, language));

function Differences({ loan }: { loan: Loan }) {
  const { t, language } = useWords();
  const shown = (text: string | null) => differing(text, language);
  return (
    <section className={styles.differences}>
      <h2>{t('loan.differences')}</h2>
      <table className="grid"><thead><tr><th>{t('loan.difference.figure')}</th><th className="num">{t('loan.difference.stated')}</th><th className="num">{t('loan.difference.reckoned')}</th></tr></thead>
        <tbody>{loan.differences.map((each) => <tr key={each.figure}><td>{i18next.exists(`loan.differs.${each.figure}`) ? t(`loan.differs.${each.figure}`) : each.figure}</td><td className="num">{shown(each.stated)}</td><td className="num">{shown(each.reckoned)}</td></tr>)}</tbody>
      </table>
    </section>
  );
}

function Tabs({ loan, callId, tab, onTab, wide, onWhy, onCost }: { loan: Loan; callId: string | null; tab: LoanTab; onTab: (tab: LoanTab) => void; wide: boolean; onWhy: (figure: RowFigure, n: number) => void; onCost: () => void }) {
  const { t } = useWords();
  const { user } = useSession();
  const names = LOAN_TABS.filter((name) => (name !== 'overview' || !wide) && (name !== 'papers' || readsPapers(user.role)));
  const active = names.includes(tab) ? tab : (names[0] ?? 'schedule');
  const open = loan.requests.filter((request) => ['received', 'calculated', 'funds_awaited'].includes(request.state)).length;
  const counts: Partial<Record<LoanTab, number>> = { operations: loan.operations.length, early: open };
  const move = (event: KeyboardEvent, index: number) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = names[(index + step + names.length) % names.length];
    if (step === 0 || !next) return;
    onTab(next);
    document.getElementById(`loan-tab-${next}`)?.focus();
  };
  return (
    <section className={styles.loanTabs}>
      <div className={card.tabs} role="tablist" aria-label={t('loan.tabs')}>
        {names.map((name, index) => (
          <button key={name} type="button" role="tab" id={`loan-tab-${name}`} aria-selected={name === active} aria-controls="loan-tab-body" tabIndex={name === active ? 0 : -1} className={card.tab} data-on={name === active || undefined} onClick={() => onTab(name)} onKeyDown={(event) => move(event, index)}>
            {t(`loan.tab.${name}`)}{counts[name] ? ` (${counts[name]})` : ''}
          </button>
        ))}
      </div>
      <div id="loan-tab-body" role="tabpanel" aria-labelledby={`loan-tab-${active}`} tabIndex={0} className={styles.loanBody}>
        {active === 'overview' && <Overview loan={loan} onCost={onCost} />}
        {active === 'schedule' && (loan.schedule.length === 0 ? <Empty>{t('loans.no_schedule')}</Empty> : <ScheduleTab loan={loan} onWhy={onWhy} />)}
        {active === 'operations' && <><Operations loan={loan} /><Penalties loan={loan} /></>}
        {active === 'papers' && <PapersPanel loan={loan} callId={callId} />}
        {active === 'early' && <EarlyPanel loan={loan} callId={callId} />}
      </div>
    </section>
  );
}

function ScheduleTab({ loan, onWhy }: { loan: Loan; onWhy: (figure: RowFigure, n: number) => void }) {
  const { t } = useWords();
  return (
    <>
      <div className={styles.bar}><span className="grow" /><ScheduleExport rows={loan.schedule} name={t('schedule.file', { number: loan.number })} /></div>
      <ScheduleTable rows={loan.schedule} label={t('schedule.title')} onWhy={onWhy} />
    </>
  );
}
