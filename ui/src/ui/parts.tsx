/** Small pieces that every page uses: empty states, errors with a way out, waiting, keys, times. */
import { Button, Skeleton } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { TFunction } from 'i18next';
import { ApiError } from '../api/client';
import { useSession } from '../api/session';
import type { FieldFault } from '../api/types';
import { date, dayAndMonth, duration, exactTime, inZone, momentInList, relative, shortDate } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { useMinute, useNow } from './clock';
import styles from './parts.module.css';

/** What went wrong and what to do, in the reader's language; the server's own words only where we have none. */
export function errorText(error: unknown, t: TFunction, beside: string[] = []): string {
  if (!(error instanceof ApiError)) return t('error.page');
  const known = i18next.exists(`error.${error.code}`);
  const text = known ? t(`error.${error.code}`) : t('error.generic', { message: error.message || error.code });
  const rest = error.fields.filter((fault) => !beside.includes(fault.field));
  const missing = rest.filter((fault) => fault.code === 'missing_column' && fault.detail?.column);
  const words = [...missingColumns(missing, t), ...rest.filter((fault) => !missing.includes(fault)).map((fault) => faultText(fault, t))];
  const fields = words.length > 0 ? ` ${words.join('; ')}.` : '';
  const id = (!known || error.status >= 500) && error.requestId ? ` (${t('error.request', { id: error.requestId })})` : '';
  return text + fields + id;
}

/** "телефон: не похоже на телефон"; a field of a list is named by the list. */
export function faultText(fault: FieldFault, t: TFunction): string {
  const name = fault.field.split(/[.[]/)[0] ?? fault.field;
  const field = i18next.exists(`field.${name}`) ? t(`field.${name}`) : fault.field;
  if (fault.code === 'missing_column') return faultWords(fault, t);
  const words = faultWords(fault, t);
  return field ? `${field}: ${words}` : words;
}

/** Columns that rules look for and a file lacks: the columns that it has are told once for each file. */
function missingColumns(faults: FieldFault[], t: TFunction): string[] {
  const files = grouped(faults, (fault) => (fault.detail?.known ?? []).join(', '));
  return Array.from(files, ([known, ofFile]) => {
    const columns = grouped(ofFile, (fault) => fault.detail?.column ?? '');
    const named = Array.from(columns, ([column, rules]) => t('fault.column_of_rules', { column, rules: [...new Set(rules.map((fault) => importField(fault.field, t)))].join(', ') }));
    return t('fault.missing_columns_of', { count: columns.size, columns: named.join(', '), known });
  });
}

function grouped<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

/** What is wrong, without the name of the field. */
export function faultWords(fault: FieldFault, t: TFunction): string {
  const { column, known = [], line } = fault.detail ?? {};
  if (fault.code === 'missing_column' && column) return t('fault.missing_column_of', { column, rule: importField(fault.field, t), known: known.join(', ') });
  if (fault.code === 'repeated_row' && line) return t('fault.repeated_row_of', { line });
  const words = [`fault.${fault.code}`, `error.${fault.code}`].find((key) => i18next.exists(key));
  return words ? t(words) : fault.message || fault.code;
}

/** A field or a rule of an import in words: the last part of its path that has a name. */
export function importField(path: string, t: TFunction): string {
  // A word that ends in "other" would be a plural.
  const named = path.replace(/_other$/, '_else').split(/[.[\]]+/).reverse().find((part) => i18next.exists(`imports.field.${part}`));
  return named ? t(`imports.field.${named}`) : path;
}

/** What the server says of one field of a form, to stand beside it. */
export function fieldError(error: unknown, name: string, t: TFunction): string | undefined {
  const found = error instanceof ApiError ? error.fields.filter((fault) => fault.field === name) : [];
  return found.length > 0 ? found.map((fault) => faultWords(fault, t)).join('; ') : undefined;
}

/** A long work by its name in words. */
export function jobWord(kind: string, t: TFunction): string {
  return i18next.exists(`job.${kind}`) ? t(`job.${kind}`) : kind;
}

/** `beside`: fields whose faults stand beside them already; where all of them do nothing is left to say. */
export function Failure({ error, onRetry, beside }: { error: unknown; onRetry?: () => void; beside?: string[] }) {
  const { t } = useWords();
  if (beside && error instanceof ApiError && error.fields.length > 0 && error.fields.every((fault) => beside.includes(fault.field))) return null;
  return <Alert action={onRetry && <Button variant="default" onClick={onRetry}>{t('action.retry')}</Button>}>{errorText(error, t, beside)}</Alert>;
}

/** What went wrong, in words that are known already, and a way out of it. */
export function Alert({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.failure} role="alert">
      <IconAlertTriangle size={18} stroke={1.6} aria-hidden />
      <span className="grow">{children}</span>
      {action}
    </div>
  );
}

