import { Button, CopyButton, Modal, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { administers } from '../app/access';
import { tokens } from '../api/endpoints';
import { useSession } from '../api/session';
import type { Token, TokenScope } from '../api/types';
import { useWords } from '../i18n/use-language';
import { Empty, Failure, Load } from '../ui/parts';
import styles from './admin.module.css';

const SCOPES: TokenScope[] = ['pbx', 'ivr', 'cabinet', 'core', 'metrics'];

export function TokensPage() {
  const { t } = useWords();
  const queries = useQueryClient();
  const list = useQuery({ queryKey: ['tokens'], queryFn: tokens.list });
  const { user } = useSession();
  const may = administers(user.role);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const revoke = useMutation({ mutationFn: (id: string) => tokens.remove(id), onSuccess: () => { void queries.invalidateQueries({ queryKey: ['tokens'] }); setRevoking(null); } });
  return (
    <>
      <div className={styles.head}><h1 className="grow">{t('admin.section.tokens')}</h1>{may && <Button onClick={() => setMaking(true)}>{t('tokens.create')}</Button>}</div>
      <section className={`panel ${styles.scroll}`} tabIndex={0}>
        <Load of={list}>
          {(page) => (page.items.length === 0 ? <Empty>{t('tokens.empty')}</Empty> : (
            <table className="grid">
              <thead><tr><th>{t('tokens.col.name')}</th><th>{t('tokens.col.scope')}</th><th>{t('tokens.col.ip')}</th><th>{t('tokens.col.rate')}</th><th>{t('tokens.col.state')}</th><th><span className="visually-hidden">{t('common.actions')}</span></th></tr></thead>
              <tbody>
                {page.items.map((token) => (
                  <tr key={token.id}>
                    <td>{token.name}</td><td>{token.scope ? t(`tokens.scope.${token.scope}`) : '—'}</td><td>{token.ip_list.length > 0 ? token.ip_list.join(', ') : <span className="dim">{t('tokens.anywhere')}</span>}</td>
                    <td>{token.rate_per_second ? t('common.per_second', { value: token.rate_per_second }) : '—'}</td><td>{token.revoked ? <span className="tag bad">{t('tokens.revoked')}</span> : <span className="dim">{t('tokens.valid')}</span>}</td>
                    <td className="num">{may && !token.revoked && <Button size="compact-xs" variant="subtle" color="red" onClick={() => setRevoking(token)}>{t('tokens.revoke')}</Button>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          ))}
        </Load>
      </section>
      <Modal opened={making} onClose={() => setMaking(false)} title={t('tokens.create')} size="md" closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('action.close') }}><NewToken onDone={() => setMaking(false)} /></Modal>
      <Modal opened={revoking !== null} onClose={() => setRevoking(null)} title={revoking?.name} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
        <div className="stack">
          <p className="small">{t('tokens.revoke_confirm')}</p>
          {revoke.error && <Failure error={revoke.error} />}
          <Button color="red.9" loading={revoke.isPending} onClick={() => revoking && revoke.mutate(revoking.id)}>{t('tokens.revoke')}</Button>
        </div>
      </Modal>
    </>
  );
}

function NewToken({ onDone }: { onDone: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<TokenScope>('pbx');
  const [addresses, setAddresses] = useState('');
  const [rate, setRate] = useState<string | number>('');
  const create = useMutation({
    mutationFn: () => tokens.create({ name: name.trim(), scope, ip_list: addresses.split(/[\s,;]+/).filter(Boolean), ...(rate !== '' ? { rate_per_second: Number(rate) } : {}) }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['tokens'] }),
  });
  const secret = create.data?.token;
  if (secret) {
    return (
      <div className="stack">
        <p className="small warn" role="alert">{t('tokens.once')}</p>
        <div className={styles.secret} data-testid="token">{secret}</div>
        <div className="row"><CopyButton value={secret}>{({ copied, copy }) => <Button onClick={copy}>{t(copied ? 'action.copied' : 'action.copy')}</Button>}</CopyButton><Button variant="default" onClick={onDone}>{t('action.close')}</Button></div>
      </div>
    );
  }
  return (
    <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); create.mutate(); }}>
      <TextInput name="name" label={t('tokens.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} required withAsterisk={false} data-autofocus />
      <Select label={t('tokens.scope_label')} value={scope} onChange={(value) => setScope((value ?? 'pbx') as TokenScope)} allowDeselect={false} data={SCOPES.map((each) => ({ value: each, label: t(`tokens.scope.${each}`) }))} />
      <Textarea label={t('tokens.ip_list')} description={t('tokens.ip_help')} value={addresses} onChange={(event) => setAddresses(event.currentTarget.value)} autosize minRows={2} />
      <NumberInput label={t('tokens.rate')} value={rate} onChange={setRate} min={1} allowDecimal={false} hideControls />
      {create.error && <Failure error={create.error} />}
      <Button type="submit" loading={create.isPending}>{t('action.create')}</Button>
    </form>
  );
}
