import { browser } from 'wxt/browser';
import { setWords, wordsLocale } from '../../components/words';

/** WXT types the keys it knew of at build time; ours are typed in components/words.ts. */
const i18n = browser.i18n as unknown as { getMessage(key: string, values?: string[]): string };

/** Takes the panel's text from `_locales` and tells the document its language and direction. */
export function useBrowserWords(): void {
  setWords((key, values) => i18n.getMessage(key, values));
  document.documentElement.lang = wordsLocale();
  document.documentElement.dir = i18n.getMessage('@@bidi_dir');
}
