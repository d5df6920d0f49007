import { Modal, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconArrowRight, IconSearch, IconUser } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { HitLine, NothingFound, useClientSearch } from '../clients/search';
import { useWords } from '../i18n/use-language';
import { errorText } from '../ui/parts';
import { useRows } from '../ui/rows';
import { ADDRESSES, type PageName } from './access';
import styles from './Shell.module.css';

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
  const found = useClientSearch(text);
  const { hits } = found;
  const words = text.trim().toLowerCase();
  const doors = pages.filter((page) => words === '' || t(`nav.${page}`).toLowerCase().includes(words));
  const total = hits.length + doors.length;

  const go = (index: number) => {
    const hit = hits[index];
    const page = doors[index - hits.length];
    if (hit) void navigate({ to: '/clients/$clientId', params: { clientId: hit.client_id } });
    else if (page) void navigate({ to: ADDRESSES[page] });
    else return;
    onClose();
  };
  const { here, setAt, onKeyDown } = useRows(total, found.settled, go);

  return (
    <div onKeyDown={onKeyDown}>
      <TextInput
        size="sm" autoFocus data-autofocus value={text} onChange={(event) => { setText(event.currentTarget.value); setAt(0); }} placeholder={t('spotlight.placeholder')} aria-label={t('bar.search')}
        leftSection={<IconSearch size={16} stroke={1.6} />} role="combobox" aria-expanded="true" aria-controls="spotlight-list" aria-activedescendant={total > 0 ? `spot-${here}` : undefined} autoComplete="off"
      />
      <div id="spotlight-list" className={styles.hits} role="listbox" aria-label={t('bar.search')}>
        {found.error && <p className={`${styles.group} bad`}><IconAlertTriangle size={14} aria-hidden /> {errorText(found.error, t)}</p>}
        {hits.length > 0 && <div className={styles.group}>{t('spotlight.clients')}</div>}
        {hits.map((hit, index) => (
          <button key={hit.client_id} id={`spot-${index}`} type="button" role="option" aria-selected={index === here} tabIndex={-1} className={styles.hit} data-on={index === here || undefined} onMouseMove={() => setAt(index)} onClick={() => go(index)}>
            <IconUser size={16} stroke={1.6} aria-hidden /><HitLine hit={hit} />
          </button>
        ))}
        {found.more && <p className={styles.group} role="status">{t('spotlight.more')}</p>}
        {found.nothing && <p className={styles.group}><NothingFound inPalette /></p>}
        {!found.enough && <p className={styles.group}>{t('spotlight.hint')}</p>}
        {doors.length > 0 && <div className={styles.group}>{t('spotlight.pages')}</div>}
        {doors.map((page, offset) => {
          const index = hits.length + offset;
          return (
            <button key={page} id={`spot-${index}`} type="button" role="option" aria-selected={index === here} tabIndex={-1} className={styles.hit} data-on={index === here || undefined} onMouseMove={() => setAt(index)} onClick={() => go(index)}>
              <IconArrowRight size={16} stroke={1.6} aria-hidden />{t(`nav.${page}`)}
            </button>
          );
        })}
      </div>
    </div>
  );
}
