import { useTranslation } from 'react-i18next';
import type { Language } from '../api/types';

/** The words and the language of the reader, together, because almost every component needs both. */
export function useWords(): { t: ReturnType<typeof useTranslation>['t']; language: Language } {
  const { t, i18n } = useTranslation();
  return { t, language: i18n.language === 'en' ? 'en' : 'ru' };
}
