import '@fontsource-variable/golos-text';
import '@mantine/core/styles.css';
import './app/global.css';
import './i18n';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { sweepDrafts } from './state/drafts';

sweepDrafts();
const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
