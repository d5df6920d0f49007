import { Button, Modal, Select, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { administers } from '../app/access';
import { users } from '../api/endpoints';
import { useSession } from '../api/session';
import type { Role, User } from '../api/types';
import { usePasswordLength } from '../app/PasswordDialog';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Empty, Failure, fieldError, Load, Moment } from '../ui/parts';
import { useSort } from '../ui/sort';
import styles from './admin.module.css';

/** Fields that say their faults themselves. */
const FIELDS = ['name', 'login', 'extension', 'password'];
const ROLES: Role[] = ['operator', 'collector', 'supervisor', 'partner_manager', 'administrator', 'auditor'];

export function UsersPage() {
  const { t } = useWords();
  const list = useQuery({ queryKey: ['users'], queryFn: users.list });
  const { user: me } = useSession();
  const may = administers(me.role);
  const [open, setOpen] = useState<User | 'new' | null>(null);
  return (
    <>
      <div className={styles.head}><h1 className="grow">{t('admin.section.users')}</h1>{may && <Button onClick={() => setOpen('new')}>{t('users.create')}</Button>}</div>
      <section className={`panel ${styles.scroll}`} tabIndex={0}>
        <Load of={list}>
          {(page) => (page.items.length === 0 ? <Empty>{t('users.empty')}</Empty> : <Users users={page.items} onOpen={may ? setOpen : undefined} />)}
        </Load>
      </section>
      <Modal opened={open !== null} onClose={() => setOpen(null)} title={t(open === 'new' ? 'users.create' : 'users.edit')} size="md" closeButtonProps={{ 'aria-label': t('action.close') }}>
        {open === 'new' && <NewUser onDone={() => setOpen(null)} />}
        {open !== null && open !== 'new' && <EditUser key={open.id} user={list.data?.items.find((each) => each.id === open.id) ?? open} onDone={() => setOpen(null)} />}
      </Modal>
    </>
  );
}

