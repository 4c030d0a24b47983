/** What there is to answer from: the hits of a question with their whole text, and what stands beside them. */
import type { Hit, RecallFilters } from '../api';
import type { Role } from '../capture/types';
import { shortened, shortenedToEnd } from '../cut';
import type { Embedder } from '../embed';
import { EngineError } from '../errors';
import { recall } from '../recall';
import type { Queryable, Store } from '../store';
import { HITS, NEIGHBOUR_CHARACTERS } from './constants';
import { asE5 } from './meaning';

/** The `source` of our own chats: found by a search, never taken for evidence. */
export const CHAT_SOURCE = 'commonplace';

/** Proper names of the assistants, by source; the adapters, which know them too, are no part of the engine's worker. */
const ASSISTANTS: Record<string, string> = {
  chatgpt: 'ChatGPT',
  claude: 'Claude',
  gemini: 'Gemini',
  deepseek: 'DeepSeek',
};

/** A hit with all of its text. */
export interface Found extends Omit<Hit, 'passage' | 'highlights'> {
  text: string;
  speaker: string | null;
  /** The cosine with the question as e5's would be, null where only words found it. */
  similarity: number | null;
}

/** A text beside a hit, in its conversation. */
export interface Beside extends Omit<Found, 'reasons' | 'score' | 'similarity'> {
  /** The chunk that it stands beside. */
  beside: string;
  /** Whether it comes before that. */
  before: boolean;
}

/** Best first. Our own chats are not among them. */
export async function gather(
  store: Store,
  embedder: Embedder | null,
  query: { text: string; filters: RecallFilters },
  now: Date,
  signal?: AbortSignal,
): Promise<{ found: Found[]; filters: RecallFilters }> {
  const ask = (filters: RecallFilters) =>
    recall(store, embedder, { text: query.text, filters, limit: HITS }, signal, now);
  let result = await ask(query.filters);
  const { filters } = result.understood;
  if (result.hits.some(isOurs)) {
    // What the chats took of the list is made up for by a search without them.
    const sources = (query.filters.sources ?? (await allSources(store))).filter((source) => source !== CHAT_SOURCE);
    result = sources.length > 0 ? await ask({ ...query.filters, sources }) : { ...result, hits: [] };
  }
  return {
    found: await withText(
      store,
      result.hits.filter((hit) => !isOurs(hit)),
      embedder?.modelId ?? '',
    ),
    filters,
  };
}

function isOurs({ source }: { source: string }): boolean {
  return source === CHAT_SOURCE;
}

async function allSources(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ source: string }>('select distinct source from document where forget_id is null');
  return rows.map(({ source }) => source);
}

async function withText(db: Queryable, hits: Hit[], modelId: string): Promise<Found[]> {
  const rows = await db.query<{ id: string; text: string }>('select id, text from chunk where id = any($1::uuid[])', [
    hits.map(({ chunk_id }) => chunk_id),
  ]);
  const texts = new Map(rows.map(({ id, text }) => [id, text]));
  return hits.flatMap(({ passage: _passage, highlights: _highlights, ...hit }) => {
    const text = texts.get(hit.chunk_id);
    const meaning = hit.reasons.find((reason) => reason.kind === 'meaning');
    return text === undefined
      ? []
      : [{ ...hit, text, speaker: speakerOf(hit), similarity: meaning ? asE5(modelId, meaning.similarity) : null }];
  });
}

interface ChunkRow {
  chunk_id: string;
  document_id: string;
  message_id: string | null;
  message_external_id: string | null;
  kind: Found['kind'];
  source: string;
  title: string | null;
  url: string | null;
  role: Role | null;
  author: string | null;
  model: string | null;
  created_at: Date | string;
  text: string;
}

const COLUMNS = `c.id as chunk_id, c.document_id, c.message_id, m.external_id as message_external_id, d.kind, d.source,
  d.title, d.url, m.role, coalesce(m.author, d.author) as author, m.model,
  coalesce(m.created_at, d.created_at, d.captured_at) as created_at, c.text`;
const VISIBLE = `c.level = 1 and d.forget_id is null and coalesce(m.on_active_branch and m.finished, true)`;

function toFound(row: ChunkRow): Omit<Found, 'reasons' | 'score' | 'similarity'> {
  return {
    ...row,
    original_url: row.url,
    created_at: new Date(row.created_at).toISOString(),
    speaker: speakerOf(row),
  };
}

/** These passages, in the order given; an id that is not kept (any more), or is of our own chats, is left out. */
export async function passagesById(db: Queryable, ids: string[]): Promise<Found[]> {
  const rows = await db.query<ChunkRow>(
    `select ${COLUMNS} from chunk c join document d on d.id = c.document_id left join message m on m.id = c.message_id
    where c.id = any($1::uuid[]) and ${VISIBLE} and d.source <> $2`,
    [ids.map(chunkId), CHAT_SOURCE],
  );
  const byId = new Map(rows.map((row) => [row.chunk_id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    return row ? [{ ...toFound(row), reasons: [], score: 0, similarity: null }] : [];
  });
}

/** What comes before and after each of these: of the same message, else of the turn before and the turn after. */
export async function neighbours(db: Queryable, found: Found[]): Promise<Beside[]> {
  if (found.length === 0) return [];
  const rows = await db.query<ChunkRow & { beside: string; before: boolean }>(
    `with hit as (
      select c.id, c.document_id, c.message_id, c.ordinal, m.position
      from chunk c left join message m on m.id = c.message_id where c.id = any($1::uuid[])
    ),
    -- passages of one message are numbered among sections: the next is not always ordinal + 1
    side as (
      select h.id as beside, b.before, coalesce(within.id, turn.id) as id
      from hit h cross join (values (true), (false)) b(before)
      left join lateral (
        select c.id from chunk c
        where c.message_id = h.message_id and c.level = 1
          and case when b.before then c.ordinal < h.ordinal else c.ordinal > h.ordinal end
        order by case when b.before then -c.ordinal else c.ordinal end limit 1
      ) within on true
      left join lateral (
        select c.id from message m join chunk c on c.message_id = m.id and c.level = 1
        where within.id is null and m.document_id = h.document_id and m.on_active_branch
          and m.position = h.position + case when b.before then -1 else 1 end
        order by case when b.before then -c.ordinal else c.ordinal end limit 1
      ) turn on true
    )
    select ${COLUMNS}, side.beside, side.before
    from side join chunk c on c.id = side.id join document d on d.id = c.document_id left join message m on m.id = c.message_id
    where ${VISIBLE}`,
    [found.map(({ chunk_id }) => chunk_id)],
  );
  return rows.map(({ beside, before, ...row }) => {
    const whole = toFound(row);
    const text = (before ? shortenedToEnd : shortened)(whole.text, NEIGHBOUR_CHARACTERS);
    return { ...whole, text, beside, before };
  });
}

/** As a person calls who said it. */
export function speakerOf(said: {
  kind: string;
  source: string;
  role: Role | null;
  author: string | null;
}): string | null {
  if (said.author !== null && said.author !== '') return said.author;
  if (said.kind !== 'conversation') return null;
  if (said.role === 'user') return 'You';
  if (said.role !== 'assistant') return said.role;
  return ASSISTANTS[said.source] ?? said.source;
}

function chunkId(id: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(id)) {
    throw new EngineError('bad_input', `${id} is not a passage's id.`);
  }
  return id;
}
