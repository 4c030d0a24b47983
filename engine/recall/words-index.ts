/** The index of words that a store has, and in which languages there is something to find. */
import type { Store } from '../store';
import { preparedName } from './run';

/** A BM25 index and the column it is on. */
export interface WordsIndex {
  name: 'chunk_terms' | 'chunk_words';
  column: 'terms' | 'enriched_text';
}

/** Of terms made by engine/words. */
export const TERMS: WordsIndex = { name: 'chunk_terms', column: 'terms' };
/** Of whole texts, by Postgres' English: what there was before, until every chunk has its terms (0004_terms.sql). */
export const ENGLISH: WordsIndex = { name: 'chunk_words', column: 'enriched_text' };

/** Stores known to have left the old index behind. */
const moved = new WeakSet<Store>();

/** The index that holds every chunk. */
export async function wordsIndex(store: Store): Promise<WordsIndex> {
  if (moved.has(store)) return TERMS;
  const [row] = await store.query<{ old: boolean }>(`select to_regclass('chunk_words') is not null as old`);
  if (row?.old) return ENGLISH;
  moved.add(store);
  return TERMS;
}

const LANGUAGES = `with recursive found as (
  (select language from chunk where language <> 'en' order by language limit 1)
  union all
  select (select c.language from chunk c where c.language <> 'en' and c.language > found.language order by c.language limit 1)
  from found where found.language is not null
) select language from found where language is not null`;

/** Languages other than English that something stored is in. Reads one row of an index for each. */
export async function storedLanguages(store: Store): Promise<string[]> {
  const name = await preparedName(store, store.session, LANGUAGES);
  const rows = await store.query<{ language: string }>(`execute ${name}`);
  return rows.map(({ language }) => language);
}
