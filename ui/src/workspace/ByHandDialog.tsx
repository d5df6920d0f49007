import { Button, CloseButton, Modal, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ADDRESSES } from '../app/access';
import { clientKey } from '../api/cache';
import { calls } from '../api/endpoints';
import { dispatchFeed } from '../api/feed';
import type { Card } from '../api/types';
import { phoneDigits } from '../format/format';
import { useWords } from '../i18n/use-language';
import { Failure } from '../ui/parts';

/** O1: when the PBX says nothing, the operator says that there is a call. On a client's page it is about that client. */
export function ByHandDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={t('by_hand.title')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
      {opened && <ByHandForm onClose={onClose} />}
    </Modal>
  );
}

function ByHandForm({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { clientId } = useParams({ strict: false }) as { clientId?: string };
  const [client, setClient] = useState(() => (clientId ? queries.getQueryData<Card>(clientKey(clientId, null)) : undefined));
  const [direction, setDirection] = useState('inbound');
  const [number, setNumber] = useState('');
  const [fault, setFault] = useState(false);
  const make = useMutation({
    mutationFn: () => calls.byHand(direction, number.trim(), client?.client_id),
    onSuccess: (card) => {
      dispatchFeed({ type: 'card', card });
      dispatchFeed({ type: 'show', callId: card.call.id });
      onClose();
      void navigate({ to: ADDRESSES.workspace });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = number.trim() !== '' && phoneDigits(number) === null;
    setFault(wrong);
    if (!wrong) make.mutate();
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <p className="small dim">{t('by_hand.why')}</p>
      {client && <div className="row small"><span className="grow">{t('by_hand.client', { name: client.name })}</span><CloseButton size="sm" aria-label={t('by_hand.other_client')} title={t('by_hand.other_client')} onClick={() => setClient(undefined)} /></div>}
      <SegmentedControl aria-label={t('by_hand.direction')} value={direction} onChange={setDirection} data={[{ value: 'inbound', label: t('call.direction.inbound') }, { value: 'outbound', label: t('call.direction.outbound') }]} />
      <TextInput label={t('by_hand.number')} description={t(client ? 'by_hand.number_known' : 'by_hand.number_help')} value={number} onChange={(event) => { setNumber(event.currentTarget.value); setFault(false); }} error={fault ? t('by_hand.bad_number') : undefined} inputMode="tel" data-autofocus />
      {make.error && <Failure error={make.error} />}
      <Button type="submit" loading={make.isPending}>{t('by_hand.make')}</Button>
    </form>
  );
}
