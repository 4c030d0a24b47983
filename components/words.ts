/**
 * The panel's text. Every sentence lives in `_locales`; keys are typed from the English file. The lookup is handed in, so
 * that components also run where there is no `browser.i18n`.
 */
import type messages from '../public/_locales/en/messages.json';

export type WordKey = keyof typeof messages;
/** Keys that exist as `…_one` and `…_other`. */
export type CountKey = { [Key in WordKey]: Key extends `${infer Base}_other` ? Base : never }[WordKey];

export type Lookup = (key: string, values: string[]) => string;

let lookup: Lookup = (key) => key;
let locale = 'en';
let plural = new Intl.PluralRules(locale);
let number = new Intl.NumberFormat(locale);

/** Says where the words come from. Called once, before anything is drawn. */
export function setWords(from: Lookup): void {
  lookup = from;
  const language = lookup('locale', []) || 'en';
  // The words decide the language, the person's own list decides between its regional ways to write a date.
  const own = typeof navigator === 'undefined' ? [] : navigator.languages;
  locale = own.find((tag) => tag === language || tag.startsWith(`${language}-`)) ?? language;
  plural = new Intl.PluralRules(locale);
  number = new Intl.NumberFormat(locale);
}

/** BCP 47 tag that dates and numbers are written in. */
export function wordsLocale(): string {
  return locale;
}

export function words(key: WordKey, ...values: Array<string | number>): string {
  return lookup(
    key,
    values.map((value) => (typeof value === 'number' ? number.format(value) : value)),
  );
}

/** `count('turns', 3)` is "3 turns"; the number is `$1`, further values follow. */
export function count(key: CountKey, amount: number, ...values: Array<string | number>): string {
  const one = plural.select(amount) === 'one';
  return words(`${key}_${one ? 'one' : 'other'}` as WordKey, amount, ...values);
}
