import { v7 as uuidv7 } from 'uuid';
import type { Role } from '../capture/types';
import type { Queryable, Store } from '../store';
import { languageOf, searchTerms } from '../words';
import { contextHeader } from './header';
import { slices } from './slices';
import { split, SPLITTER_VERSION } from './split';
import { estimateTokens, textHash } from './text';

export interface ChunkOptions {
  /** Awaited between transactions: where a waiting search goes first. */
  pause?: () => Promise<void>;
  signal?: AbortSignal;
  /** Texts that the caller has at hand, by message id; others are read. */
  texts?: Map<string, string>;
}

interface MessageState {
  id: string;
  document_id: string;
  kind: string;
  source: string;
  title: string | null;
  language: string | null;
  role: Role;
  author: string | null;
  created_at: Date | string | null;
  content_hash: string;
  length: number;
  searched: boolean;
  chunked_as: string | null;
}

interface ChunkRow {
  id: string;
  document_id: string;
  message_id: string;
  parent_id: string | null;
  level: 0 | 1;
  ordinal: number;
  text: string;
  context: string;
  token_count: number;
  content_hash: string;
  /** Of its message; null when it is plainly none. */
  language: string | null;
}

/**
 * Makes the chunks of these documents what they should be: finished messages of the shown branch have passages made by
 * this splitter under the present header, others have none. What is right already is not touched; a passage whose text
 * did not change keeps its id, and with it its vector. Safe to stop anywhere and to repeat.
 */
export async function rechunk(store: Store, documentIds: string[], options: ChunkOptions = {}): Promise<void> {
  const { pause = async () => {}, signal, texts = new Map<string, string>() } = options;
  const states = await store.query<MessageState>(
    `select m.id, m.document_id, d.kind, d.source, d.title, d.language, m.role, m.author,
      coalesce(m.created_at, d.created_at, m.captured_at) as created_at,
      m.content_hash, length(m.markdown) as length, m.on_active_branch and m.finished as searched, m.chunked_as
    from message m join document d on d.id = m.document_id
    where m.document_id = any($1::uuid[])
    order by m.document_id, m.position`,
    [documentIds],
  );

  const hidden = states.filter((state) => !state.searched && state.chunked_as !== null);
  for (const slice of slices(hidden, () => 0)) {
    signal?.throwIfAborted();
    await pause();
    const ids = slice.map(({ id }) => id);
    await store.transaction(async (tx) => {
      await deleteChunks(tx, 'message_id', ids);
      await tx.query('update message set chunked_as = null where id = any($1::uuid[])', [ids]);
    });
  }

  const pending = states
    .filter(({ searched }) => searched)
    .map((state) => ({ state, header: contextHeader(state), made: '' }));
  for (const item of pending) item.made = `${SPLITTER_VERSION}|${item.state.content_hash}|${item.header}`;
  const questions = questionsBefore(states);
  const due = pending.filter(({ state, made }) => state.chunked_as !== made);
  for (const slice of slices(due, ({ state }) => state.length)) {
    signal?.throwIfAborted();
    await pause();
    await readMissing(
      store,
      slice.map(({ state }) => state.id),
      texts,
    );
    const existing = await readChunks(
      store,
      slice.filter(({ state }) => state.chunked_as !== null).map(({ state }) => state.id),
    );
    const kept: ChunkRow[] = [];
    const fresh: ChunkRow[] = [];
    const answered: string[] = [];
    for (const { state, header } of slice) {
      const made = await cutMessage(state, header, texts.get(state.id) ?? '', existing.get(state.id) ?? []);
      kept.push(...made.kept);
      fresh.push(...made.fresh);
      const question = questions.get(state.id);
      if (question !== undefined && made.fresh.length > 0) answered.push(question);
      texts.delete(state.id);
    }
    const keptIds = new Set(kept.map(({ id }) => id));
    const gone = [...existing.values()].flat().filter(({ id }) => !keptIds.has(id));
    await store.transaction(async (tx) => {
      await insertChunks(tx, fresh);
      await updateChunks(tx, kept);
      // Last, when nothing that stays points at an old section any more.
      await deleteChunks(
        tx,
        'id',
        gone.map(({ id }) => id),
      );
      await dropVectors(tx, answered);
      await tx.query(
        `update message m set chunked_as = v.made from unnest($1::uuid[], $2::text[]) as v(id, made) where m.id = v.id`,
        [slice.map(({ state }) => state.id), slice.map(({ made }) => made)],
      );
    });
  }
  await rechunkNotes(store, documentIds);
}

/** Documents with chunks of an older splitter, or with finished messages that have none; at most `limit`. */
export async function staleDocuments(db: Queryable, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `(select distinct document_id as id from message
      where on_active_branch and finished and (chunked_as is null or split_part(chunked_as, '|', 1) <> $1::integer::text)
      limit $2)
    union
    (select distinct document_id from chunk where message_id is null and made_by <> $1::integer limit $2)
    limit $2`,
    [SPLITTER_VERSION, limit],
  );
  return rows.map(({ id }) => id);
}

