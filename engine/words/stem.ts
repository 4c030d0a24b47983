/** A word without its endings, in each language that there is a stemmer for. */
import { stemmer as arabic } from '@orama/stemmers/arabic';
import { stemmer as armenian } from '@orama/stemmers/armenian';
import { stemmer as danish } from '@orama/stemmers/danish';
import { stemmer as dutch } from '@orama/stemmers/dutch';
import { stemmer as finnish } from '@orama/stemmers/finnish';
import { stemmer as french } from '@orama/stemmers/french';
import { stemmer as german } from '@orama/stemmers/german';
import { stemmer as greek } from '@orama/stemmers/greek';
import { stemmer as hungarian } from '@orama/stemmers/hungarian';
import { stemmer as hindi } from '@orama/stemmers/indian';
import { stemmer as indonesian } from '@orama/stemmers/indonesian';
import { stemmer as italian } from '@orama/stemmers/italian';
import { stemmer as norwegian } from '@orama/stemmers/norwegian';
import { stemmer as portuguese } from '@orama/stemmers/portuguese';
import { stemmer as romanian } from '@orama/stemmers/romanian';
import { stemmer as russian } from '@orama/stemmers/russian';
import { stemmer as spanish } from '@orama/stemmers/spanish';
import { stemmer as swedish } from '@orama/stemmers/swedish';
import { stemmer as tamil } from '@orama/stemmers/tamil';
import { stemmer as turkish } from '@orama/stemmers/turkish';
import { stemmer as ukrainian } from '@orama/stemmers/ukrainian';
import english from 'wink-porter2-stemmer';
import { baseOf } from './irregular';

/** Snowball's algorithms, by ISO 639-1 code. */
const STEMMERS: Readonly<Record<string, (word: string) => string>> = {
  ar: arabic,
  da: danish,
  de: german,
  el: greek,
  en: english,
  es: spanish,
  fi: finnish,
  fr: french,
  hi: hindi,
  hu: hungarian,
  hy: armenian,
  id: indonesian,
  it: italian,
  nl: dutch,
  no: norwegian,
  pt: portuguese,
  ro: romanian,
  ru: russian,
  sv: swedish,
  ta: tamil,
  tr: turkish,
  uk: ukrainian,
};

/** Stems already made: texts are the same words again and again. By language, then by word. */
const known = new Map<string, Map<string, string>>();
const KNOWN_WORDS = 50_000;
/** A longer one is no word. */
const WORD_CHARACTERS = 40;

/**
 * The stem of a word, in small letters and without accents, so that it is the same however carefully it was typed. A
 * language without a stemmer leaves the word as it is; `null` is a text of no plain language and counts as English.
 */
export function stemOf(word: string, language: string | null): string {
  const code = language ?? 'en';
  let stems = known.get(code);
  if (!stems) known.set(code, (stems = new Map<string, string>()));
  const seen = stems.get(word);
  if (seen !== undefined) return seen;
  const stem = made(word.normalize('NFKC').toLowerCase().replace(VOWEL_SIGNS, ''), code);
  if (word.length <= WORD_CHARACTERS) {
    if (stems.size >= KNOWN_WORDS) stems.clear();
    stems.set(word, stem);
  }
  return stem;
}

function made(small: string, language: string): string {
  // no stemmer knows numbers, and the English one takes a 3 for a sign of its own
  if (small.length > WORD_CHARACTERS || /\p{N}/u.test(small)) return fold(small);
  // an accent in an English text is of a word of another language, or of a careful hand
  const given = language === 'en' ? baseOf(fold(small)) : small;
  return fold(STEMMERS[language]?.(given) ?? given) || small;
}

/** What Arabic and Hebrew texts mostly leave out, and the stretching of Arabic. */
const VOWEL_SIGNS = /[\u0591-\u05c7\u064b-\u065f\u0670\u0640]/gu;
/** Letters that Unicode does not take for a letter and an accent. */
const LETTERS: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l', ı: 'i', ς: 'σ' };

function fold(word: string): string {
  if (/^[a-z0-9]*$/.test(word)) return word;
  return word
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/gu, '')
    .normalize('NFC')
    .replace(/[ßæœøđłıς]/gu, (letter) => LETTERS[letter] as string);
}
