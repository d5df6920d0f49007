import { Button } from '@mantine/core';
import { useState } from 'react';
import type { CallCard } from '../api/types';
import card_ from '../card/card.module.css';
import { ClientCard, useCard } from '../card/ClientCard';
import { useWords } from '../i18n/use-language';
import { useKeys } from '../ui/keys';
import { Failure, Waiting } from '../ui/parts';
import { CallBar } from './CallBar';
import { Candidates } from './Candidates';
import { FindClient } from './FindClient';
import styles from './workspace.module.css';
import { WrapUp } from './WrapUp';

/** One call on the screen: who, answers, what it was about. The layout is the same from the first ring to the end. */
export function CallView({ of }: { of: CallCard }) {
  const { t } = useWords();
  const [choosing, setChoosing] = useState(false);
  // "Without a client" is a decision, not a lack of one: then the search stays away until asked for.
  const [anonymous, setAnonymous] = useState(of.call.anonymous ?? false);
  const { call } = of;
  const clientId = choosing ? null : call.client_id;
  const chosen = () => setChoosing(false);
  useKeys({ Escape: choosing && call.client_id ? chosen : undefined });
  return (
    <div className={styles.call}>
      <CallBar of={of} />
      {clientId
        ? <KnownClient of={of} clientId={clientId} onChange={() => setChoosing(true)} />
        : (
          <div className={styles.span2}>
            {of.candidates.length > 0 && !choosing && !anonymous && <Candidates of={of} onNone={() => setChoosing(true)} />}
            {((of.candidates.length === 0 && !anonymous) || choosing) && <FindClient of={of} onChosen={chosen} onAnonymous={() => { setChoosing(false); setAnonymous(true); }} />}
            {anonymous && !choosing && (
              <div className={styles.choose}>
                <h1>{t('call.anonymous')}</h1>
                <div><Button variant="default" onClick={() => { setAnonymous(false); setChoosing(true); }}>{t('find.title_choose')}</Button></div>
              </div>
            )}
          </div>
        )}
      <WrapUp of={of} />
    </div>
  );
}

function KnownClient({ of, clientId, onChange }: { of: CallCard; clientId: string; onChange: () => void }) {
  const { t } = useWords();
  const card = useCard(clientId, of.call.id, of.card?.client_id === clientId ? of.card : null);
  if (card.data) {
    return (
      <ClientCard
        card={card.data} callId={of.call.id} identification={of.identification} talking={of.call.state === 'talking'}
        whoExtra={<div><button type="button" className={card_.linkButton} onClick={onChange}>{t('call.change_client')}</button></div>}
      />
    );
  }
  return <div className={styles.span2}>{card.error ? <div style={{ padding: 16 }}><Failure error={card.error} onRetry={() => void card.refetch()} /></div> : <Waiting rows={10} />}</div>;
}
