/**
 * Words that nothing stored has, and what was meant by them. There is no list of the stored words, which would have to
 * be kept, and kept free of what was deleted: the words that a slip of the finger may come from are made (Norvig 2007,
 * https://norvig.com/spell-correct.html) and the index of words is asked which of them it holds.
 */
import damerauLevenshtein from 'damerau-levenshtein';
import type { Queryable, Store } from '../store';
import { bare, isCommonWord, isFunctionWord, wordsOf } from '../words';
import type { ParsedQuery } from './parse';
import { stopIf } from './run';
import { stemsOf } from './stem';
import { TERMS } from './words-index';

/** A word that stands nowhere, and the stored one that it is taken for, as it is written there. */
export interface Correction {
  from: string;
  to: string;
}

/** Shorter ones are a letter away from too many others; longer ones are no words. */
const LEAST_LETTERS = 4;
const MOST_LETTERS = 30;
/** From this length on two slips are looked for. */
const TWO_SLIPS_LETTERS = 7;
/** Words of a question that are looked at, and what is made of one at most. */
const WORDS = 4;
const CANDIDATES = 1500;
/** Chunks in which the made words are looked for, and up to which their number counts. */
const CHUNKS = 40;

/** Of a shorter word only a neighbouring key is taken for another letter: "meat" is no slip of "mean", nor "wife" of "wise". */
const ANY_LETTER_LETTERS = 6;

/** What lies beside each key of the Latin keyboard. */
const BESIDE = new Map(
  ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'].flatMap((row, r, rows) =>
    [...row].map((key, k) => [
      key,
      // what is none is nothing when joined
      [row[k - 1], row[k + 1], rows[r - 1]?.[k], rows[r - 1]?.[k + 1], rows[r + 1]?.[k - 1], rows[r + 1]?.[k]].join(''),
    ]),
  ),
);

const ALPHABETS: Array<[RegExp, string]> = [
  [/^[a-z]+$/u, 'abcdefghijklmnopqrstuvwxyz'],
  [/^\p{sc=Cyrillic}+$/u, 'абвгдежзийклмнопрстуфхцчшщъыьэюяіїє'],
  [/^\p{sc=Greek}+$/u, 'αβγδεζηθικλμνξοπρστυφχψω'],
  [/^\p{sc=Hebrew}+$/u, 'אבגדהוזחטיכלמנסעפצקרשתםןףץ'],
  [/^\p{sc=Arabic}+$/u, 'ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأإةى'],
];

/**
 * What the words of a question that stand in nothing stored were meant to be: those of four letters or more that are no common
 * words and have a stored one a slip away (two in long ones), their first letter being right.
 *
 * @param rarities of the stems that were searched by; 0 is nowhere. A word that was not is left alone.
 * @param begun the word that is still being typed, left alone, too.
 */
export async function corrections(
  store: Store,
  asked: ParsedQuery,
  languages: ReadonlyArray<string | null>,
  rarities: ReadonlyMap<string, number>,
  begun: string | null,
  signal?: AbortSignal,
): Promise<Correction[]> {
  const stems = (word: string) => stemsOf(word, languages);
  const unknown = new Map<string, string>();
  for (const { text } of wordsOf(asked.about, asked.language, false)) {
    if (unknown.size === WORDS) break;
    const from = bare(text);
    if (text === begun || from.length < LEAST_LETTERS || from.length > MOST_LETTERS) continue;
    if (isFunctionWord(from, asked.language) || isFunctionWord(from, null)) continue;
    if (!ALPHABETS.some(([script]) => script.test(plain(from)))) continue;
    if (!stems(from).every((stem) => rarities.get(stem) === 0)) continue;
    // "bitter" is no slip of "better" because nothing stored is bitter
    if (!(await isCommonWord(plain(from)))) unknown.set(plain(from), from);
  }
  const made: Correction[] = [];
  for (const [word, from] of unknown) {
    for (const slips of word.length >= TWO_SLIPS_LETTERS ? [1, 2] : [1]) {
      stopIf(signal);
      const to = await meant(store, word, slips, stems);
      if (to === null) continue;
      made.push({ from, to });
      break;
    }
  }
  return made;
}

