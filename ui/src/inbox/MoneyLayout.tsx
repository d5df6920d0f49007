import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useWords } from '../i18n/use-language';
import styles from './inbox.module.css';

const PAGES = ['incoming', 'statements', 'unallocated', 'arrears', 'reconciliation'] as const;

/** Money that came in, by its parts. */
export function MoneyLayout() {
  const { t } = useWords();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <div className={styles.layout}>
      <header className={styles.head}>
        <h1>{t('nav.money')}</h1>
        <nav className={styles.links} aria-label={t('nav.money')}>
          {PAGES.map((name) => { const on = path.startsWith(`/money/${name}`); return <Link key={name} to={`/money/${name}`} className={styles.link} data-on={on || undefined} aria-current={on ? 'page' : undefined}>{t(`inbox.page.${name}`)}</Link>; })}
        </nav>
      </header>
      <div className={styles.page}><Outlet /></div>
    </div>
  );
}
