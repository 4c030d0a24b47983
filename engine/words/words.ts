/** What is searched by: the words of a text, the same way when it is stored, asked for and shown. */
import { FUNCTION_WORDS } from './function-words';
import { stemOf } from './stem';

/** A word of a text with its place; offsets are UTF-16. */
export interface Word {
  text: string;
  stem: string;
  start: number;
  end: number;
}

/** Scripts that put no blanks between words (and Hangul, whose endings stick to them) are searched by pairs of letters. */
const SPACELESS =
  '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}ー\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}]';
/** Scripts in which one letter can be a word. */
const ONE_LETTER = /^[\p{sc=Han}\p{sc=Hangul}]$/u;

/** `letter` and `mark` (what may follow in a word) are not of such a script. */
const pieces = (letter: string, mark: string, ...more: string[]) =>
  new RegExp(
    [
      // 3.11, 0.5.14: a part of it means nothing
      `(?<![\\p{L}\\p{N}.])\\p{Nd}+(?:\\.\\p{Nd}+)+(?![\\p{L}\\p{N}])`,
      // a word with the English endings behind an apostrophe, which belong to it; before one stands another word (l'eau)
      `${letter}${mark}*(?:['’](?:[sStTdDmM]|[rR][eE]|[vV][eE]|[lL]{2})(?![\\p{L}\\p{N}]))?`,
      ...more,
    ].join('|'),
    // not `i`: it made these classes ten times as slow
    'gu',
  );
const PIECE = pieces(
  `(?:(?!${SPACELESS})[\\p{L}\\p{N}])`,
  `(?:(?!${SPACELESS})[\\p{L}\\p{N}\\p{M}])`,
  `(${SPACELESS}+)`,
);
/** The same where no letter is of such a script, without looking ahead at each: a fifth quicker. */
const SPACED_PIECE = pieces('[\\p{L}\\p{N}]', '[\\p{L}\\p{N}\\p{M}]');
const HAS_SPACELESS = new RegExp(SPACELESS, 'u');
/** A letter with the signs that sit on it. */
const CLUSTER = /\P{M}\p{M}*/gu;
const HAS_MARK = /\p{M}/u;
/** Forms of Japanese and Korean letters that are the same letters. */
const WIDE_OR_NARROW = /[\u1100-\u11ff\u3130-\u318f\uf900-\ufaff\uff65-\uffdc]/u;

/**
 * The words of a text in its order, stemmed as those of `language` (null: not plain, taken as English). Runs of a script
 * without spaces are given as overlapping pairs of letters, as Lucene's CJKAnalyzer does; `singles` gives the letters
 * that can be words besides, for the side in which is searched. Of a word with a hyphen both parts are given and the whole
 * without it: e-mail is email.
 */
export function* wordsOf(text: string, language: string | null = null, singles = true): Generator<Word> {
  let last: Word | null = null;
  for (const match of text.matchAll(HAS_SPACELESS.test(text) ? PIECE : SPACED_PIECE)) {
    const start = match.index;
    const word = match[0];
    if (match[1] === undefined) {
      const found = { text: word, stem: stemOf(bare(word), language), start, end: start + word.length };
      yield found;
      if (last?.end === start - 1 && text[start - 1] === '-' && isLetters(last.text) && isLetters(word)) {
        const both = text.slice(last.start, found.end);
        yield { text: both, stem: stemOf(bare(both), language), start: last.start, end: found.end };
      }
      last = found;
      continue;
    }
    const letters = HAS_MARK.test(word) ? (word.match(CLUSTER) as string[]) : Array.from(word);
    let at = start;
    for (let i = 0; i < letters.length; i++) {
      const letter = letters[i] as string;
      const next = letters[i + 1];
      if (letters.length === 1 || (singles && ONE_LETTER.test(letter))) yield spaceless(letter, at);
      if (next !== undefined) yield spaceless(letter + next, at);
      at += letter.length;
    }
  }
}

function spaceless(text: string, start: number): Word {
  return { text, stem: WIDE_OR_NARROW.test(text) ? text.normalize('NFKC') : text, start, end: start + text.length };
}

/** Almost no word has one. */
const SIGN = /['’-]/u;

/** Without an English ending behind an apostrophe, and without its hyphen. */
export function bare(word: string): string {
  return SIGN.test(word) ? word.replace(/['’].*$/u, '').replace('-', '') : word;
}

function isLetters(word: string): boolean {
  return /^\p{L}+$/u.test(word);
}

/** Whether the word is one of the language's grammar, which is not searched for. */
export function isFunctionWord(word: string, language: string | null): boolean {
  return FUNCTION_WORDS[language ?? 'en']?.has(bare(word).toLowerCase()) ?? false;
}

/** A longer run of letters is a key or a picture in letters: nobody types it, and an index does not want it. */
export const TERM_CHARACTERS = 64;

/** What the index of words is given for a text: the stems of its words, each as often as it is there. */
export function searchTerms(text: string, language: string | null): string {
  const terms: string[] = [];
  for (const word of wordsOf(text, language)) {
    if (word.stem.length <= TERM_CHARACTERS && !isFunctionWord(word.text, language)) terms.push(word.stem);
  }
  return terms.join(' ');
}
