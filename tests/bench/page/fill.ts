/** Fills a store with the invented collection, the way ingest and the embedding job do, some rows at a time. */
import type { Store } from '../../../engine/store';
import {
  coarse,
  EXACT_AT_MOST,
  halfvecText,
  indexVectors,
  type VectorIndex,
  vectorIndexes,
} from '../../../engine/vectors';
import { searchTerms } from '../../../engine/words';
import { createCorpus, type Made } from './corpus';

/** Whose vectors the invented ones are said to be. */
export const MODEL = 'e5-small-v2/q8/1';
export const PER_DOCUMENT = 50;
/** Bytes of the log after which a checkpoint is due. */
export const CHECKPOINT_AT = 48e6;

export interface FillTimes {
  /** Rows with their words and vectors in their indexes, fifty to a statement. */
  rows_ms: number;
  /** Putting the first ones into the index of vectors that is made then; 0 where there was one. */
  index_ms: number;
  longest_step_ms: number;
}

/**
 * Adds passages until there are `size`.
 * @param have how many there are
 * @param progress told how many there are after each conversation
 */
export async function fillTo(
  store: Store,
  have: number,
  size: number,
  progress: (chunks: number) => void = () => undefined,
): Promise<FillTimes> {
  const corpus = createCorpus(1);
  for (let i = 0; i < have; i++) corpus.passage();
  const times: FillTimes = { rows_ms: 0, index_ms: 0, longest_step_ms: 0 };
  for (let from = have; from < size; from += PER_DOCUMENT) {
    const made = Array.from({ length: PER_DOCUMENT }, () => corpus.passage());
    const started = performance.now();
    const newest = (await vectorIndexes(store, MODEL)).at(-1);
    await addConversation(store, from, made, newest);
    if ((await store.walBytes()) > CHECKPOINT_AT) await store.maintain('checkpoint');
    times.rows_ms += performance.now() - started;
    progress(from + PER_DOCUMENT);
    // as the embedding job does: the index is made when there are enough, what comes later goes straight in
    if (newest || from + PER_DOCUMENT <= EXACT_AT_MOST) continue;
    const begun = performance.now();
    let last = begun;
    await indexVectors(store, MODEL, async () => {
      times.longest_step_ms = Math.max(times.longest_step_ms, performance.now() - last);
      last = performance.now();
    });
    times.index_ms = performance.now() - begun;
  }
  await store.query(
    'update vector_index set inserted = (select count(*) from embedding where index_id = vector_index.id)',
  );
  // as the engine does on idle
  await store.maintain('vacuum');
  await store.maintain('checkpoint');
  return times;
}

/** One conversation of these passages, one to a message, their vectors in this index or in none. */
async function addConversation(
  store: Store,
  from: number,
  made: Made[],
  index: VectorIndex | undefined,
): Promise<void> {
  const at = (i: number) => new Date(Date.UTC(2024, 0, 1) + (from + i) * 600_000).toISOString();
  const context = (i: number) => `An invented conversation ${from + i}`;
  const [{ id: document }] = (await store.query<{ id: string }>(
    `insert into document (kind, source, external_id, title, captured_at, happened_at, content_hash)
     values ('conversation', 'chatgpt', $1 || uuidv7(), $1, $2, $2, '') returning id`,
    [`d${from}`, at(made.length - 1)],
  )) as [{ id: string }];
  const messages = await store.query<{ id: string }>(
    `insert into message (document_id, external_id, role, author, markdown, created_at, position, content_hash)
     select $1, n::text, role, '', '', at, n, '' from unnest($2::int[], $3::text[], $4::timestamptz[])
       as t (n, role, at) order by t.n returning id`,
    [document, made.map((_, i) => i), made.map((_, i) => (i % 2 ? 'assistant' : 'user')), made.map((_, i) => at(i))],
  );
  const chunks = await store.query<{ id: string }>(
    `insert into chunk (document_id, message_id, level, ordinal, text, context, token_count, content_hash, made_by, language, terms)
     select $1, m, 1, n, x, c, 1, '', 1, 'en', w
     from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[]) as t (m, n, x, c, w) order by t.n
     returning id`,
    [
      document,
      messages.map(({ id }) => id),
      made.map((_, i) => i),
      made.map(({ text }) => text),
      made.map((_, i) => context(i)),
      made.map(({ text }, i) => searchTerms(`${context(i)}\n${text}`, 'en')),
    ],
  );
  await store.query(
    `insert into embedding (chunk_id, model_id, vector, index_id, coarse)
     select c, $2, v::halfvec, $4, ${index ? coarse(index, 'v::halfvec') : 'null'} from unnest($1::uuid[], $3::text[]) as t (c, v)`,
    [chunks.map(({ id }) => id), MODEL, made.map(({ vector }) => halfvecText(vector)), index?.id ?? 0],
  );
}
