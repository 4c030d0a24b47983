/** Fills a store with conversations the way ingest does, for the recall benchmarks. */
import type { Store } from '../../engine/store';
import { coarse, halfvecText, type VectorIndex } from '../../engine/vectors';
import { searchTerms } from '../../engine/words';
import type { Conversation } from './recall-corpus';

export interface Passage {
  turn: number;
  text: string;
  context: string;
  vector: Float32Array;
}

/** One document of these passages, their vectors in this index or in none; the ids of its messages by turn. */
export async function fillConversation(
  store: Store,
  conversation: Conversation,
  passages: Passage[],
  modelId: string,
  index?: VectorIndex,
): Promise<string[]> {
  const [{ id: document }] = (await store.query<{ id: string }>(
    `insert into document (kind, source, external_id, title, captured_at, happened_at, content_hash)
     values ('conversation', 'chatgpt', $1 || uuidv7(), $1, $2, $2, '') returning id`,
    [conversation.id, conversation.turns.at(-1)?.created_at],
  )) as [{ id: string }];
  const { turns } = conversation;
  const messages = await store.query<{ id: string }>(
    `insert into message (document_id, external_id, role, author, markdown, created_at, position, content_hash)
     select $1, n::text, role, author, '', at, n, '' from unnest($2::int[], $3::text[], $4::text[], $5::timestamptz[])
       as t (n, role, author, at) order by t.n returning id`,
    [
      document,
      turns.map((_, i) => i),
      turns.map((t) => t.role),
      turns.map((t) => t.speaker),
      turns.map((t) => t.created_at),
    ],
  );
  const ids = messages.map((message) => message.id);
  for (let i = 0; i < passages.length; i += 500) {
    const part = passages.slice(i, i + 500);
    const chunks = await store.query<{ id: string }>(
      `insert into chunk (document_id, message_id, level, ordinal, text, context, token_count, content_hash, made_by, language, terms)
       select $1, m, 1, n, x, c, 1, '', 1, 'en', w
       from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[]) as t (m, n, x, c, w) order by t.n
       returning id`,
      [
        document,
        part.map((p) => ids[p.turn]),
        part.map((_, j) => i + j),
        part.map((p) => p.text),
        part.map((p) => p.context),
        part.map((p) => searchTerms(`${p.context}\n${p.text}`, 'en')),
      ],
    );
    await store.query(
      `insert into embedding (chunk_id, model_id, vector, index_id, coarse)
       select c, $2, v::halfvec, $4, ${index ? coarse(index, 'v::halfvec') : 'null'} from unnest($1::uuid[], $3::text[]) as t (c, v)`,
      [chunks.map((c) => c.id), modelId, part.map((p) => halfvecText(p.vector)), index?.id ?? 0],
    );
  }
  return ids;
}
