/** Which language a text is in, as far as its words have to be stemmed and its dates read. */
import { FUNCTION_WORDS } from './function-words';

/** Read at most this much of a text: a page is in the language of its beginning. */
const READ_CHARACTERS = 1_000;
/** Share of a text's words that are grammar in any language: 40 to 55 % in prose, 15 % in notes and headlines. */
const SHARE = 0.12;

const SCRIPTS: ReadonlyArray<readonly [RegExp, (text: string) => string | null]> = [
  [/[\p{sc=Hiragana}\p{sc=Katakana}]/gu, () => 'ja'],
  [/\p{sc=Hangul}/gu, () => 'ko'],
  [/\p{sc=Han}/gu, (text) => (/[\p{sc=Hiragana}\p{sc=Katakana}]/u.test(text) ? 'ja' : 'zh')],
  [/\p{sc=Thai}/gu, () => 'th'],
  [/\p{sc=Greek}/gu, () => 'el'],
  [/\p{sc=Hebrew}/gu, () => 'he'],
  [/\p{sc=Devanagari}/gu, () => 'hi'],
  [/\p{sc=Tamil}/gu, () => 'ta'],
  [/\p{sc=Armenian}/gu, () => 'hy'],
  // Persian and Urdu have letters that Arabic lacks; a stemmer of theirs there is not.
  [/\p{sc=Arabic}/gu, (text) => (/[پچژگٹڈے]/u.test(text) ? null : 'ar')],
  [
    /\p{sc=Cyrillic}/gu,
    (text) =>
      /[ыэё]/iu.test(text) ? 'ru' : /[іїєґ]/iu.test(text) ? 'uk' : (byFunctionWords(text, RUSSIAN_UKRAINIAN) ?? 'ru'),
  ],
];

/** Words of other languages' grammar that in English are matter: "the end of March" is not Danish. */
const FALSE_FRIENDS = new Set(
  'also art bald come dare die dove end far fast hat kind lei list long made man men mine more non per sale sin son ten ton use van war'.split(
    ' ',
  ),
);

const LATIN = Object.keys(FUNCTION_WORDS).filter((language) => !['ar', 'el', 'ru', 'uk'].includes(language));
const LATIN_WORDS = languagesByWord(LATIN);
const RUSSIAN_UKRAINIAN = languagesByWord(['ru', 'uk']);

/**
 * The ISO 639-1 code of the language that a text is plainly in, or null: too short, of several, or not known here. By
 * its script; among those that share one by the words of its grammar, of which a question of three words has one or two.
 */
export function languageOf(text: string): string | null {
  const read = text.slice(0, READ_CHARACTERS);
  if (/[^\p{sc=Latin}\P{L}]/u.test(read)) {
    const latin = read.match(/\p{sc=Latin}/gu)?.length ?? 0;
    for (const [script, language] of SCRIPTS) {
      const letters = read.match(script)?.length ?? 0;
      // a letter of the others says more than one of ours: a Japanese question about "PostgreSQL" is Japanese
      if (letters > 0 && letters * 3 >= latin) return language(read);
    }
  }
  return byFunctionWords(read, LATIN_WORDS);
}

function languagesByWord(languages: readonly string[]): Map<string, string[]> {
  const having = new Map<string, string[]>();
  for (const language of languages) {
    for (const word of FUNCTION_WORDS[language] ?? []) {
      if (!FALSE_FRIENDS.has(word)) having.set(word, [...(having.get(word) ?? []), language]);
    }
  }
  return having;
}

function byFunctionWords(text: string, languages: ReadonlyMap<string, string[]>): string | null {
  const words = text.toLowerCase().match(/\p{L}[\p{L}\p{M}]*/gu) ?? [];
  const hits = new Map<string, number>();
  for (const word of words) {
    const having = languages.get(word) ?? [];
    // one that several share tells little
    for (const language of having) hits.set(language, (hits.get(language) ?? 0) + 1 / having.length);
  }
  const [first, second] = [...hits].sort(([, a], [, b]) => b - a);
  if (!first || first[1] < Math.max(0.5, SHARE * words.length) || (second && second[1] * 1.3 > first[1])) return null;
  return first[0];
}
