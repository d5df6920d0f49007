import { Popover, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { directory } from '../api/endpoints';
import type { SnippetBody } from '../api/types';
import { useWords } from '../i18n/use-language';
import { useKeys } from '../ui/keys';
import { findSnippets, holeAfter, type Slash, slashAt, type Snippet, snippetsOf } from './snippets';
import styles from './workspace.module.css';

interface Props { value: string; topics: string[]; onChange: (text: string) => void; error?: string }

/** O6: the comment, with texts that are called by "/" and a word. */
export function CommentField({ value, topics, onChange, error }: Props) {
  const { t, language } = useWords();
  const field = useRef<HTMLTextAreaElement>(null);
  const [slash, setSlash] = useState<Slash | null>(null);
  const [at, setAt] = useState(0);
  const entries = useQuery({ queryKey: ['directory', 'snippet'], queryFn: () => directory.list<SnippetBody>('snippet'), staleTime: 60_000 });
  const all = useMemo(() => snippetsOf(entries.data?.items ?? [], language), [entries.data, language]);
  const found = slash ? findSnippets(all, slash.word, topics) : [];
  const here = Math.min(at, Math.max(0, found.length - 1));
  const open = slash !== null && (found.length > 0 || (slash.word === '' && all.length === 0));

  const look = () => {
    const { current } = field;
    const next = current && current.selectionStart === current.selectionEnd ? slashAt(current.value, current.selectionStart) : null;
    if (next?.word !== slash?.word) setAt(0);
    setSlash(next);
  };
  const put = (snippet: Snippet) => {
    const { current } = field;
    if (!current || !slash) return;
    current.focus();
    current.setSelectionRange(slash.from, slash.to);
    // Typed for the operator by the browser, so that Ctrl+Z takes it back.
    if (!document.execCommand('insertText', false, snippet.text)) { current.setRangeText(snippet.text, slash.from, slash.to, 'end'); onChange(current.value); }
    const hole = holeAfter(snippet.text, 0);
    if (hole) current.setSelectionRange(slash.from + hole.from, slash.from + hole.to);
    setSlash(null);
  };
  // Tab fills hole by hole; after the last one it leaves the field as ever.
  const goToHole = (event: KeyboardEvent): boolean => {
    const { current } = field;
    const hole = current && event.key === 'Tab' && !event.shiftKey ? holeAfter(current.value, current.selectionEnd) : null;
    if (!current || !hole) return false;
    current.setSelectionRange(hole.from, hole.to);
    event.preventDefault();
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open && goToHole(event)) return;
    if (!open || event.ctrlKey || event.metaKey || event.altKey) return;
    const snippet = found[here];
    if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, here + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, here - 1));
    else if ((event.key === 'Enter' || event.key === 'Tab') && snippet) put(snippet);
    else if (event.key === 'Escape') setSlash(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  useKeys({
    '/': () => {
      const { current } = field;
      if (!current) return;
      const gap = current.value === '' || /\s$/.test(current.value) ? '' : ' ';
      current.focus();
      current.setSelectionRange(current.value.length, current.value.length);
      if (!document.execCommand('insertText', false, `${gap}/`)) onChange(`${current.value}${gap}/`);
    },
  });

  return (
    <Popover opened={open} withRoles={false} position="top-start" offset={24} width="target" trapFocus={false} returnFocus={false} closeOnEscape={false} onDismiss={() => setSlash(null)} transitionProps={{ duration: 0 }}>
      <Popover.Target>
        <Textarea
          ref={field} name="comment" label={t('wrap.comment')} placeholder={t('wrap.comment_placeholder')} value={value} minRows={3} maxRows={6} autosize error={error}
          onChange={(event) => { onChange(event.currentTarget.value); look(); }} onKeyDown={onKeyDown} onClick={look} onBlur={() => setSlash(null)}
          aria-controls={open ? 'snippets' : undefined} aria-activedescendant={open && found.length > 0 ? `snippet-${here}` : undefined}
        />
      </Popover.Target>
      <Popover.Dropdown p={4}>
        {found.length === 0 && <p className="dim small" style={{ padding: 6 }}>{t('snippets.none')}</p>}
        <div id="snippets" role="listbox" aria-label={t('snippets.title')} className={styles.snippets}>
          {found.map((snippet, index) => (
            <div
              key={snippet.id} id={`snippet-${index}`} role="option" aria-selected={index === here} className={styles.snippet} data-on={index === here || undefined}
              ref={index === here ? (row) => row?.scrollIntoView({ block: 'nearest' }) : undefined}
              // Pressed, not clicked: the field must not lose its caret.
              onMouseDown={(event) => { event.preventDefault(); put(snippet); }}
            >
              <div className="row"><span className={styles.snippetKey}>/{snippet.key}</span><strong className="cut grow">{snippet.title}</strong>{!snippet.shared && <span className="caption">{t('snippets.own')}</span>}</div>
              <div className="dim cut">{snippet.text}</div>
            </div>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
