/** The wording of papers: written on the left, seen as the paper on the right while it is written. */
import { Button, Select, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { ApiError } from '../api/client';
import { papers } from '../api/endpoints';
import type { PaperTemplate } from '../api/paper-types';
import { useSession } from '../api/session';
import type { Language } from '../api/types';
import { LANGUAGE_NAMES } from '../i18n';
import { useWords } from '../i18n/use-language';
import { kindWord } from '../loans/PapersPanel';
import { dropDraft, loadDraft, saveDraft } from '../state/drafts';
import { addConfirmation } from '../state/notices';
import { useKeys } from '../ui/keys';
import { Failure, Load, Waiting } from '../ui/parts';
import styles from './admin.module.css';

const KEY = ['papers', 'templates'];
/** A pause in writing after which the paper is made anew. */
const PAUSE_MS = 500;

export function PapersPage() {
  const { t } = useWords();
  const list = useQuery({ queryKey: KEY, queryFn: papers.templates });
  const [open, setOpen] = useState<string | null>(null);
  const name = (each: PaperTemplate) => `${each.kind}.${each.language}`;
  return (
    <>
      <div className={styles.head}><h1 className="grow">{t('admin.section.papers')}</h1></div>
      <Load of={list}>
        {(page) => {
          const chosen = page.items.find((each) => name(each) === open) ?? page.items[0];
          return (
            <>
              <div className="row-wrap">
                <Select aria-label={t('paper.col.kind')} w={300} value={chosen ? name(chosen) : null} onChange={setOpen} allowDeselect={false} data={page.items.map((each) => ({ value: name(each), label: `${kindWord(each.kind, t)} · ${LANGUAGE_NAMES[each.language as Language] ?? each.language}${each.is_shipped ? '' : ` · ${t('paper.own')}`}` }))} />
                <span className="caption">{t('paper.template_help')}</span>
              </div>
              {chosen && <Editor key={`${name(chosen)}-${chosen.version}-${chosen.is_shipped}`} template={chosen} />}
            </>
          );
        }}
      </Load>
    </>
  );
}

function Editor({ template }: { template: PaperTemplate }) {
  const { t } = useWords();
  const { user } = useSession();
  const queries = useQueryClient();
  const draft = `paper.${template.kind}.${template.language}`;
  const [text, setText] = useState(() => loadDraft<string>(user.id, draft) ?? template.text);
  const change = (next: string) => { setText(next); if (next === template.text) dropDraft(user.id, draft); else saveDraft(user.id, draft, next); };
  const refresh = () => queries.invalidateQueries({ queryKey: KEY });
  const save = useMutation({
    mutationFn: () => papers.putTemplate(template.entry_id, template.version, { kind: template.kind, language: template.language, text }),
    onSuccess: async () => { dropDraft(user.id, draft); addConfirmation(t('paper.saved')); await refresh(); },
    onError: (error) => { if (error instanceof ApiError && error.status === 412) void refresh(); },
  });
  const reset = useMutation({ mutationFn: () => papers.dropTemplate(template.entry_id, template.version), onSuccess: async () => { dropDraft(user.id, draft); addConfirmation(t('paper.was_reset')); await refresh(); } });
  const changed = text !== template.text;
  const submit = () => { if (changed && !save.isPending) save.mutate(); };
  useKeys({ 'Ctrl+Enter': submit });
  return (
    <div className={styles.template}>
      <div className="stack">
        <Textarea aria-label={t('paper.wording')} value={text} onChange={(event) => change(event.currentTarget.value)} onKeyDown={(event: KeyboardEvent) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); event.stopPropagation(); submit(); } }} rows={26} spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12, lineHeight: 1.45 } }} />
        {(save.error ?? reset.error) && <TemplateFault error={save.error ?? reset.error} />}
        <div className="row-wrap">
          <Button disabled={!changed} loading={save.isPending} onClick={submit}>{t('action.save')}&nbsp;·&nbsp;Ctrl Enter</Button>
          <Button variant="default" disabled={!changed} onClick={() => change(template.text)}>{t('action.cancel')}</Button>
          {text !== template.shipped && <Button variant="default" onClick={() => change(template.shipped)}>{t('paper.show_shipped')}</Button>}
          {!template.is_shipped && <Button variant="default" loading={reset.isPending} onClick={() => reset.mutate()}>{t('paper.reset')}</Button>}
        </div>
      </div>
      <Preview template={template} text={text} />
    </div>
  );
}

function Preview({ template, text }: { template: PaperTemplate; text: string }) {
  const { t } = useWords();
  const [settled] = useDebouncedValue(text, PAUSE_MS);
  const made = useQuery({
    queryKey: ['papers', 'preview', template.kind, template.language, settled], queryFn: ({ signal }) => papers.preview({ kind: template.kind, language: template.language, body: settled }, signal),
    placeholderData: keepPreviousData, retry: false, gcTime: 30_000, staleTime: Infinity,
  });
  const file = made.data;
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!file) return undefined;
    const next = URL.createObjectURL(file);
    setAddress(next);
    return () => URL.revokeObjectURL(next);
  }, [file]);
  return (
    <section className="stack" aria-label={t('paper.preview')}>
      {made.error && <TemplateFault error={made.error} />}
      {address ? <iframe key={address} title={t('paper.preview')} src={`${address}#toolbar=0&navpanes=0&view=FitH`} className={styles.paper} style={{ opacity: made.error ? 0.5 : 1 }} /> : !made.error && <Waiting rows={12} />}
    </section>
  );
}

/** The server knows the line; its words stand after ours. */
function TemplateFault({ error }: { error: unknown }) {
  const fault = error instanceof ApiError ? error.fields.find((each) => each.code === 'invalid_template') : undefined;
  const { t } = useWords();
  if (!fault) return <Failure error={error} />;
  return <div className="small bad" role="alert">{t('paper.fault')} {fault.message}</div>;
}
