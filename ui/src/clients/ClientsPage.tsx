import { Button, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useState } from 'react';
import { editsClients } from '../app/access';
import { HitLine, useClientSearch } from '../app/Spotlight';
import shell from '../app/Shell.module.css';
import { useSession } from '../api/session';
import { useWords } from '../i18n/use-language';
import { Failure } from '../ui/parts';
import styles from './clients.module.css';
import { recentClients } from './recent';

export function ClientsPage() {
  const { t } = useWords();
  const { user } = useSession();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const [recent] = useState(recentClients);
  const found = useClientSearch(text);
  const asked = text.trim().length > 1;
  const hits = asked ? (found.data?.items ?? []) : [];
  const chosen = Math.min(at, Math.max(0, hits.length - 1));
  const open = (id: string) => void navigate({ to: '/clients/$clientId', params: { clientId: id } });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(hits.length - 1, chosen + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, chosen - 1));
    else if (event.key === 'Enter' && hits[chosen]) open(hits[chosen].client_id);
    else return;
    event.preventDefault();
  };
  return (
    <div className={styles.find}>
      <div className="row"><h1 className="grow">{t('clients.title')}</h1>{editsClients(user.role) && <Button variant="default" onClick={() => void navigate({ to: '/clients/new' })}>{t('clients.create')}</Button>}</div>
      <TextInput size="sm" autoFocus aria-label={t('clients.find')} placeholder={t('spotlight.placeholder')} value={text} leftSection={<IconSearch size={16} stroke={1.6} />} onChange={(event) => { setText(event.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown} autoComplete="off" />
      {found.error && asked && <Failure error={found.error} onRetry={() => void found.refetch()} />}
      {hits.length > 0 && (
        <div className="panel" role="listbox" aria-label={t('clients.title')}>
          {hits.map((hit, index) => <div key={hit.client_id} role="option" aria-selected={index === chosen} className={shell.hit} data-on={index === chosen || undefined} onMouseMove={() => setAt(index)} onClick={() => open(hit.client_id)}><HitLine hit={hit} /></div>)}
        </div>
      )}
      {asked && found.isSuccess && !found.isPlaceholderData && hits.length === 0 && <p className="dim small" role="status">{t('clients.nothing')}</p>}
      {!asked && <p className="dim small">{t('clients.start')}</p>}
      {!asked && recent.length > 0 && (
        <section className="panel">
          <div className="panel-head"><h2>{t('clients.recent')}</h2></div>
          {recent.map((each) => <Link key={each.id} className={shell.hit} to="/clients/$clientId" params={{ clientId: each.id }}>{each.name}</Link>)}
        </section>
      )}
    </div>
  );
}
