import { Button, FileButton, Select, Switch, Textarea } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Fragment, useEffect, useState } from 'react';
import { uploadBlob } from '../api/client';
import { imports } from '../api/endpoints';
import type { ImportKind, ImportPreview } from '../api/types';
import { bytes } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Failure, faultWords, importField } from '../ui/parts';
import styles from './admin.module.css';

const KINDS: ImportKind[] = ['clients', 'loans', 'schedules', 'payments'];
const OWN = 'own';

/** File → rules → first rows with their faults → dry run or load. Nothing is written before the last step. */
export function ImportForm({ onStarted }: { onStarted: (id: string) => void }) {
  const { t, language } = useWords();
  const queries = useQueryClient();
  const [kind, setKind] = useState<ImportKind>('clients');
  const [file, setFile] = useState<File | null>(null);
  const [over, setOver] = useState(false);
  const [choice, setChoice] = useState<string | null>(null);
  const [text, setText] = useState<string | null>(null);
  const [dryRun, setDryRun] = useState(true);
  // The first rows are read anew after the next drawing, when everything they need is known.
  const [showAgain, setShowAgain] = useState(false);
  const [given, setGiven] = useState<Record<string, { blob: string; file: string }>>({});
  const mappings = useQuery({ queryKey: ['imports', 'mappings'], queryFn: imports.mappings, staleTime: 60_000 });
  const shipped = (mappings.data?.items ?? []).filter((each) => each.kind === kind);
  const mapping = choice ?? shipped[0]?.name ?? OWN;
  const known = shipped.find((each) => each.name === mapping);
  const own = mapping === OWN || text !== null;
  const rules = () => ({ ...(own ? { mapping_text: text ?? '' } : { mapping }), ...(Object.keys(given).length > 0 ? { lookups: Object.entries(given).map(([name, { blob }]) => ({ name, blob })) } : {}) });

  const upload = useMutation({ mutationFn: (chosen: File) => uploadBlob(chosen) });
  const preview = useMutation({ mutationFn: () => imports.preview({ kind, blob: upload.data?.blob ?? '', ...rules() }) });
  const start = useMutation({
    mutationFn: () => imports.start({ kind, blob: upload.data?.blob ?? '', file_name: file?.name ?? '', dry_run: dryRun, ...rules() }),
    onSuccess: ({ import_id }) => { addConfirmation(t('imports.started')); onStarted(import_id); void queries.invalidateQueries({ queryKey: ['imports'] }); },
  });
  const addLookup = useMutation({
    mutationFn: async ({ name, file: chosen }: { name: string; file: File }) => ({ name, file: chosen.name, blob: (await uploadBlob(chosen)).blob }),
    // What it changes is seen at once.
    onSuccess: ({ name, file: from, blob }) => { setGiven((old) => ({ ...old, [name]: { blob, file: from } })); setShowAgain(true); },
  });
  useEffect(() => { if (showAgain) { setShowAgain(false); preview.mutate(); } }, [showAgain, preview]);
  const lookups = preview.data?.lookups ?? [];
  const lacking = lookups.some((each) => !each.given && !given[each.name]);
  const choose = (chosen: File | null) => {
    if (!chosen) return;
    setFile(chosen);
    preview.reset();
    start.reset();
    setGiven({});
    upload.mutate(chosen, { onSuccess: () => setShowAgain(true) });
  };
  const forget = () => { preview.reset(); start.reset(); setGiven({}); };
  const ready = upload.data !== undefined;
  const fault = upload.error ?? addLookup.error ?? preview.error ?? start.error;
  const about = (name: string, description: string) => (i18next.exists(`imports.about.${name}`) ? t(`imports.about.${name}`) : description);

  return (
    <section className="panel">
      <div className="panel-head"><h2>{t('imports.start')}</h2></div>
      <div className={styles.form}>
        <Select label={t('imports.kind')} value={kind} allowDeselect={false} onChange={(value) => { setKind((value ?? 'clients') as ImportKind); setChoice(null); setText(null); forget(); }} data={KINDS.map((each) => ({ value: each, label: t(`imports.kind_value.${each}`) }))} />
        <Select
          label={t('imports.mapping')} value={own ? OWN : mapping} allowDeselect={false} description={known && !own ? about(known.name, known.description) : shipped.length === 0 ? t('imports.no_mapping') : undefined} inputWrapperOrder={['label', 'input', 'description']}
          onChange={(value) => { setChoice(value); setText(value === OWN ? (known?.text ?? '') : null); forget(); }} data={[...shipped.map((each) => ({ value: each.name, label: each.name })), { value: OWN, label: t('imports.mapping_own') }]}
        />
        <div
          className={`${styles.full} ${styles.drop}`} data-over={over || undefined} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
          onDrop={(event) => { event.preventDefault(); setOver(false); choose(event.dataTransfer.files[0] ?? null); }}
        >
          <FileButton onChange={choose} accept=".csv,.txt,.tsv,.xlsx,.xls,.xml,.json,.zst,.gz,text/csv" inputProps={{ 'aria-label': t('imports.file') }}>{(props) => <Button {...props} variant="default" loading={upload.isPending}>{t('imports.choose_file')}</Button>}</FileButton>
          <span className={file ? '' : 'dim'}>{file ? `${file.name} · ${bytes(file.size, language)}` : t('imports.drop')}</span>
        </div>
        {own
          ? <Textarea className={styles.full} label={t('imports.mapping_text')} value={text ?? ''} onChange={(event) => { setText(event.currentTarget.value); forget(); }} autosize minRows={6} maxRows={20} ff="monospace" spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} />
          : known && <div className={styles.full}><Button variant="subtle" size="compact-xs" px={0} onClick={() => { setText(known.text); forget(); }}>{t('imports.edit_mapping')}</Button></div>}
        {lookups.length > 0 && (
          <div className={`${styles.full} stack`} role="group" aria-label={t('imports.lookups')}>
            <h3>{t('imports.lookups')}</h3>
            {lookups.map((each) => (
              <div key={each.name} className="row small">
                <FileButton onChange={(chosen) => chosen && addLookup.mutate({ name: each.name, file: chosen })} inputProps={{ 'aria-label': t('imports.lookup_file', { name: each.name }) }}>{(props) => <Button {...props} size="compact-xs" variant="default" loading={addLookup.isPending && addLookup.variables?.name === each.name}>{t('imports.choose_file')}</Button>}</FileButton>
                <span>{each.name}</span>
                {given[each.name] ? <span className="good">{given[each.name]?.file}</span> : <span className={each.given ? 'good' : 'warn'}>{each.given ? each.file : t('imports.lookup_missing', { file: each.file })}</span>}
              </div>
            ))}
          </div>
        )}
        {fault && <div className={styles.full}><Failure error={fault} /></div>}
        <div className={`${styles.full} row-wrap`}>
          <Button variant="default" disabled={!ready} loading={preview.isPending} onClick={() => preview.mutate()}>{t('imports.preview')}</Button>
          <Button disabled={!ready || lacking} loading={start.isPending} onClick={() => start.mutate()}>{t(dryRun ? 'imports.run_dry' : 'imports.run')}</Button>
          <Switch label={t('imports.dry_run')} checked={dryRun} onChange={(event) => setDryRun(event.currentTarget.checked)} />
          <span className="caption">{dryRun ? t('imports.dry_run_help') : ''}</span>
        </div>
      </div>
      {preview.data && !lacking && <Preview of={preview.data} />}
    </section>
  );
}

