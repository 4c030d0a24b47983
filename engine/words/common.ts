/** English words that are known to be words, whatever is stored. */
import { stemOf } from './stem';

let words: Promise<ReadonlySet<string>> | null = null;

/**
 * Whether a word, in small letters, is a common English one or a form of one.
 *
 * @throws the bundler's error when the list's chunk cannot be loaded.
 */
export async function isCommonWord(word: string): Promise<boolean> {
  words ??= commonWords();
  const common = await words;
  if (common.has(word)) return true;
  const stem = stemOf(word, null);
  const begin = stem.slice(0, 3);
  for (const one of common) if (one.startsWith(begin) && stemOf(one, null) === stem) return true;
  return false;
}

/**
 * What the default embedder's tokenizer has whole, some 20,000: the commonest words and names of the English Wikipedia
 * and of books (BERT's `uncased` vocabulary). What is misspelt it takes apart. Read when a question first needs it.
 */
async function commonWords(): Promise<ReadonlySet<string>> {
  const { default: text } = await import('../../models/e5-small-v2/tokenizer.json?raw');
  const { model } = JSON.parse(text) as { model: { vocab: Record<string, number> } };
  return new Set(Object.keys(model.vocab).filter((piece) => /^[a-z]{2,}$/.test(piece)));
}
