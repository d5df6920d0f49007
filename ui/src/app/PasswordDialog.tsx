import { Button, Modal, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { session } from '../api/endpoints';
import { useWords } from '../i18n/use-language';
import { addConfirmation } from '../state/notices';
import { Failure } from '../ui/parts';

const SHORTEST = 12;

export function PasswordDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useWords();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [asked, setAsked] = useState(false);
  const short = next.length < SHORTEST;
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
        <PasswordInput label={t('password.next')} value={next} onChange={(event) => setNext(event.currentTarget.value)} autoComplete="new-password" error={asked && short ? t('password.short') : undefined} />
        <PasswordInput label={t('password.again')} value={again} onChange={(event) => setAgain(event.currentTarget.value)} autoComplete="new-password" error={asked && differs ? t('password.mismatch') : undefined} />
        {change.error && <Failure error={change.error} />}
        <Button type="submit" loading={change.isPending} mt={8}>{t('action.save')}</Button>
      </form>
    </Modal>
  );
}
