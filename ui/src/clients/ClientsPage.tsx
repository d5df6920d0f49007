import { Button, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { editsClients } from '../app/access';
import shell from '../app/Shell.module.css';
import { useSession } from '../api/session';
import { useWords } from '../i18n/use-language';
import { Failure } from '../ui/parts';
import { useRows } from '../ui/rows';
import styles from './clients.module.css';
import { recentClients } from './recent';
import { HitLine, NothingFound, useClientSearch } from './search';

export function ClientsPage() {
  const { t } = useWords();
  const { user } = useSession();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [recent] = useState(recentClients);
  const found = useClientSearch(text);
  const { hits } = found;
  const open = (id: string) => void navigate({ to: '/clients/$clientId', params: { clientId: id } });
  const { here, setAt, onKeyDown } = useRows(hits.length, found.settled, (index) => { const hit = hits[index]; if (hit) open(hit.client_id); });
  return (
    <div className={styles.find}>
      <div className="row"><h1 className="grow">{t('clients.title')}</h1>{editsClients(user.role) && <Button variant="default" onClick={() => void navigate({ to: '/clients/new' })}>{t('clients.create')}</Button>}</div>
      <TextInput size="sm" autoFocus aria-label={t('clients.find')} placeholder={t('spotlight.placeholder')} value={text} leftSection={<IconSearch size={16} stroke={1.6} />} onChange={(event) => { setText(event.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown} autoComplete="off" />
      {found.error && <Failure error={found.error} onRetry={found.retry} />}
      {hits.length > 0 && (
        <div className="panel" role="listbox" aria-label={t('clients.title')}>
          {hits.map((hit, index) => <div key={hit.client_id} role="option" aria-selected={index === here} className={shell.hit} data-on={index === here || undefined} onMouseMove={() => setAt(index)} onClick={() => open(hit.client_id)}><HitLine hit={hit} /></div>)}
        </div>
      )}
      {found.more && <p className="dim small" role="status">{t('spotlight.more')}</p>}
      {found.nothing && <p className="dim small" role="status"><NothingFound /></p>}
      {!found.enough && <p className="dim small">{t('clients.start')}</p>}
      {!found.enough && recent.length > 0 && (
        <section className="panel">
          <div className="panel-head"><h2>{t('clients.recent')}</h2></div>
          {recent.map((each) => <Link key={each.id} className={shell.hit} to="/clients/$clientId" params={{ clientId: each.id }}>{each.name}</Link>)}
        </section>
      )}
    </div>
  );
}
