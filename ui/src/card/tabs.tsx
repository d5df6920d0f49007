/** The smaller tabs of the card: files, notes and consents, who looked. */
import { Button, FileButton, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { IconFile, IconFileText, IconLock } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { editsClients, readsFiles } from '../app/access';
import { clientKey } from '../api/cache';
import { clients } from '../api/endpoints';
import { useSession } from '../api/session';
import type { Card, Consent } from '../api/types';
import { bytes } from '../format/format';
import { i18next } from '../i18n';
import { useWords } from '../i18n/use-language';
import { dropDraft, loadDraft, saveDraft } from '../state/drafts';
import { Empty, Failure, Load, Moment } from '../ui/parts';
import { ReasonDialog } from '../ui/ReasonDialog';
import styles from './card.module.css';
import { purposeName } from './Who';

const FILE_KINDS = ['contract', 'passport', 'other'] as const;
const PURPOSES = ['personal_data', 'calls', 'messages', 'marketing', 'recording', 'third_party', 'credit_bureau'];

function useRefreshClient(clientId: string): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ['client', clientId] });
}

export function DocumentsTab({ card, callId }: { card: Card; callId: string | null }) {
  const { t, language } = useWords();
  const { user } = useSession();
  const refresh = useRefreshClient(card.client_id);
  const [kind, setKind] = useState<string>('contract');
  const add = useMutation({ mutationFn: (file: File) => clients.addFile(card.client_id, file, kind), onSuccess: refresh });
  return (
    <>
      {editsClients(user.role) && (
        <div className={styles.toolbar}>
          <Select aria-label={t('documents.which')} value={kind} onChange={(value) => setKind(value ?? 'other')} allowDeselect={false} w={140} data={FILE_KINDS.map((each) => ({ value: each, label: t(`documents.kind.${each}`) }))} />
          <FileButton onChange={(file) => file && add.mutate(file)}>{(props) => <Button {...props} variant="default" loading={add.isPending}>{t('documents.add')}</Button>}</FileButton>
        </div>
      )}
      {add.error && <Failure error={add.error} />}
      {card.files.length === 0 ? <Empty>{t('documents.empty')}</Empty> : (
        <table className="grid">
          <thead><tr><th>{t('documents.col.name')}</th><th>{t('documents.col.kind')}</th><th className="num">{t('documents.col.size')}</th><th>{t('documents.col.at')}</th></tr></thead>
          <tbody>
            {card.files.map((file) => (
              <tr key={file.id}>
                <td>{file.locked || !readsFiles(user.role) ? <span className="row dim"><IconLock size={16} stroke={1.6} aria-hidden />{file.name}</span> : <a className="row" href={clients.fileAddress(card.client_id, file.id, callId)} target="_blank" rel="noreferrer">{file.kind === 'contract' ? <IconFileText size={16} stroke={1.6} aria-hidden /> : <IconFile size={16} stroke={1.6} aria-hidden />}{file.name}</a>}</td>
                <td>{t(`documents.kind.${file.kind}`)}</td><td className="num">{bytes(file.size, language)}</td><td><Moment at={file.at} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

export function NotesTab({ card }: { card: Card }) {
  const { t } = useWords();
  const { user } = useSession();
  const refresh = useRefreshClient(card.client_id);
  const draft = `note.${card.client_id}`;
  const [text, setText] = useState(() => loadDraft<string>(user.id, draft) ?? '');
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<Consent | null>(null);
  const change = (value: string) => { setText(value); if (value) saveDraft(user.id, draft, value); else dropDraft(user.id, draft); };
  const add = useMutation({ mutationFn: () => clients.note(card.client_id, text.trim()), onSuccess: async () => { change(''); await refresh(); } });
  const writes = editsClients(user.role);
  return (
    <div className="stack-lg" style={{ padding: 12 }}>
      <section className="stack">
        <h2>{t('notes.notes')}</h2>
        {writes && (
          <div className="stack">
            <Textarea
              aria-label={t('notes.add')} placeholder={t('notes.placeholder')} value={text} autosize minRows={2} maxRows={6} onChange={(event) => change(event.currentTarget.value)}
              onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && text.trim()) { event.preventDefault(); event.stopPropagation(); add.mutate(); } }}
            />
            <div><Button variant="default" disabled={!text.trim()} loading={add.isPending} onClick={() => add.mutate()}>{t('notes.add')}</Button></div>
          </div>
        )}
        {add.error && <Failure error={add.error} />}
        {card.notes.length === 0 && <p className="dim small">{t('notes.empty')}</p>}
        {card.notes.map((note) => <article key={note.id} className="small"><div>{note.text}</div><div className="caption">{note.by} · <Moment at={note.at} /></div></article>)}
      </section>
      <section className="stack">
        <div className="row"><h2 className="grow">{t('notes.consents')}</h2>{writes && <Button variant="default" onClick={() => setAdding(true)}>{t('notes.add_consent')}</Button>}</div>
        {card.consents.length === 0 && <p className="dim small">{t('notes.consents_empty')}</p>}
        {card.consents.map((consent) => (
          <div key={consent.id} className="row small">
            <span className={`tag ${consent.revoked_at ? '' : 'good'}`}>{purposeName(consent.purpose, t)}</span>
            <span className="grow dim">{t('notes.given')} <Moment at={consent.given_at} /> · {consent.evidence} · {consent.text_version}{consent.revoked_at && <> · {t('notes.revoked')} <Moment at={consent.revoked_at} /></>}</span>
            {writes && !consent.revoked_at && <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setRevoking(consent)}>{t('notes.revoke')}</Button>}
          </div>
        ))}
      </section>
      <ConsentDialog clientId={card.client_id} opened={adding} onClose={() => setAdding(false)} />
      <ReasonDialog
        opened={revoking !== null} onClose={() => setRevoking(null)} title={t('notes.revoke_title')} action={t('notes.revoke')}
        run={async (reason) => { if (revoking) await clients.revokeConsent(card.client_id, revoking.id, reason); await refresh(); }}
      />
    </div>
  );
}

function ConsentDialog({ clientId, opened, onClose }: { clientId: string; opened: boolean; onClose: () => void }) {
  const { t } = useWords();
  const refresh = useRefreshClient(clientId);
  const [purpose, setPurpose] = useState('personal_data');
  const [evidence, setEvidence] = useState('');
  const [version, setVersion] = useState('');
  const add = useMutation({
    mutationFn: () => clients.consent(clientId, { purpose, evidence: evidence.trim(), text_version: version.trim() }),
    onSuccess: async () => { await refresh(); onClose(); },
  });
  return (
    <Modal opened={opened} onClose={onClose} title={t('notes.add_consent')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); add.mutate(); }}>
        <Select label={t('notes.purpose')} value={purpose} onChange={(value) => setPurpose(value ?? 'personal_data')} allowDeselect={false} data={PURPOSES.map((each) => ({ value: each, label: purposeName(each, t) }))} />
        <TextInput label={t('notes.evidence')} value={evidence} onChange={(event) => setEvidence(event.currentTarget.value)} required withAsterisk={false} />
        <TextInput label={t('notes.text_version')} value={version} onChange={(event) => setVersion(event.currentTarget.value)} required withAsterisk={false} />
        {add.error && <Failure error={add.error} />}
        <Button type="submit" loading={add.isPending}>{t('action.save')}</Button>
      </form>
    </Modal>
  );
}

export function AccessTab({ clientId }: { clientId: string }) {
  const { t } = useWords();
  const access = useQuery({ queryKey: [...clientKey(clientId, null), 'access'], queryFn: () => clients.access(clientId) });
  return (
    <Load of={access}>
      {(page) => (page.items.length === 0 ? <Empty>{t('access.empty')}</Empty> : (
        <table className="grid">
          <thead><tr><th>{t('access.col.at')}</th><th>{t('access.col.user')}</th><th>{t('access.col.action')}</th><th>{t('access.col.reason')}</th></tr></thead>
          <tbody>{page.items.map((row, index) => <tr key={index}><td><Moment at={row.at} /></td><td>{row.user}</td><td>{i18next.exists(`access.action.${row.action}`) ? t(`access.action.${row.action}`) : row.action}</td><td className="dim">{row.reason}</td></tr>)}</tbody>
        </table>
      ))}
    </Load>
  );
}
