/** A question's words, for what is looked up and what is marked. */
import { bare, isFunctionWord, stemOf, wordsOf } from '../words';

export { wordsOf, type Word } from '../words';

/**
 * The stems that a question searches by, in every one of `languages` (null: English): without the words that mean
 * nothing in the first of them, unless there are no others.
 */
export function searchStems(text: string, languages: ReadonlyArray<string | null> = [null]): Set<string> {
  const [first = null] = languages;
  const all = [...wordsOf(text, first, false)];
  const meaning = all.filter((word) => !isFunctionWord(word.text, first));
  const stems = new Set<string>();
  for (const word of meaning.length > 0 ? meaning : all) {
    stems.add(word.stem);
    // the words of a script without blanks are the same in each
    if (SPACED.test(word.text)) for (const language of languages) stems.add(stemOf(bare(word.text), language));
  }
  return stems;
}

/** The stems that a word may stand as. */
export function stemsOf(word: string, languages: ReadonlyArray<string | null>): string[] {
  return [...new Set(languages.map((language) => stemOf(word, language)))];
}

const SPACED = /[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Arabic}\p{sc=Greek}\p{sc=Armenian}\p{sc=Devanagari}\p{sc=Tamil}]/u;