function Users({ users: found, onOpen }: { users: User[]; onOpen?: (user: User) => void }) {
  const { t } = useWords();
  const { rows, head } = useSort(found, {
    name: (user) => user.name, login: (user) => user.login, role: (user) => user.role && t(`role.${user.role}`), extension: (user) => user.extension, totp: (user) => Number(user.totp), last: (user) => user.last_login_at, state: (user) => Number(user.disabled),
  }, 'name');
  return (
    <table className="grid">
      <thead><tr>{(['name', 'login', 'role', 'extension', 'totp', 'last', 'state'] as const).map((key) => head(key, t(`users.col.${key}`)))}</tr></thead>
      <tbody>
        {rows.map((user) => (
          <tr key={user.id} {...(onOpen ? { className: 'click', tabIndex: 0, onClick: () => onOpen(user), onKeyDown: (event: KeyboardEvent) => { if (event.key === 'Enter') onOpen(user); } } : {})}>
            <td>{user.name}</td><td>{user.login}</td><td>{user.role ? t(`role.${user.role}`) : '—'}</td><td data-col="extension">{user.extension}</td><td className={user.totp ? '' : 'dim'}>{t(user.totp ? 'users.on' : 'users.off')}</td>
            <td className="dim">{user.last_login_at ? <Moment at={user.last_login_at} mode="relative" /> : t('users.never')}</td><td>{user.disabled ? <span className="tag bad">{t('users.disabled')}</span> : <span className="dim">{t('users.enabled')}</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RoleSelect({ value, onChange }: { value: Role | null; onChange: (role: Role) => void }) {
  const { t } = useWords();
  return <Select label={t('users.role')} value={value} onChange={(role) => onChange((role ?? 'operator') as Role)} allowDeselect={false} data={ROLES.map((each) => ({ value: each, label: t(`role.${each}`) }))} />;
}

function NewUser({ onDone }: { onDone: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [login, setLogin] = useState('');
  const [role, setRole] = useState<Role>('operator');
  const [extension, setExtension] = useState('');
  const [password, setPassword] = useState('');
  const create = useMutation({
    mutationFn: () => users.create({ login: login.trim(), name: name.trim(), role, password, ...(extension.trim() ? { extension: extension.trim() } : {}) }),
    onSuccess: () => { void queries.invalidateQueries({ queryKey: ['users'] }); addConfirmation(t('users.saved')); onDone(); },
  });
  return (
    <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); create.mutate(); }}>
      <TextInput name="name" error={fieldError(create.error, 'name', t)} label={t('users.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} required withAsterisk={false} data-autofocus />
      <TextInput name="login" error={fieldError(create.error, 'login', t)} label={t('users.login')} value={login} onChange={(event) => setLogin(event.currentTarget.value)} required withAsterisk={false} autoComplete="off" />
      <RoleSelect value={role} onChange={setRole} />
      <TextInput name="extension" error={fieldError(create.error, 'extension', t)} label={t('users.extension')} description={t('users.extension_help')} value={extension} onChange={(event) => setExtension(event.currentTarget.value)} inputMode="tel" />
      <PasswordField label={t('users.password')} error={fieldError(create.error, 'password', t)} value={password} onChange={setPassword} />
      {create.error && <Failure error={create.error} beside={FIELDS} />}
      <Button type="submit" loading={create.isPending}>{t('action.create')}</Button>
    </form>
  );
}

/** Shown as text: it is dictated to a person once and changed by him. */
function PasswordField({ label, error, value, onChange }: { label: string; error?: string; value: string; onChange: (value: string) => void }) {
  const { t } = useWords();
  const count = usePasswordLength();
  return (
    <div className="row" style={{ alignItems: error ? 'center' : 'flex-end' }}>
      <TextInput className="grow" name="new_password" label={label} error={error} description={t('users.password_help', { count })} value={value} onChange={(event) => onChange(event.currentTarget.value)} autoComplete="off" required withAsterisk={false} ff="monospace" />
      <Button variant="default" onClick={() => onChange(madeUpPassword())}>{t('users.make_password')}</Button>
    </div>
  );
}

/** Letters and digits that cannot be mistaken for each other when read aloud. */
function madeUpPassword(): string {
  const signs = 'abcdefghjkmnpqrstuvwxyz23456789';
  const text = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => signs[byte % signs.length]).join('');
  return text.replace(/(.{4})(?=.)/g, '$1-');
}

function EditUser({ user, onDone }: { user: User; onDone: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const [name, setName] = useState(user.name);
  const [role, setRole] = useState<Role | null>(user.role);
  const [extension, setExtension] = useState(user.extension ?? '');
  const [password, setPassword] = useState('');
  const refresh = () => queries.invalidateQueries({ queryKey: ['users'] });
  const save = useMutation({
    mutationFn: () => users.change(user.id, user.version, { name: name.trim(), ...(role ? { role } : {}), extension: extension.trim() || null }),
    onSuccess: () => { addConfirmation(t('users.saved')); onDone(); },
    onSettled: refresh,
  });
  const setNew = useMutation({ mutationFn: () => users.password(user.id, password), onSuccess: () => { addConfirmation(t('users.password_set')); setPassword(''); void refresh(); } });
  const act = useMutation({ mutationFn: (work: () => Promise<void>) => work(), onSuccess: () => { void refresh(); onDone(); } });
  // The dialog stays, so that a slip is taken back by the same button.
  const flip = useMutation({ mutationFn: () => (user.disabled ? users.enable(user.id) : users.disable(user.id)), onSettled: refresh });
  return (
    <div className="stack-lg">
      <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); save.mutate(); }}>
        <p className="dim small">{user.login}</p>
        <TextInput name="name" error={fieldError(save.error, 'name', t)} label={t('users.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} required withAsterisk={false} data-autofocus />
        <RoleSelect value={role} onChange={setRole} />
        <TextInput name="extension" error={fieldError(save.error, 'extension', t)} label={t('users.extension')} description={t('users.extension_help')} value={extension} onChange={(event) => setExtension(event.currentTarget.value)} inputMode="tel" />
        {save.error && <Failure error={save.error} beside={FIELDS} />}
        <div><Button type="submit" loading={save.isPending}>{t('action.save')}</Button></div>
      </form>
      <form className="stack" onSubmit={(event: FormEvent) => { event.preventDefault(); setNew.mutate(); }}>
        <PasswordField label={t('users.new_password')} error={fieldError(setNew.error, 'password', t)} value={password} onChange={setPassword} />
        {setNew.error && <Failure error={setNew.error} beside={FIELDS} />}
        <div><Button type="submit" variant="default" loading={setNew.isPending} disabled={password === ''}>{t('users.set_password')}</Button></div>
      </form>
      {flip.error && <Failure error={flip.error} />}
      {flip.isSuccess && user.disabled && <p className="small warn" role="status">{t('users.now_disabled')}</p>}
      {act.error && <Failure error={act.error} />}
      <div className="row">
        <Button variant="default" loading={flip.isPending} onClick={() => flip.mutate()}>{t(user.disabled ? 'users.enable' : 'users.disable')}</Button>
        {user.totp && <Button variant="default" onClick={() => act.mutate(() => users.removeTotp(user.id))}>{t('users.remove_totp')}</Button>}
      </div>
    </div>
  );
}