interface NoteState {
  id: string;
  kind: string;
  source: string;
  title: string | null;
  language: string | null;
  note: string | null;
  happened_at: Date | string;
  chunks: Array<{ text: string; context: string; made_by: number }>;
}

/** A page's note is found like its text; its chunks belong to no message. */
async function rechunkNotes(store: Store, documentIds: string[]): Promise<void> {
  const states = await store.query<NoteState>(
    `select d.id, d.kind, d.source, d.title, d.language, d.note, d.happened_at, c.chunks
    from document d
    cross join lateral (
      select coalesce(
        jsonb_agg(jsonb_build_object('text', text, 'context', context, 'made_by', made_by) order by ordinal), '[]'
      ) as chunks
      from chunk where document_id = d.id and message_id is null
    ) c
    where d.id = any($1::uuid[]) and (d.note is not null or c.chunks <> '[]')`,
    [documentIds],
  );
  for (const state of states) {
    const context = contextHeader({ ...state, author: 'Note', role: null, created_at: state.happened_at });
    const passages = split(state.note ?? '').flatMap((section) => section.passages);
    const asIs = state.chunks.every(
      (chunk, ordinal) =>
        chunk.text === passages[ordinal] && chunk.context === context && chunk.made_by === SPLITTER_VERSION,
    );
    if (asIs && state.chunks.length === passages.length) continue;
    const rows = await Promise.all(
      passages.map(async (text, ordinal) => ({
        id: uuidv7(),
        document_id: state.id,
        message_id: null,
        parent_id: null,
        level: 1 as const,
        ordinal,
        text,
        context,
        token_count: estimateTokens(text),
        content_hash: await textHash(text),
        language: languageOfText(state.note ?? '', state),
      })),
    );
    await store.transaction(async (tx) => {
      await tx.query('delete from chunk where document_id = $1 and message_id is null', [state.id]);
      await insertChunks(tx, rows);
    });
  }
}

async function cutMessage(
  state: MessageState,
  header: string,
  text: string,
  existing: ChunkRow[],
): Promise<{ kept: ChunkRow[]; fresh: ChunkRow[] }> {
  const reusable = new Map<string, ChunkRow[]>();
  for (const chunk of existing) {
    if (chunk.level !== 1) continue;
    const same = reusable.get(chunk.content_hash);
    if (same) same.push(chunk);
    else reusable.set(chunk.content_hash, [chunk]);
  }
  const kept: ChunkRow[] = [];
  const fresh: ChunkRow[] = [];
  let ordinal = 0;
  const language = languageOfText(text, state);
  const row = (level: 0 | 1, content: string, hash: string, parent: string | null, context: string): ChunkRow => ({
    id: uuidv7(),
    document_id: state.document_id,
    message_id: state.id,
    parent_id: parent,
    level,
    ordinal: ordinal++,
    text: content,
    context,
    token_count: estimateTokens(content),
    content_hash: hash,
    language,
  });
  for (const section of split(text)) {
    const context = section.heading === null ? header : contextHeader({ ...state, heading: section.heading });
    let parent: string | null = null;
    // A section that is one passage needs no row of its own. Its text is a label: the passages hold the words.
    if (section.passages.length > 1) {
      const chunk = row(0, section.label, await textHash(section.label), null, '');
      parent = chunk.id;
      fresh.push(chunk);
    }
    for (const passage of section.passages) {
      const hash = await textHash(passage);
      const chunk = row(1, passage, hash, parent, context);
      const same = reusable.get(hash)?.shift();
      if (same) kept.push({ ...chunk, id: same.id });
      else fresh.push(chunk);
    }
  }
  return { kept, fresh };
}

/** Of each answer the question before it, where that was cut into passages earlier, and so may have been embedded without it. */
function questionsBefore(states: readonly MessageState[]): Map<string, string> {
  const turns = states.filter(({ searched, role }) => searched && (role === 'user' || role === 'assistant'));
  return new Map(
    turns.flatMap((answer, i) => {
      const question = turns[i - 1];
      if (answer.role !== 'assistant' || question?.role !== 'user' || question.chunked_as === null) return [];
      return question.document_id === answer.document_id ? [[answer.id, question.id] as const] : [];
    }),
  );
}

/** Those of one passage are embedded once more, with the answer that they have now. Until then words find them. */
async function dropVectors(tx: Queryable, messageIds: string[]): Promise<void> {
  if (messageIds.length === 0) return;
  await tx.query(
    `delete from embedding e using chunk c
    where c.message_id = any($1::uuid[]) and e.chunk_id = c.id and ${isOnlyPassage('c')}`,
    [messageIds],
  );
}

/** A condition: that a passage, by the name it has in the statement, is all there is of its message. */
export function isOnlyPassage(chunk: string): string {
  return `not exists (select from chunk other
      where other.message_id = ${chunk}.message_id and other.level = 1 and other.id <> ${chunk}.id)`;
}

