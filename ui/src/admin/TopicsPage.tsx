import { ActionIcon, Button, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { DirectoryEntry, Level, Severity, TopicBody } from '../api/types';
import { useWords } from '../i18n/use-language';
import { topicRows } from '../workspace/topics';
import styles from './admin.module.css';
import { DirectoryEditor } from './directory';

const SEVERITIES: Severity[] = ['calm', 'urgent', 'critical'];

function blankTopic(parent?: DirectoryEntry<TopicBody>): TopicBody {
  return { parent: parent?.id ?? null, title: { ru: '', en: '' }, order: 10, hint: { ru: '', en: '' }, required_level: parent?.body.required_level ?? 0, links: [], severity: 'calm' };
}

export function TopicsPage() {
  const { t, language } = useWords();
  return (
    <DirectoryEditor<TopicBody>
      kind="topic" title={t('admin.section.topics')} createLabel={t('topics.create')} emptyText={t('topics.empty')} blank={blankTopic}
      list={(entries, open, openId) => topicRows(entries, language, true).map((row) => (
        <button key={row.entry.id} type="button" className={styles.entry} style={{ paddingLeft: 12 + row.depth * 18 }} data-on={row.entry.id === openId || undefined} data-retired={row.entry.retired || undefined} onClick={() => open(row.entry)}>
          <span className="grow">{row.title}</span>{row.entry.body.required_level > 0 && <span className="caption">L{row.entry.body.required_level}</span>}
        </button>
      ))}
      fields={(body, change, entries, id) => <TopicFields body={body} change={change} entries={entries} id={id} />}
      extra={(entry, create) => <Button variant="default" onClick={() => create(blankTopic(entry))}>{t('topics.create_child')}</Button>}
    />
  );
}

interface FieldsProps { body: TopicBody; change: (part: Partial<TopicBody>) => void; entries: DirectoryEntry<TopicBody>[]; id: string | null }

function TopicFields({ body, change, entries, id }: FieldsProps) {
  const { t, language } = useWords();
  const rows = topicRows(entries, language);
  // A topic may not stand inside itself or its own branch.
  const inside = new Set<string>(id ? [id] : []);
  for (const row of rows) if (row.entry.body.parent && inside.has(row.entry.body.parent)) inside.add(row.entry.id);
  const title = (key: 'ru' | 'en') => <TextInput key={key} name={`title_${key}`} label={t(`dir.title_${key}`)} value={body.title[key] ?? ''} onChange={(event) => change({ title: { ...body.title, [key]: event.currentTarget.value } })} autoFocus={key === language && id === null} />;
  return (
    <>
      {language === 'ru' ? [title('ru'), title('en')] : [title('en'), title('ru')]}
      <Select label={t('topics.parent')} placeholder={t('topics.top')} clearable searchable value={body.parent} onChange={(parent) => change({ parent })} data={rows.filter((row) => !inside.has(row.entry.id)).map((row) => ({ value: row.entry.id, label: row.path }))} />
      <NumberInput label={t('topics.order')} value={body.order} onChange={(order) => change({ order: Number(order) || 0 })} min={0} max={9999} allowDecimal={false} />
      <Select label={t('topics.level')} value={String(body.required_level)} onChange={(level) => change({ required_level: Number(level ?? 0) as Level })} allowDeselect={false} data={[0, 1, 2, 3].map((level) => ({ value: String(level), label: `L${level} · ${t(`level.${level}`)}` }))} />
      <Select label={t('topics.severity')} value={body.severity} onChange={(severity) => change({ severity: (severity ?? 'calm') as Severity })} allowDeselect={false} data={SEVERITIES.map((each) => ({ value: each, label: t(`topics.severity_value.${each}`) }))} />
      {(language === 'ru' ? (['ru', 'en'] as const) : (['en', 'ru'] as const)).map((key) => (
        <Textarea key={key} className={styles.full} label={t(`topics.hint_${key}`)} value={body.hint?.[key] ?? ''} onChange={(event) => change({ hint: { ...body.hint, [key]: event.currentTarget.value } })} autosize minRows={2} />
      ))}
      <div className={`${styles.full} stack`}>
        <h3>{t('topics.links')}</h3>
        {body.links.map((link, index) => (
          <div key={index} className="row">
            <TextInput className="grow" aria-label={t('topics.link_title')} placeholder={t('topics.link_title')} value={link.title} onChange={(event) => { const { value } = event.currentTarget; change({ links: body.links.map((other, at) => (at === index ? { ...other, title: value } : other)) }); }} />
            <TextInput className="grow" aria-label={t('topics.link_url')} placeholder="https://" value={link.url} onChange={(event) => { const { value } = event.currentTarget; change({ links: body.links.map((other, at) => (at === index ? { ...other, url: value } : other)) }); }} />
            <ActionIcon aria-label={t('action.remove')} onClick={() => change({ links: body.links.filter((_, at) => at !== index) })}><IconX size={16} /></ActionIcon>
          </div>
        ))}
        <div><Button variant="subtle" size="compact-xs" onClick={() => change({ links: [...body.links, { title: '', url: '' }] })}>{t('topics.add_link')}</Button></div>
      </div>
    </>
  );
}
