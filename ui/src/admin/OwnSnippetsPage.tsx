import styles from './admin.module.css';
import { SnippetsPage } from './SnippetsPage';

/** The same page where there is no list of sections beside it. */
export function OwnSnippetsPage() {
  return <div className={styles.body}><SnippetsPage /></div>;
}
