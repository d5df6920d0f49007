import { Button, Modal, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ADDRESSES } from '../app/access';
import { calls } from '../api/endpoints';
import { dispatchFeed } from '../api/feed';
import { useWords } from '../i18n/use-language';
import { Failure } from '../ui/parts';

/** O1: when the PBX says nothing, the operator says that there is a call. */
export function ByHandDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const [direction, setDirection] = useState('inbound');
  const [number, setNumber] = useState('');
  const close = () => { setNumber(''); make.reset(); onClose(); };
  const make = useMutation({
    mutationFn: () => calls.byHand(direction, number.trim()),
    onSuccess: (card) => {
      dispatchFeed({ type: 'card', card });
      dispatchFeed({ type: 'show', callId: card.call.id });
      close();
      void navigate({ to: ADDRESSES.workspace });
    },
  });
  const submit = (event: FormEvent) => { event.preventDefault(); make.mutate(); };
  return (
    <Modal opened={opened} onClose={close} title={t('by_hand.title')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className="stack" onSubmit={submit}>
        <p className="small dim">{t('by_hand.why')}</p>
        <SegmentedControl aria-label={t('by_hand.direction')} value={direction} onChange={setDirection} data={[{ value: 'inbound', label: t('call.direction.inbound') }, { value: 'outbound', label: t('call.direction.outbound') }]} />
        <TextInput label={t('by_hand.number')} value={number} onChange={(event) => setNumber(event.currentTarget.value)} inputMode="tel" data-autofocus required withAsterisk={false} />
        {make.error && <Failure error={make.error} />}
        <Button type="submit" loading={make.isPending}>{t('by_hand.make')}</Button>
      </form>
    </Modal>
  );
}
