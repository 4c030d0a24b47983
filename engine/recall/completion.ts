import type { Store } from '../store';
import { bare, wordsOf } from '../words';
import { stemsOf } from './stem';

/** Shorter ones begin too many words. */
const LEAST_LETTERS = 3;
/** Titles that are looked at, the newest first, and words that are taken of them at most. */
const TITLES = 40;
const WORDS = 3;

const LETTERS = /^[\p{L}\p{M}\p{N}]+$/u;

/**
 * What the word that is being typed may become: words of titles that begin with it, the most frequent first. Only for the
 * last word of `text` with nothing behind it, and only where nothing stored has it as a whole word. Titles, because the index of words knows
 * whole words only, and a list of all words would have to be kept free of what was deleted.
 *
 * @param rarities of stems that were searched by; above 0 is stored.
 */
export async function completions(
  store: Store,
  text: string,
  languages: ReadonlyArray<string | null>,
  rarities: ReadonlyMap<string, number>,
): Promise<{ begun: string; words: string[] } | null> {
  const last = [...wordsOf(text, null, false)].at(-1)?.text;
  if (last === undefined || !text.endsWith(last)) return null;
  const begun = bare(last).toLowerCase();
  if (begun.length < LEAST_LETTERS || !LETTERS.test(begun)) return null;
  if (stemsOf(begun, languages).some((stem) => (rarities.get(stem) ?? 0) > 0)) return null;
  const titles = await store.query<{ title: string }>(
    `select title from document where forget_id is null and title ~* $1 order by happened_at desc, id desc limit ${TITLES}`,
    [`\\m${begun}`],
  );
  const counts = new Map<string, number>();
  for (const { title } of titles) {
    for (const word of wordsOf(title)) {
      const whole = bare(word.text).toLowerCase();
      if (whole.length > begun.length && whole.startsWith(begun)) counts.set(whole, (counts.get(whole) ?? 0) + 1);
    }
  }
  const words = [...counts].sort(([, a], [, b]) => b - a).slice(0, WORDS);
  return words.length === 0 ? null : { begun: last, words: words.map(([word]) => word) };
}