function Preview({ of }: { of: ImportPreview }) {
  const { t } = useWords();
  const faulty = of.rows.filter((row) => row.faults.length > 0).length;
  const facts = [
    t('imports.shown', { count: of.rows.length }),
    of.delimiter ? t('imports.delimiter', { delimiter: of.delimiter === '\t' ? t('imports.tab') : of.delimiter }) : null,
    of.encoding ? t('imports.encoding', { encoding: of.encoding }) : null,
  ].filter(Boolean).join(' · ');
  return (
    <div className={styles.scroll} style={{ borderTop: '1px solid var(--lb-border)' }}>
      <p className="small" style={{ padding: '8px 12px' }} role="status"><span className="dim">{facts} · </span><span className={faulty > 0 ? 'bad' : 'good'}>{faulty > 0 ? t('imports.faults', { count: faulty }) : t('imports.no_faults')}</span></p>
      <table className="grid">
        <thead><tr><th className={`num ${styles.line}`}>{t('imports.line')}</th>{of.columns.map((column, index) => <th key={index}>{column}</th>)}</tr></thead>
        <tbody>
          {of.rows.map((row) => (
            <Fragment key={row.line}>
              <tr>
                <td rowSpan={2} className={`num ${styles.line} ${row.faults.length > 0 ? 'bad' : 'dim'}`}>{row.line}</td>
                {of.columns.map((_, index) => <td key={index} className={styles.cell} title={row.cells[index]}>{row.cells[index]}</td>)}
              </tr>
              <tr><td colSpan={Math.max(of.columns.length, 1)}><Becomes row={row} /></td></tr>
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What is wrong with a row and what it becomes: fields by their names in the page's language, in the order of a card. */
function Becomes({ row }: { row: ImportPreview['rows'][number] }) {
  const { t } = useWords();
  const word = (name: string, value: string) => (i18next.exists(`imports.word.${name}.${value}`) ? t(`imports.word.${name}.${value}`) : value);
  const order = Object.keys(i18next.getResource(i18next.language, 'translation', 'imports.field') as object);
  const place = (name: string) => order.indexOf(name.replace(/_other$/, '_else'));
  const fields = Object.entries(row.target ?? {}).filter(([, value]) => value !== null && value !== '').sort(([one], [other]) => place(one) - place(other));
  return (
    <div className={styles.becomes}>
      {row.faults.map((fault, index) => <span key={index} className={`bad ${styles.fault}`} title={fault.message}><IconAlertTriangle size={14} stroke={1.8} aria-hidden /> {`${importField(fault.field, t)}: ${faultWords(fault, t)}`}</span>)}
      <span className="dim">{t('imports.becomes')}:</span>
      {fields.length === 0 ? <span>—</span> : fields.map(([name, value]) => <span key={name}><span className="dim">{importField(name, t)}</span> {typeof value === 'object' ? JSON.stringify(value) : word(name, String(value))}</span>)}
    </div>
  );
}
