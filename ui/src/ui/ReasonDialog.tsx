import { Button, Modal, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useWords } from '../i18n/use-language';
import { Failure } from './parts';

interface Props { opened: boolean; onClose: () => void; title: string; action: string; note?: string; danger?: boolean; run: (reason: string) => Promise<unknown> }

/** What must be journalled is done with a reason in the person's own words. */
export function ReasonDialog({ opened, onClose, title, action, note, danger, run }: Props) {
  const { t } = useWords();
  const [reason, setReason] = useState('');
  const close = () => { setReason(''); work.reset(); onClose(); };
  const work = useMutation({ mutationFn: () => run(reason.trim()), onSuccess: close });
  return (
    <Modal opened={opened} onClose={close} title={title} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); if (reason.trim() && !work.isPending) work.mutate(); }}>
        {note && <p className="small dim">{note}</p>}
        <Textarea label={t('common.reason')} placeholder={t('common.reason_placeholder')} value={reason} onChange={(event) => setReason(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) { event.preventDefault(); event.currentTarget.form?.requestSubmit(); } }} autosize minRows={2} data-autofocus />
        {work.error && <Failure error={work.error} />}
        <Button type="submit" color={danger ? 'red' : undefined} disabled={!reason.trim()} loading={work.isPending}>{action}</Button>
      </form>
    </Modal>
  );
}
