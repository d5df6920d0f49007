import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { sections } from '../app/access';
import { useSession } from '../api/session';
import { useWords } from '../i18n/use-language';
import styles from './admin.module.css';

export function AdminLayout() {
  const { t } = useWords();
  const { user } = useSession();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <div className={styles.layout}>
      <nav className={styles.side} aria-label={t('admin.title')}>
        {sections(user.role).map((name) => {
          const on = path.startsWith(`/admin/${name}`);
          return <Link key={name} to={`/admin/${name}`} className={styles.link} data-on={on || undefined} aria-current={on ? 'page' : undefined}>{t(`admin.section.${name}`)}</Link>;
        })}
      </nav>
      <div className={styles.body} tabIndex={0} role="region" aria-label={t('admin.title')}><Outlet /></div>
    </div>
  );
}
