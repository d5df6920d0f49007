import { useParams } from '@tanstack/react-router';
import { ClientCard, useCard } from '../card/ClientCard';
import { useEffect } from 'react';
import { Load } from '../ui/parts';
import styles from './clients.module.css';
import { remember } from './recent';

/** The same card outside a call; what it shows is for the server and the role to say. */
export function ClientPage() {
  const { clientId } = useParams({ strict: false }) as { clientId: string };
  const card = useCard(clientId, null);
  useEffect(() => { if (card.data) remember({ id: card.data.client_id, name: card.data.name }); }, [card.data]);
  return <Load of={card} rows={12}>{(found) => <div className={styles.page}><ClientCard key={clientId} card={found} callId={null} /></div>}</Load>;
}
