import { Modal, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconArrowRight, IconSearch, IconUser } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
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

  const option = (index: number, key: string, content: ReactNode) => (
    <button key={key} id={`spot-${index}`} type="button" role="option" aria-selected={index === here} tabIndex={-1} className={styles.hit} data-on={index === here || undefined} onMouseMove={() => setAt(index)} onClick={() => go(index)}>{content}</button>
  );

  return (
    <div onKeyDown={onKeyDown}>
      <TextInput
        size="sm" autoFocus data-autofocus value={text} onChange={(event) => { setText(event.currentTarget.value); setAt(0); }} placeholder={t('spotlight.placeholder')} aria-label={t('bar.search')}
        leftSection={<IconSearch size={16} stroke={1.6} />} role="combobox" aria-expanded={total > 0} aria-controls="spotlight-list" aria-activedescendant={total > 0 ? `spot-${here}` : undefined} autoComplete="off"
      />
      <div className={styles.hits}>
        {found.error && <p className={`${styles.group} bad`}><IconAlertTriangle size={14} aria-hidden /> {errorText(found.error, t)}</p>}
        {found.nothing && <p className={styles.group} role="status"><NothingFound inPalette /></p>}
        {!found.enough && <p className={styles.group}>{t('spotlight.hint')}</p>}
        {total > 0 && (
          <div id="spotlight-list" role="listbox" aria-label={t('bar.search')}>
            {hits.length > 0 && (
              <div role="group" aria-label={t('spotlight.clients')}>
                <div className={styles.group} aria-hidden>{t('spotlight.clients')}</div>
                {hits.map((hit, index) => option(index, hit.client_id, <><IconUser size={16} stroke={1.6} aria-hidden /><HitLine hit={hit} /></>))}
              </div>
            )}
            {found.more && <div className={styles.group} aria-hidden>{t('spotlight.more')}</div>}
            {doors.length > 0 && (
              <div role="group" aria-label={t('spotlight.pages')}>
                <div className={styles.group} aria-hidden>{t('spotlight.pages')}</div>
                {doors.map((page, offset) => option(hits.length + offset, page, <><IconArrowRight size={16} stroke={1.6} aria-hidden />{t(`nav.${page}`)}</>))}
              </div>
            )}
          </div>
        )}
        <span className="visually-hidden" role="status">{found.more ? t('spotlight.more') : ''}</span>
      </div>
    </div>
  );
}
