import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { takesCalls } from '../app/access';
import { type CallFilter, calls } from '../api/endpoints';
import { useSession } from '../api/session';
import type { CallsFilter } from '../app/router';
import { dayStart, nextDay, parseDate, shortDate } from '../format/format';
import { useWords } from '../i18n/use-language';
import { useKeys } from '../ui/keys';
import { Empty, Load, More, useToday } from '../ui/parts';
import { CallDetail } from './CallDetail';
import styles from './calls.module.css';
import { CallTable } from './CallTable';

/** Live and past calls; the filter lives in the address, so that a view can be sent to a colleague. */
export function CallsPage() {
  const { t, language } = useWords();
  const { user, lender } = useSession();
  const navigate = useNavigate();
  const search: CallsFilter = useSearch({ strict: false });
  const today = useToday();
  const own = takesCalls(user.role);
  const view = search.view ?? (own && user.role !== 'supervisor' ? 'mine' : 'all');
  const go = (next: CallsFilter) => void navigate({ to: '/calls', search: { view, ...search, ...next } });
  const filter: CallFilter = {
    state: view === 'live' ? 'live' : 'all', limit: 50,
    ...(view === 'mine' ? { operator: user.id } : {}),
    ...(search.day && view !== 'live' ? { from: dayStart(search.day, lender.time_zone), to: dayStart(nextDay(search.day), lender.time_zone) } : {}),
  };
  const list = useInfiniteQuery({
    queryKey: ['calls', view, search.day ?? '', user.id],
    queryFn: ({ pageParam }) => calls.list({ ...filter, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: view === 'live' ? 5000 : false,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const close = () => void navigate({ to: '/calls', search: { view, ...(search.day ? { day: search.day } : {}) } });
  useKeys({ Escape: search.call ? close : undefined });
  const views = [...(own ? ['mine' as const] : []), 'all' as const, 'live' as const];
  return (
    <div className={styles.page} data-open={search.call ? true : undefined}>
      <header className={styles.head}>
        <h1>{t('calls.title')}</h1>
        <SegmentedControl aria-label={t('calls.title')} value={view} onChange={(next) => void navigate({ to: '/calls', search: { view: next as CallsFilter['view'], ...(search.day ? { day: search.day } : {}) } })} data={views.map((each) => ({ value: each, label: t(`calls.${each}`) }))} />
        {view !== 'live' && <DayField key={search.day ?? ''} day={search.day} today={today} onChange={(day) => void navigate({ to: '/calls', search: { view, ...(day ? { day } : {}) } })} show={(day) => shortDate(day, language === 'en' ? 'ru' : language)} />}
      </header>
      <div className={styles.list}>
        <Load of={list} rows={14}>
          {() => (items.length === 0 ? <Empty>{t(view === 'live' ? 'calls.empty_live' : 'calls.empty')}</Empty> : (
            <>
              <CallTable calls={items} columns={view === 'live' ? ['time', 'who', 'state', 'operator', 'talk'] : ['number', 'time', 'who', 'operator', 'topic', 'result', 'talk']} openId={search.call} onOpen={(call) => go({ call: call.id })} />
              <More of={list} />
            </>
          ))}
        </Load>
      </div>
      <aside className={styles.preview} aria-label={t('calls.detail', { number: '' })}>{search.call ? <><Button className="narrow-only" variant="default" mb={12} onClick={close}>{t('action.back')}</Button><CallDetail key={search.call} id={search.call} /></> : <p className="dim small">{t('calls.pick')}</p>}</aside>
    </div>
  );
}

function DayField({ day, today, onChange, show }: { day?: string; today: string; onChange: (day: string | null) => void; show: (day: string) => string }) {
  const { t } = useWords();
  const [text, setText] = useState(day ? show(day) : '');
  const commit = () => { const found = parseDate(text); if (!text.trim()) { if (day) onChange(null); } else if (found && found !== day) onChange(found); };
  return (
    <div className="row">
      <TextInput aria-label={t('calls.day')} placeholder={t('calls.day')} value={text} w={120} onChange={(event) => setText(event.currentTarget.value)} onBlur={commit} onKeyDown={(event) => { if (event.key === 'Enter') commit(); }} />
      <Button variant="default" onClick={() => onChange(day === today ? null : today)}>{day === today ? t('common.all') : t('calls.today')}</Button>
    </div>
  );
}
