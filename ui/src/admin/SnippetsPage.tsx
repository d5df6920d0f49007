import { Select, Switch, Textarea, TextInput } from '@mantine/core';
import { keepsSharedSnippets } from '../app/access';
import { useSession } from '../api/session';
import type { SnippetBody } from '../api/types';
import { localized } from '../format/format';
import { useWords } from '../i18n/use-language';
import { topicRows } from '../workspace/topics';
import { useTopics } from '../workspace/use-topics';
import styles from './admin.module.css';
import { DirectoryEditor } from './directory';

/** O6: the texts that "/" calls in a comment. Everybody keeps his own; shared ones belong to supervisors and administrators. */
export function SnippetsPage() {
  const { t, language } = useWords();
  const { user } = useSession();
  const shares = keepsSharedSnippets(user.role);
  return (
    <DirectoryEditor<SnippetBody>
      kind="snippet" title={t('snippets.title')} createLabel={t('snippets.create')} emptyText={t('snippets.empty')} readOnly={(body) => body.shared && !shares}
      blank={() => ({ key: '', title: { ru: '', en: '' }, text: { ru: '', en: '' }, topic: null, shared: shares })}
      list={(entries, open, openId) => [false, true].map((shared) => {
        const rows = entries.filter((entry) => entry.body.shared === shared).sort((one, other) => one.body.key.localeCompare(other.body.key));
        return rows.length > 0 && (
          <section key={String(shared)} aria-label={t(shared ? 'snippets.shared_ones' : 'snippets.own_ones')}>
            <h2 className={styles.group}>{t(shared ? 'snippets.shared_ones' : 'snippets.own_ones')}</h2>
            {rows.map((entry) => (
              <button key={entry.id} type="button" className={styles.entry} data-on={entry.id === openId || undefined} data-retired={entry.retired || undefined} onClick={() => open(entry)}>
                <span className="nowrap" style={{ color: 'var(--lb-accent)' }}>/{entry.body.key}</span><span className="grow cut">{localized(entry.body.title, language)}</span>
              </button>
            ))}
          </section>
        );
      })}
      fields={(body, change, _entries, id) => <Fields body={body} change={change} isNew={id === null} shares={shares} />}
    />
  );
}

function Fields({ body, change, isNew, shares }: { body: SnippetBody; change: (part: Partial<SnippetBody>) => void; isNew: boolean; shares: boolean }) {
  const { t, language } = useWords();
  const topics = useTopics();
  const both = language === 'ru' ? (['ru', 'en'] as const) : (['en', 'ru'] as const);
  return (
    <>
      <TextInput name="key" label={t('snippets.key')} description={t('snippets.key_help')} inputWrapperOrder={['label', 'input', 'description']} leftSection="/" leftSectionWidth={22} value={body.key} autoFocus={isNew} maxLength={32} autoComplete="off" onChange={(event) => change({ key: event.currentTarget.value.replace(/^\/|\s/g, '') })} />
      <Select label={t('snippets.topic')} placeholder={t('snippets.any_topic')} clearable searchable value={body.topic} onChange={(topic) => change({ topic })} data={topicRows(topics.data?.items ?? [], language).filter((row) => row.leaf).map((row) => ({ value: row.entry.id, label: row.path }))} />
      {both.map((key) => <TextInput key={key} name={`title_${key}`} label={t(`dir.title_${key}`)} value={body.title[key] ?? ''} onChange={(event) => change({ title: { ...body.title, [key]: event.currentTarget.value } })} />)}
      {both.map((key) => <Textarea key={key} className={styles.full} name={`text_${key}`} label={t(`snippets.text_${key}`)} value={body.text[key] ?? ''} autosize minRows={2} onChange={(event) => change({ text: { ...body.text, [key]: event.currentTarget.value } })} />)}
      {shares && <Switch className={styles.full} label={t('snippets.for_all')} checked={body.shared} onChange={(event) => change({ shared: event.currentTarget.checked })} />}
    </>
  );
}
