import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { calls } from '../api/endpoints';
import { useFeed } from '../api/feed';
import { useSession } from '../api/session';
import { useSetState } from '../app/StateButton';
import { CallTable } from '../calls/CallTable';
import { useWords } from '../i18n/use-language';
import { Empty, Load } from '../ui/parts';
import { ByHandDialog } from './ByHandDialog';
import styles from './workspace.module.css';

export function Idle() {
  const { t } = useWords();
  const { user } = useSession();
  const navigate = useNavigate();
  const me = useFeed((state) => state.me);
  const change = useSetState();
  const [byHand, setByHand] = useState(false);
  const recent = useQuery({ queryKey: ['calls', 'mine', user.id], queryFn: () => calls.list({ state: 'all', operator: user.id, limit: 20 }) });
  const title = me?.state === 'ready' ? 'title_ready' : me?.state === 'offline' ? 'title_offline' : me?.state === 'ringing' || me?.state === 'on_call' ? 'title_busy' : 'title_not_ready';
  return (
    <div className={styles.idle}>
      <section className="panel">
        <div className="panel-head"><h2 className="grow">{t('idle.recent')}</h2><Link to="/calls" search={{ view: 'mine' }} className="small">{t('calls.all')}</Link></div>
        <Load of={recent}>
          {(page) => (page.items.length === 0 ? <Empty>{t('idle.recent_empty')}</Empty> : <CallTable calls={page.items} columns={['time', 'who', 'topic', 'result', 'talk']} onOpen={(call) => void navigate({ to: '/calls', search: { view: 'mine', call: call.id } })} />)}
        </Load>
      </section>
      <section className={`panel ${styles.waiting}`} aria-live="polite">
        <h1>{t(`idle.${title}`)}</h1>
        <div className="row-wrap">
          {me && me.state !== 'ready' && <Button onClick={() => change.mutate({ state: 'ready', reason: null })} loading={change.isPending}>{t('idle.ready')} · F2</Button>}
          <Button variant="default" onClick={() => setByHand(true)}>{t('idle.by_hand')} · F4</Button>
          <Button variant="default" onClick={() => void navigate({ to: '/clients' })}>{t('idle.find')}</Button>
        </div>
      </section>
      <ByHandDialog opened={byHand} onClose={() => setByHand(false)} />
    </div>
  );
}
