import { CloseButton, TextInput } from '@mantine/core';
import { IconCheck, IconChevronDown, IconChevronRight, IconExternalLink } from '@tabler/icons-react';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { calls } from '../api/endpoints';
import { dispatchFeed } from '../api/feed';
import type { CallCard } from '../api/types';
import { localized, webAddress } from '../format/format';
import { useWords } from '../i18n/use-language';
import { useKeys } from '../ui/keys';
import { Load } from '../ui/parts';
import { searchTopics, type TopicEntry, topicRows, type TopicRow } from './topics';
import { useTopics } from './use-topics';
import styles from './workspace.module.css';

interface Props { of: CallCard; chosen: string[]; onChange: (topics: string[]) => void; fault?: string }

/** Topics of the call: type and Enter, or walk the tree. F9 comes here. */
export function TopicPicker({ of, chosen, onChange, fault }: Props) {
  const { t, language } = useWords();
  const topics = useTopics();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState<Set<string>>(new Set());
  const input = useRef<HTMLInputElement>(null);
  const listRef = useRef<HTMLDivElement>(null);
  useKeys({ F9: () => input.current?.focus() });
  const all = useMemo(() => topicRows(topics.data?.items ?? [], language), [topics.data, language]);
  const searching = text.trim() !== '';
  const rows = useMemo(() => (searching ? searchTopics(all, text) : visible(all, open)), [all, text, searching, open]);
  const here = Math.min(at, Math.max(0, rows.length - 1));

  const toggle = (row: TopicRow) => {
    if (!row.leaf) {
      setOpen((old) => { const next = new Set(old); if (!next.delete(row.entry.id)) next.add(row.entry.id); return next; });
      return;
    }
    onChange(chosen.includes(row.entry.id) ? chosen.filter((id) => id !== row.entry.id) : [...chosen, row.entry.id]);
    if (searching) setText('');
  };
  const move = (step: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, here + step));
    setAt(next);
    listRef.current?.children[next]?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey) return;
    const row = rows[here];
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Enter' && row) toggle(row);
    else if (event.key === 'Escape' && searching) setText('');
    else return;
    event.preventDefault();
  };

  return (
    <>
      <TextInput
        ref={input} name="topics" label={t('wrap.topic')} placeholder={t('wrap.topic_search')} value={text} autoComplete="off" error={fault} rightSection={<kbd className="key">F9</kbd>} rightSectionWidth={36}
        onChange={(event) => { setText(event.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown} role="combobox" aria-expanded="true" aria-controls="topic-list" aria-activedescendant={rows.length > 0 ? `topic-${here}` : undefined}
      />
      {chosen.length > 0 && (
        <div className="row-wrap" style={{ gap: 4 }} aria-label={t('wrap.topics_chosen')} role="group">
          {chosen.map((id) => {
            const title = all.find((row) => row.entry.id === id)?.title ?? of.call.topics.map((topic) => (topic.entry_id === id ? localized(topic.title, language) : '')).find(Boolean) ?? '…';
            return <span key={id} className={styles.chip}>{title}<CloseButton size={18} iconSize={12} aria-label={t('wrap.remove_topic', { topic: title })} onClick={() => onChange(chosen.filter((other) => other !== id))} /></span>;
          })}
        </div>
      )}
      <div className={styles.topics} id="topic-list" role="listbox" aria-multiselectable="true" aria-label={t('wrap.topic')} ref={listRef} data-fault={fault ? true : undefined} tabIndex={0} onKeyDown={onKeyDown}>
        <Load of={topics} rows={5}>
          {() => (
            <>
              {all.length === 0 && <p className="dim small" style={{ padding: 10 }}>{t('wrap.topics_empty')}</p>}
              {all.length > 0 && rows.length === 0 && <p className="dim small" style={{ padding: 10 }}>{t('wrap.topics_nothing')}</p>}
              {rows.map((row, index) => {
                const on = chosen.includes(row.entry.id);
                return (
                  <div
                    key={row.entry.id} id={`topic-${index}`} role="option" aria-selected={on} className={styles.topic} data-on={on || undefined} data-at={index === here || undefined}
                    style={{ paddingLeft: 8 + (searching ? 0 : row.depth * 16) }} onClick={() => { setAt(index); toggle(row); }}
                  >
                    {!row.leaf && (open.has(row.entry.id) ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />)}
                    {row.leaf && !searching && <span className={styles.noChevron} />}
                    <span className="grow">{searching ? row.path : row.title}</span>
                    {on && <IconCheck size={14} aria-hidden />}
                  </div>
                );
              })}
            </>
          )}
        </Load>
      </div>
      {chosen.map((id) => all.find((row) => row.entry.id === id)?.entry).filter((entry) => entry !== undefined).map((entry) => <Hint key={entry.id} of={of} entry={entry} />)}
    </>
  );
}

function visible(rows: TopicRow[], open: Set<string>): TopicRow[] {
  const shown: TopicRow[] = [];
  // Depth of the closed branch that is being skipped.
  let closed = Infinity;
  for (const row of rows) {
    if (row.depth > closed) continue;
    closed = Infinity;
    shown.push(row);
    if (!row.leaf && !open.has(row.entry.id)) closed = row.depth;
  }
  return shown;
}

/** What the topic says to the operator. An opened article is written into the call (F12). */
function Hint({ of, entry }: { of: CallCard; entry: TopicEntry }) {
  const { t, language } = useWords();
  const words = localized(entry.body.hint, language);
  const links = (entry.body.links ?? []).filter((link) => webAddress(link.url) !== null);
  if (!words && links.length === 0) return null;
  const record = (link: string) => {
    calls.consult(of.call.id, entry.id, link).then((found) => dispatchFeed({ type: 'call', call: found }), () => undefined);
  };
  return (
    <div className={styles.hint} data-severity={entry.body.severity} role="note" aria-label={t('wrap.hint')}>
      {words && <div>{words}</div>}
      {links.map((link) => (
        <div key={link.url} className="row">
          <a href={link.url} target="_blank" rel="noreferrer" onClick={() => record(link.url)}><IconExternalLink size={13} aria-hidden style={{ verticalAlign: -2 }} /> {link.title}</a>
          {of.call.consulted.some((each) => each.link === link.url) && <span className="caption">{t('wrap.consulted')}</span>}
        </div>
      ))}
    </div>
  );
}