/** The stored word that `word` comes from by so many slips, as it is written; the likeliest slip first, then the commonest word. */
async function meant(
  store: Store,
  word: string,
  slips: number,
  stems: (word: string) => string[],
): Promise<string | null> {
  const costs = new Map<string, number>();
  for (const [candidate, cost] of slips === 1 ? oneSlip(word) : twoSlips(word)) {
    for (const stem of stems(candidate)) costs.set(stem, Math.min(cost, costs.get(stem) ?? Infinity));
    if (costs.size >= CANDIDATES) break;
  }
  const rows = await store.query<{ text: string; terms: string; language: string | null }>(
    `select c.text, c.terms, c.language from chunk c join document d on d.id = c.document_id
    where c.id = any(array(select id from chunk where level = 1
      order by ${TERMS.column} <@> to_bm25query($1, '${TERMS.name}') limit ${CHUNKS})) and d.forget_id is null`,
    [[...costs.keys()].join(' ')],
  );
  const there = new Set(rows.flatMap(({ terms }) => terms.split(' ').filter((term) => costs.has(term))));
  if (there.size === 0) return null;
  const held = await heldOf(store, [...there]);
  const likeliest = [...there].sort(
    (a, b) => (costs.get(a) ?? 0) - (costs.get(b) ?? 0) || (held.get(b) ?? 0) - (held.get(a) ?? 0) || (a < b ? -1 : 1),
  );
  const written = new Map<string, string>();
  for (const { text, language } of rows) {
    for (const found of wordsOf(text, language)) {
      if (!written.has(found.stem)) written.set(found.stem, bare(found.text).toLowerCase());
    }
  }
  const own = stems(word);
  for (const stem of likeliest) {
    // one that is only in the line before a text is known as it is indexed
    const to = written.get(stem) ?? stem;
    if (near(word, plain(to)) || own.some((typed) => near(typed, stem))) return to;
  }
  return null;
}

/**
 * Whether one may be a slip of the other, and not only of a word with the same stem: "state" is two letters from "start",
 * though one from "starte", which would be stemmed to it.
 */
function near(typed: string, stored: string): boolean {
  return damerauLevenshtein(typed, stored).steps <= (typed.length >= TWO_SLIPS_LETTERS ? 2 : 1);
}

/** How many chunks hold each of these terms, up to {@link CHUNKS}; those that none holds are left out. */
async function heldOf(db: Queryable, terms: string[]): Promise<Map<string, number>> {
  const held = new Map<string, number>();
  for (const term of new Set(terms)) {
    const [row] = await db.query<{ n: number }>(
      `select count(*)::int as n from (select -bm25_get_current_score() as score from chunk
        order by ${TERMS.column} <@> to_bm25query($1, '${TERMS.name}') limit ${CHUNKS}) found where score > 0`,
      [term],
    );
    if (row && row.n > 0) held.set(term, row.n);
  }
  return held;
}

function plain(word: string): string {
  return word
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/gu, '')
    .normalize('NFC');
}

type Made = Generator<[word: string, cost: number]>;

/** What a hand does most: letters swapped, doubled or not, left out or one too many; least likely another letter. */
function* oneSlip(word: string): Made {
  yield* likelySlips(word);
  const alphabet = ALPHABETS.find(([script]) => script.test(word))?.[1] ?? '';
  for (let i = 1; i <= word.length; i++) {
    for (const letter of alphabet) yield [word.slice(0, i) + letter + word.slice(i), 2];
  }
  for (let i = 1; i < word.length; i++) {
    const [before, here, after] = [word.charAt(i - 1), word.charAt(i), word.charAt(i + 1)];
    const beside = BESIDE.get(here);
    // or the wrong letter was doubled
    const doubled = here === before ? after : here === after ? before : '';
    const letters = beside !== undefined && word.length < ANY_LETTER_LETTERS ? beside + doubled : alphabet;
    for (const letter of letters) yield [word.slice(0, i) + letter + word.slice(i + 1), 3];
  }
}

/** Two of the slips that need no alphabet: all pairs of all slips would be a hundred thousand words. */
function* twoSlips(word: string): Made {
  for (const [once, first] of likelySlips(word)) {
    for (const [twice, second] of likelySlips(once)) yield [twice, first + second];
  }
}

const VOWELS = /[aeiouyаеиоуыэюяіїєαεηιουω]/u;

function* likelySlips(word: string): Made {
  for (let i = 0; i < word.length - 1; i++) {
    const [a, b] = [word.charAt(i), word.charAt(i + 1)];
    if (a !== b) yield [word.slice(0, i) + b + a + word.slice(i + 2), 1];
  }
  for (let i = 1; i < word.length; i++) {
    const letter = word.charAt(i);
    const left = word.slice(0, i) + word.slice(i + 1);
    yield [left, letter === word.charAt(i - 1) ? 1 : 2];
    if (letter !== word.charAt(i - 1)) yield [word.slice(0, i) + letter + word.slice(i), 1];
    if (VOWELS.test(letter)) {
      for (const vowel of /[a-z]/.test(letter) ? 'aeiou' : '') {
        if (vowel !== letter) yield [word.slice(0, i) + vowel + word.slice(i + 1), 2];
      }
    }
  }
}
