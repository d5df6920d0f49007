import { Textarea, TextInput } from '@mantine/core';
import type { BranchBody } from '../api/types';
import { localized } from '../format/format';
import { useWords } from '../i18n/use-language';
import styles from './admin.module.css';
import { DirectoryEditor } from './directory';

export function BranchesPage() {
  const { t, language } = useWords();
  const both = language === 'ru' ? (['ru', 'en'] as const) : (['en', 'ru'] as const);
  return (
    <DirectoryEditor<BranchBody>
      kind="branch" title={t('admin.section.branches')} createLabel={t('branches.create')} emptyText={t('branches.empty')}
      blank={() => ({ title: { ru: '', en: '' }, address: '', hours: '', phone: '', ways_to_pay: { ru: '', en: '' } })}
      list={(entries, open, openId) => entries.map((entry) => (
        <button key={entry.id} type="button" className={styles.entry} data-on={entry.id === openId || undefined} data-retired={entry.retired || undefined} onClick={() => open(entry)}>
          <span className="grow">{localized(entry.body.title, language)}</span><span className="caption cut" style={{ maxWidth: 150 }} title={entry.body.address}>{entry.body.address}</span>
        </button>
      ))}
      fields={(body, change, _entries, id) => (
        <>
          {both.map((key) => <TextInput key={key} name={`title_${key}`} label={t(`dir.title_${key}`)} value={body.title[key] ?? ''} onChange={(event) => change({ title: { ...body.title, [key]: event.currentTarget.value } })} autoFocus={key === language && id === null} />)}
          <TextInput className={styles.full} name="address" label={t('branches.address')} value={body.address} onChange={(event) => change({ address: event.currentTarget.value })} />
          <TextInput name="hours" label={t('branches.hours')} value={body.hours} onChange={(event) => change({ hours: event.currentTarget.value })} />
          <TextInput name="phone" label={t('branches.phone')} value={body.phone} onChange={(event) => change({ phone: event.currentTarget.value })} inputMode="tel" />
          {both.map((key) => <Textarea key={key} className={styles.full} label={t(`branches.ways_${key}`)} value={body.ways_to_pay?.[key] ?? ''} onChange={(event) => change({ ways_to_pay: { ...body.ways_to_pay, [key]: event.currentTarget.value } })} autosize minRows={2} />)}
        </>
      )}
    />
  );
}
