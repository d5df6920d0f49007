import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from '../api/types';
import { getPrefs, setPrefs } from '../state/prefs';
import { en } from './en/index';
import { ru } from './ru/index';

function firstLanguage(): Language {
  const chosen = getPrefs().language;
  if (chosen) return chosen;
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'ru';
}

void i18next.use(initReactI18next).init({
  lng: firstLanguage(),
  fallbackLng: false,
  resources: { ru: { translation: ru }, en: { translation: en } },
  interpolation: { escapeValue: false },
  returnNull: false,
});
document.documentElement.lang = i18next.language;

/** Each language in itself: whoever needs it may not read the other one. */
export const LANGUAGE_NAMES: Record<Language, string> = { ru: 'Русский', en: 'English' };

export function setLanguage(language: Language): void {
  setPrefs({ language });
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

export function currentLanguage(): Language {
  return i18next.language === 'en' ? 'en' : 'ru';
}

export { i18next };
