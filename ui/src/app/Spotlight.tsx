import { Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconAlertTriangle, IconArrowRight, IconSearch, IconUser } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useState } from 'react';
import { search } from '../api/endpoints';
import type { SearchHit } from '../api/types';
import { phone } from '../format/format';
import { useWords } from '../i18n/use-language';
import { errorText } from '../ui/parts';
import { ADDRESSES, type PageName } from './access';
import styles from './Shell.module.css';

/** Shortest text worth asking the server about. */
const SHORTEST = 2;

export function useClientSearch(text: string, enabled = true) {
  const [settled] = useDebouncedValue(text.trim(), 120);
  return useQuery({
    queryKey: ['search', settled],
    queryFn: ({ signal }) => search.find(settled, 12, signal),
    enabled: enabled && settled.length >= SHORTEST,
    placeholderData: keepPreviousData,
    staleTime: 5000,
  });
}

export function Spotlight({ opened, onClose, pages }: { opened: boolean; onClose: () => void; pages: PageName[] }) {
  const { t } = useWords();
  return (
    <Modal.Root opened={opened} onClose={onClose} size={620} yOffset="10vh" centered={false} transitionProps={{ duration: 0 }}>
      <Modal.Overlay backgroundOpacity={0.35} />
      <Modal.Content aria-label={t('bar.search')}><Modal.Body p="xs"><Finder onClose={onClose} pages={pages} /></Modal.Body></Modal.Content>
    </Modal.Root>
  );
}

function Finder({ onClose, pages }: { onClose: () => void; pages: PageName[] }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const found = useClientSearch(text);
  const asked = text.trim().length >= SHORTEST;
  const hits = asked ? (found.data?.items ?? []) : [];
  const words = text.trim().toLowerCase();
  const doors = pages.filter((page) => words === '' || t(`nav.${page}`).toLowerCase().includes(words));
  const total = hits.length + doors.length;
  const chosen = Math.min(at, Math.max(0, total - 1));

  const go = (index: number) => {
    const hit = hits[index];
    const page = doors[index - hits.length];
    if (hit) void navigate({ to: '/clients/$clientId', params: { clientId: hit.client_id } });
    else if (page) void navigate({ to: ADDRESSES[page] });
    else return;
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(total - 1, chosen + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, chosen - 1));
    else if (event.key === 'Enter') go(chosen);
    else return;
    event.preventDefault();
  };

  return (
    <div onKeyDown={onKeyDown}>
      <TextInput
        size="sm" autoFocus data-autofocus value={text} onChange={(event) => { setText(event.currentTarget.value); setAt(0); }} placeholder={t('spotlight.placeholder')} aria-label={t('bar.search')}
        leftSection={<IconSearch size={16} stroke={1.6} />} role="combobox" aria-expanded="true" aria-controls="spotlight-list" aria-activedescendant={total > 0 ? `spot-${chosen}` : undefined} autoComplete="off"
      />
      <div id="spotlight-list" className={styles.hits} role="listbox" aria-label={t('bar.search')}>
        {found.error && asked && <p className={`${styles.group} bad`}><IconAlertTriangle size={14} aria-hidden /> {errorText(found.error, t)}</p>}
        {hits.length > 0 && <div className={styles.group}>{t('spotlight.clients')}</div>}
        {hits.map((hit, index) => (
          <button key={hit.client_id} id={`spot-${index}`} type="button" role="option" aria-selected={index === chosen} tabIndex={-1} className={styles.hit} data-on={index === chosen || undefined} onMouseMove={() => setAt(index)} onClick={() => go(index)}>
            <IconUser size={16} stroke={1.6} aria-hidden /><HitLine hit={hit} />
          </button>
        ))}
        {asked && found.isSuccess && !found.isPlaceholderData && hits.length === 0 && <p className={styles.group}>{t('spotlight.nothing')}</p>}
        {!asked && <p className={styles.group}>{t('spotlight.hint')}</p>}
        {doors.length > 0 && <div className={styles.group}>{t('spotlight.pages')}</div>}
        {doors.map((page, offset) => {
          const index = hits.length + offset;
          return (
            <button key={page} id={`spot-${index}`} type="button" role="option" aria-selected={index === chosen} tabIndex={-1} className={styles.hit} data-on={index === chosen || undefined} onMouseMove={() => setAt(index)} onClick={() => go(index)}>
              <IconArrowRight size={16} stroke={1.6} aria-hidden />{t(`nav.${page}`)}
            </button>
          );
        })}
      </div>
    </div>
  );
}

/** What tells one client from another without giving anything away. */
export function HitLine({ hit }: { hit: SearchHit }) {
  const { t } = useWords();
  const facts = [hit.city, hit.birth_year ? t('spotlight.born', { year: hit.birth_year }) : null, hit.phone_masked ? phone(hit.phone_masked) : null].filter(Boolean).join(' · ');
  return (
    <>
      <span className="grow cut"><strong>{hit.name}</strong>{hit.kind !== 'person' && <span className="dim"> · {t(`client.kind.${hit.kind}`)}</span>}{facts && <span className="dim"> · {facts}</span>}</span>
      {hit.loans > 0 && <span className="dim nowrap">{t('spotlight.loans', { count: hit.loans })}</span>}
      <span className="caption nowrap">{t(`matched.${hit.matched_by}`)}</span>
    </>
  );
}
