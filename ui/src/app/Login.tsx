import { Anchor, Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/client';
import { session } from '../api/endpoints';
import { changePerson } from '../api/session';
import { LANGUAGE_NAMES, setLanguage } from '../i18n';
import { useWords } from '../i18n/use-language';
import { errorText } from '../ui/parts';
import styles from './Login.module.css';

export function Login() {
  const { t, language } = useWords();
  const queries = useQueryClient();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [needsCode, setNeedsCode] = useState(false);
  const codeField = useRef<HTMLInputElement>(null);

  const open = useMutation({
    mutationFn: () => session.open({ login: login.trim(), password, ...(code ? { totp: code.trim() } : {}) }),
    onSuccess: (found) => changePerson(queries, found),
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'totp_required') setNeedsCode(true);
    },
  });
  useEffect(() => { if (needsCode) codeField.current?.focus(); }, [needsCode]);

  const other = language === 'ru' ? 'en' : 'ru';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    open.mutate();
  };
  const refusedCode = open.error instanceof ApiError && open.error.code === 'totp_required';
  const asksForCode = refusedCode && code === '';

  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={submit}>
        <div className={styles.mark}><img src="/favicon.svg" width={28} height={28} alt="" /><span>Lenderbox</span></div>
        <h1>{t('login.title')}</h1>
        <TextInput size="sm" label={t('login.login')} value={login} onChange={(event) => setLogin(event.currentTarget.value)} autoComplete="username" autoFocus required withAsterisk={false} name="login" />
        <PasswordInput size="sm" label={t('login.password')} value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="current-password" required withAsterisk={false} name="password" />
        {needsCode && (
          <TextInput
            size="sm" ref={codeField} label={t('login.totp')} description={t('login.totp_help')} value={code} inputMode="numeric" autoComplete="one-time-code" maxLength={8} name="totp"
            onChange={(event) => setCode(event.currentTarget.value.replace(/\D/g, ''))}
          />
        )}
        {open.error && !asksForCode && <p className={styles.error} role="alert">{refusedCode ? t('error.bad_totp') : errorText(open.error, t)}</p>}
        <Button type="submit" size="sm" loading={open.isPending} fullWidth>{t('login.submit')}</Button>
        <Anchor component="button" type="button" size="sm" lang={other} onClick={() => setLanguage(other)}>{LANGUAGE_NAMES[other]}</Anchor>
      </form>
    </main>
  );
}
