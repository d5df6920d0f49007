import { Button, Modal, PasswordInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { session, system } from '../api/endpoints';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Failure } from '../ui/parts';

/** Until the settings say otherwise. */
export const PASSWORD_LENGTH = 12;

export function usePasswordLength(): number {
  const settings = useQuery({ queryKey: ['settings'], queryFn: system.settings, staleTime: Infinity });
  return settings.data?.password_length ?? PASSWORD_LENGTH;
}

export function PasswordDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useWords();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [asked, setAsked] = useState(false);
  const shortest = usePasswordLength();
  const short = next.length < shortest;
  const differs = next !== again;
  const close = () => { setCurrent(''); setNext(''); setAgain(''); setAsked(false); change.reset(); onClose(); };
  const change = useMutation({
    mutationFn: () => session.password(current, next),
    onSuccess: () => { addConfirmation(t('password.done')); close(); },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (!short && !differs) change.mutate();
  };
  return (
    <Modal opened={opened} onClose={close} title={t('password.title')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className="stack" onSubmit={submit}>
        <PasswordInput label={t('password.current')} value={current} onChange={(event) => setCurrent(event.currentTarget.value)} autoComplete="current-password" data-autofocus />
        <PasswordInput label={t('password.next')} value={next} onChange={(event) => setNext(event.currentTarget.value)} autoComplete="new-password" error={asked && short ? t('password.short', { count: shortest }) : undefined} />
        <PasswordInput label={t('password.again')} value={again} onChange={(event) => setAgain(event.currentTarget.value)} autoComplete="new-password" error={asked && differs ? t('password.mismatch') : undefined} />
        {change.error && <Failure error={change.error} />}
        <Button type="submit" loading={change.isPending} mt={8}>{t('action.save')}</Button>
      </form>
    </Modal>
  );
}
