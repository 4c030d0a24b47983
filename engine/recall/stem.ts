import { stemmer } from 'stemmer';

/** A word of a text with its place; offsets are UTF-16. */
export interface Word {
  text: string;
  stem: string;
  start: number;
  end: number;
}

const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu;

/** English words that carry no meaning in a search; Postgres' `english` configuration drops them, too. */
const STOP = new Set(
  (
    'i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it ' +
    'its itself they them their theirs themselves what which who whom this that these those am is are was were be been ' +
    'being have has had having do does did doing a an the and but if or because as until while of at by for with about ' +
    'against between into through during before after above below to from up down in out on off over under again ' +
    'further then once here there when where why how all any both each few more most other some such no nor not only ' +
    'own same so than too very s t can will just don should now'
  ).split(' '),
);

/**
 * The words of a text, stemmed (Porter 1980). Close to Postgres' Porter2 but not the same in every word: used for what
 * is shown, never for what is found.
 */
export function* wordsOf(text: string): Generator<Word> {
  for (const match of text.matchAll(WORD)) {
    const word = match[0];
    yield { text: word, stem: stemOf(word), start: match.index, end: match.index + word.length };
  }
}

/** Stems already made: the hits of a question are some thousand words, and most are the same ones again and again. */
const stems = new Map<string, string>();
const STEMS_KEPT = 10_000;
/** A longer one is no word. */
const WORD_CHARACTERS = 40;

function stemOf(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  const plain = word
    .toLowerCase()
    .replace(/['’]s?$/, '')
    .replace(/['’].*$/, '');
  const stem = stemmer(plain);
  if (word.length <= WORD_CHARACTERS) {
    if (stems.size >= STEMS_KEPT) stems.clear();
    stems.set(word, stem);
  }
  return stem;
}

/** The stems that a question searches by: without the words that mean nothing, unless there are no others. */
export function searchStems(text: string): Set<string> {
  const all = [...wordsOf(text)];
  const meaning = all.filter((word) => !STOP.has(word.text.toLowerCase()));
  return new Set((meaning.length > 0 ? meaning : all).map((word) => word.stem));
}