/** Says what would appear here and how. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return <div className={styles.empty}><div>{children}</div>{action}</div>;
}

/** A skeleton, and only when the wait is long enough to be noticed. */
export function Waiting({ rows = 6 }: { rows?: number }) {
  const { t } = useWords();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), 150);
    return () => window.clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <div className={styles.waiting} role="status" aria-label={t('common.loading')}>
      {Array.from({ length: rows }, (_, index) => <Skeleton key={index} height={14} width={`${90 - (index * 17) % 45}%`} radius={4} animate={false} />)}
    </div>
  );
}

interface Loaded<T> { data: T | undefined; error: unknown; refetch: () => unknown }
/** The three states of fetched data in one place: waiting, failed, there. */
export function Load<T>({ of, rows, children }: { of: Loaded<T>; rows?: number; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error) return <Failure error={of.error} onRetry={() => void of.refetch()} />;
  return <Waiting rows={rows} />;
}

interface Pages { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }
/** The end of a long list: the next part comes when it is scrolled to, or by the button. */
export function More({ of }: { of: Pages }) {
  const { t } = useWords();
  const button = useRef<HTMLButtonElement>(null);
  const { hasNextPage, isFetchingNextPage } = of;
  const next = useRef(of.fetchNextPage);
  next.current = of.fetchNextPage;
  useEffect(() => {
    if (!hasNextPage || isFetchingNextPage || !button.current) return undefined;
    const watch = new IntersectionObserver((seen) => { if (seen.some((each) => each.isIntersecting)) void next.current(); }, { rootMargin: '300px' });
    watch.observe(button.current);
    return () => watch.disconnect();
  }, [hasNextPage, isFetchingNextPage]);
  if (!hasNextPage) return null;
  return <Button ref={button} variant="subtle" m={8} loading={isFetchingNextPage} onClick={() => void of.fetchNextPage()}>{t('action.show_more')}</Button>;
}

export function Key({ children }: { children: string }) { return <kbd className="key">{children}</kbd>; }

const WEEK_MS = 7 * 86_400_000;

/** A moment: short on the screen, exact and relative on hover. */
export function Moment({ at, mode = 'short' }: { at: string; mode?: 'short' | 'relative' | 'recent' | 'time' }) {
  const { language } = useWords();
  const { lender } = useSession();
  const zone = lender.time_zone;
  const now = useMinute();
  const exact = exactTime(at, language, zone);
  // Longer ago than a week a date says more than "7 months ago".
  const isRelative = mode === 'relative' || (mode === 'recent' && now - Date.parse(at) < WEEK_MS);
  const shown = mode === 'recent' && !isRelative ? shortDate(inZone(at, zone).date, language) : isRelative ? relative(at, now, language) : mode === 'time' ? inZone(at, zone).time : momentInList(at, language, zone, inZone(now, zone).date);
  // The browser's own tooltip: a list of hundreds of rows may not carry hundreds of ours.
  return <time dateTime={at} className="nowrap" title={`${exact} · ${relative(at, now, language)}`}>{shown}</time>;
}

/** The lender's date now: what "today" means in every sentence. */
export function useToday(): string {
  const { lender } = useSession();
  return inZone(useMinute(), lender.time_zone).date;
}

/** `near`: a date of this year may leave the year out; it is said on hover. */
export function ShortDate({ of, near = false }: { of: string | null; near?: boolean }) {
  const { language } = useWords();
  const year = useToday().slice(0, 4);
  return of ? <span className="nowrap" title={near ? date(of, language) : undefined}>{near && of.startsWith(year) ? dayAndMonth(of, language) : shortDate(of, language)}</span> : <span className="dim">—</span>;
}

/** Seconds since a moment, ticking. */
export function Timer({ since }: { since: string }) {
  const now = useNow();
  return <span className="nowrap">{duration((now - Date.parse(since)) / 1000)}</span>;
}