async function readMissing(store: Store, ids: string[], texts: Map<string, string>): Promise<void> {
  const missing = ids.filter((id) => !texts.has(id));
  if (missing.length === 0) return;
  const rows = await store.query<{ id: string; markdown: string }>(
    'select id, markdown from message where id = any($1::uuid[])',
    [missing],
  );
  for (const { id, markdown } of rows) texts.set(id, markdown);
}

async function readChunks(store: Store, messageIds: string[]): Promise<Map<string, ChunkRow[]>> {
  const found = new Map<string, ChunkRow[]>();
  if (messageIds.length === 0) return found;
  const rows = await store.query<ChunkRow>(
    'select id, message_id, level, content_hash from chunk where message_id = any($1::uuid[]) order by ordinal',
    [messageIds],
  );
  for (const row of rows) {
    const list = found.get(row.message_id);
    if (list) list.push(row);
    else found.set(row.message_id, [row]);
  }
  return found;
}

async function insertChunks(
  tx: Queryable,
  rows: Array<Omit<ChunkRow, 'message_id'> & { message_id: string | null }>,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `insert into chunk (id, document_id, message_id, parent_id, level, ordinal, text, context, token_count, content_hash, language, terms, made_by)
    select *, $13::integer from unnest(
      $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::smallint[], $6::integer[], $7::text[], $8::text[], $9::integer[], $10::text[],
      $11::text[], $12::text[]
    )`,
    [
      rows.map((row) => row.id),
      rows.map((row) => row.document_id),
      rows.map((row) => row.message_id),
      rows.map((row) => row.parent_id),
      rows.map((row) => row.level),
      rows.map((row) => row.ordinal),
      rows.map((row) => row.text),
      rows.map((row) => row.context),
      rows.map((row) => row.token_count),
      rows.map((row) => row.content_hash),
      rows.map((row) => row.language),
      rows.map(termsOf),
      SPLITTER_VERSION,
    ],
  );
}

async function updateChunks(tx: Queryable, rows: ChunkRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `update chunk c set parent_id = v.parent_id, ordinal = v.ordinal, context = v.context, language = v.language, terms = v.terms, made_by = $7
    from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[]) as v(id, parent_id, ordinal, context, language, terms)
    where c.id = v.id and (c.parent_id, c.ordinal, c.context, c.language, c.terms, c.made_by)
      is distinct from (v.parent_id, v.ordinal, v.context, v.language, v.terms, $7)`,
    [
      rows.map((row) => row.id),
      rows.map((row) => row.parent_id),
      rows.map((row) => row.ordinal),
      rows.map((row) => row.context),
      rows.map((row) => row.language),
      rows.map(termsOf),
      SPLITTER_VERSION,
    ],
  );
}

/** Passages before sections, so that no cascade takes what a caller still counts on. */
async function deleteChunks(tx: Queryable, column: 'id' | 'message_id', ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(`delete from chunk where ${column} = any($1::uuid[]) and level = 1`, [ids]);
  await tx.query(`delete from chunk where ${column} = any($1::uuid[])`, [ids]);
}

/** What a text is in: what its words say, else what is known of its document. */
function languageOfText(text: string, document: { language: string | null; title: string | null }): string | null {
  return (
    languageOf(text) ??
    /^[a-z]{2}(?![a-z])/.exec(document.language?.toLowerCase() ?? '')?.[0] ??
    (document.title === null ? null : languageOf(document.title))
  );
}

/** What the index of words holds of a chunk; nothing of a section, which is not searched. */
function termsOf(chunk: { level: number; context: string; text: string; language: string | null }): string {
  return chunk.level === 0 ? '' : searchTerms(`${chunk.context}\n${chunk.text}`, chunk.language);
}

/** Makes the terms of at most `limit` chunks that have none yet (0004_terms.sql). Resolves with how many there were. */
export async function makeTerms(db: Queryable, limit: number): Promise<number> {
  const rows = await db.query<{
    id: string;
    level: number;
    context: string;
    text: string;
    document_language: string | null;
    title: string | null;
  }>(
    `select c.id, c.level, c.context, c.text, d.language as document_language, d.title
    from chunk c join document d on d.id = c.document_id where c.terms is null limit $1`,
    [limit],
  );
  if (rows.length === 0) return 0;
  const made = rows.map((row) => {
    const language = languageOfText(row.text, { language: row.document_language, title: row.title });
    return { id: row.id, language, terms: termsOf({ ...row, language }) };
  });
  await db.query(
    `update chunk c set language = v.language, terms = v.terms
    from unnest($1::uuid[], $2::text[], $3::text[]) as v(id, language, terms) where c.id = v.id`,
    [made.map(({ id }) => id), made.map(({ language }) => language), made.map(({ terms }) => terms)],
  );
  return rows.length;
}

/** Lets go of the index of words that was before terms, if no chunk needs it any more. */
export async function dropOldWords(store: Store): Promise<void> {
  const [state] = await store.query<{ due: boolean }>(
    `select to_regclass('chunk_words') is not null and not exists (select from chunk where terms is null) as due`,
  );
  if (!state?.due) return;
  await store.transaction((tx) => tx.exec('drop index chunk_words; alter table chunk drop column enriched_text'));
}
