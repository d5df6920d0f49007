/** The generic editor of a directory: list on the left, form on the right, history with a way back. */
import { Button, Drawer, Switch } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { newId } from '../api/client';
import { directory } from '../api/endpoints';
import type { DirectoryEntry, Localized } from '../api/types';
import { localized } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { useKeys } from '../ui/keys';
import { Empty, Failure, fieldError, Load, Moment } from '../ui/parts';
import styles from './admin.module.css';

const trimmed = (text: string | null): string => text?.trim() ?? '';

export interface Editing<B> { id: string | null; version: number; retired: boolean; body: B }

interface Props<B extends { title: Localized }> {
  kind: string;
  title: string;
  createLabel: string;
  emptyText: string;
  blank: (parent?: DirectoryEntry<B>) => B;
  /** The list, drawn by the kind itself (a tree for topics). */
  list: (entries: DirectoryEntry<B>[], open: (entry: DirectoryEntry<B>) => void, openId: string | null) => ReactNode;
  fields: (body: B, change: (part: Partial<B>) => void, entries: DirectoryEntry<B>[], id: string | null, fault: (field: string) => string | undefined) => ReactNode;
  /** Fields whose faults the kind shows beside them. */
  beside?: string[];
  /** What is sent of what was typed. */
  sent?: (body: B) => B;
  /** Entries that this person may only read. */
  readOnly?: (body: B) => boolean;
  extra?: (entry: DirectoryEntry<B>, create: (body: B) => void) => ReactNode;
}

export function DirectoryEditor<B extends { title: Localized }>(props: Props<B>) {
  const { t } = useWords();
  const [withRetired, setWithRetired] = useState(false);
  const [editing, setEditing] = useState<Editing<B> | null>(null);
  const list = useQuery({ queryKey: ['directory', props.kind], queryFn: () => directory.list<B>(props.kind) });
  const open = (entry: DirectoryEntry<B>) => setEditing({ id: entry.id, version: entry.version, retired: entry.retired, body: entry.body });
  return (
    <>
      <div className={styles.head}>
        <h1 className="grow">{props.title}</h1>
        <Switch label={t('dir.show_retired')} checked={withRetired} onChange={(event) => setWithRetired(event.currentTarget.checked)} />
        <Button onClick={() => setEditing({ id: null, version: 0, retired: false, body: props.blank() })}>{props.createLabel}</Button>
      </div>
      <Load of={list}>
        {(page) => {
          const entries = page.items.filter((entry) => withRetired || !entry.retired);
          return (
            <div className={styles.split}>
              <section className="panel">{entries.length === 0 ? <Empty>{props.emptyText}</Empty> : <div className={styles.treeList}>{props.list(entries, open, editing?.id ?? null)}</div>}</section>
              <section className="panel">
                {editing ? <EntryForm key={`${editing.id ?? 'new'}-${editing.version}`} {...props} start={editing} entries={page.items} onSaved={setEditing} /> : <Empty>{t('dir.pick')}</Empty>}
              </section>
            </div>
          );
        }}
      </Load>
    </>
  );
}

function EntryForm<B extends { title: Localized }>({ kind, fields, beside, sent, extra, readOnly, start, entries, onSaved }: Props<B> & { start: Editing<B>; entries: DirectoryEntry<B>[]; onSaved: (entry: Editing<B> | null) => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [body, setBody] = useState(start.body);
  const [asked, setAsked] = useState(false);
  const [history, setHistory] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ['directory', kind] });
  const put = useMutation({
    mutationFn: (next: B) => directory.put<B>(kind, start.id ?? newId(), start.version, next),
    onSuccess: async (entry) => { addConfirmation(t('dir.saved')); await refresh(); onSaved({ id: entry.id, version: entry.version, retired: entry.retired, body: entry.body ?? body }); },
    onError: refresh,
  });
  const flip = useMutation({
    mutationFn: () => (start.retired ? directory.restore(kind, start.id ?? '', start.version) : directory.retire(kind, start.id ?? '', start.version)),
    onSuccess: async () => { await refresh(); onSaved(null); },
  });
  const titleMissing = !trimmed(body.title.ru) && !trimmed(body.title.en);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    setAsked(true);
    if (titleMissing) return;
    // One language is enough to work with; the other shows the same until someone translates it.
    const typed = sent?.(body) ?? body;
    put.mutate({ ...typed, title: { ru: trimmed(body.title.ru) || trimmed(body.title.en), en: trimmed(body.title.en) || trimmed(body.title.ru) } });
  };
  useKeys({ 'Ctrl+Enter': () => submit() });
  const entry = entries.find((each) => each.id === start.id);
  const fixed = start.id !== null && (readOnly?.(start.body) ?? false);
  return (
    <form onSubmit={submit} noValidate>
      <fieldset className={styles.form} disabled={fixed}>
        {fields(body, (part) => setBody((old) => ({ ...old, ...part })), entries, start.id, (field) => fieldError(put.error, field, t))}
        {asked && titleMissing && <p className={`${styles.full} small bad`} role="alert">{t('dir.need_title')}</p>}
        {(put.error ?? flip.error) && <div className={styles.full}><Failure error={put.error ?? flip.error} {...(beside ? { beside } : {})} /></div>}
        {fixed && <p className={`${styles.full} caption`}>{t('dir.read_only')}</p>}
        {!fixed && <div className={`${styles.full} row-wrap`}>
          <Button type="submit" loading={put.isPending} disabled={start.retired}>{t('action.save')}</Button>
          {start.id && <Button variant="default" onClick={() => setHistory(true)}>{t('dir.history')}</Button>}
          {start.id && <Button variant="default" loading={flip.isPending} onClick={() => flip.mutate()}>{t(start.retired ? 'dir.restore' : 'dir.retire')}</Button>}
          {entry && extra?.(entry, (next) => onSaved({ id: null, version: 0, retired: false, body: next }))}
        </div>}
      </fieldset>
      <Drawer opened={history} onClose={() => setHistory(false)} position="right" size={420} title={t('dir.history')} closeButtonProps={{ 'aria-label': t('action.close') }}>
        {history && start.id && <History<B> kind={kind} id={start.id} version={start.version} onPutBack={(old) => { setHistory(false); put.mutate(old); }} />}
      </Drawer>
    </form>
  );
}

/** Every version stays; putting one back is a new change, so nothing is ever lost by undoing. */
function History<B extends { title: Localized }>({ kind, id, version, onPutBack }: { kind: string; id: string; version: number; onPutBack: (body: B) => void }) {
  const { t, language } = useWords();
  const history = useQuery({ queryKey: ['directory', kind, 'history', id, version], queryFn: () => directory.history<B>(kind, id) });
  return (
    <Load of={history}>
      {(page) => (page.items.length === 0 ? <Empty>{t('dir.no_history')}</Empty> : (
        <div className="stack">
          {page.items.map((each) => (
            <article key={each.version} className="small" style={{ borderBottom: '1px solid var(--lb-border)', paddingBottom: 8 }}>
              <div className="row"><strong className="grow">{localized(each.body?.title, language)}</strong><span className="caption">{each.version === version ? t('dir.current') : t('dir.version', { version: each.version })}</span></div>
              <div className="dim">{i18next.exists(`dir.action.${each.action}`) ? t(`dir.action.${each.action}`) : each.action} · {each.by} · <Moment at={each.at} /></div>
              {each.version !== version && each.body && <Button mt={4} size="compact-xs" variant="default" onClick={() => onPutBack(each.body)}>{t('dir.put_back')}</Button>}
            </article>
          ))}
        </div>
      ))}
    </Load>
  );
}
