import type { DocumentKind, DocumentSummary, DocumentView, EngineStats, MessageView, RecallFilters } from '../api';
import type { Attachment, Role } from '../capture/types';
import { EngineError } from '../errors';
import type { Queryable } from '../store';

const EXCERPT_CHARACTERS = 240;

interface SummaryRow {
  id: string;
  kind: DocumentKind;
  source: string;
  title: string | null;
  url: string | null;
  happened_at: Date | string;
  message_count: number | string;
  excerpt: string | null;
  complete: boolean;
}

// What is seen of a document: a count and the first words of the shown branch. Unfinished messages are not shown as said,
// but a conversation that has nothing else yet is still listed.
const SUMMARY = `
  select d.id, d.kind, d.source, d.title, d.url, d.happened_at, d.complete, m.message_count, f.excerpt
  from document d
  cross join lateral (
    select count(*)::int as message_count from message where document_id = d.id and on_active_branch
  ) m
  left join lateral (
    select left(markdown, ${EXCERPT_CHARACTERS}) as excerpt
    from message
    where document_id = d.id and on_active_branch and markdown <> ''
    order by position limit 1
  ) f on true`;

/** The newest documents first; `before` is exclusive. Documents of one same moment are never parted by a page's end. */
export async function timeline(
  db: Queryable,
  options: { limit?: number; before?: string; filters?: RecallFilters },
): Promise<DocumentSummary[]> {
  const { filters = {} } = options;
  const limit = Math.max(1, Math.min(500, Math.trunc(options.limit ?? 50)));
  const rows = await db.query<SummaryRow>(
    `${SUMMARY}
    where d.forget_id is null
      and ($2::timestamptz is null or d.happened_at < $2)
      and ($3::text[] is null or d.source = any($3))
      and ($4::text[] is null or d.kind = any($4))
      and ($5::timestamptz is null or d.happened_at >= $5)
      and ($6::timestamptz is null or d.happened_at < $6)
      and ($7::uuid[] is null or d.id = any($7))
      and ($8::text[] is null or exists (
        select from message where document_id = d.id and on_active_branch and role = any($8)
      ))
    order by d.happened_at desc fetch first $1 rows with ties`,
    [
      limit,
      moment(options.before, 'before'),
      filters.sources ?? null,
      filters.kinds ?? null,
      moment(filters.after, 'filters.after'),
      moment(filters.before, 'filters.before'),
      filters.document_ids?.map((id) => uuid(id, 'filters.document_ids')) ?? null,
      filters.roles ?? null,
    ],
  );
  return rows.map(toSummary);
}

interface DocumentRow extends SummaryRow {
  author: string | null;
  language: string | null;
  note: string | null;
  captured_at: Date | string;
  created_at: Date | string | null;
}

interface MessageRow {
  id: string;
  external_id: string;
  role: Role;
  author: string | null;
  model: string | null;
  created_at: Date | string | null;
  markdown: string;
  thinking: string | null;
  finished: boolean;
  attachments: Attachment[];
}

/** @throws EngineError `not_found`; `bad_input` when the id is no uuid. */
export async function readDocument(db: Queryable, documentId: string): Promise<DocumentView> {
  const id = uuid(documentId, 'documentId');
  const [row] = await db.query<DocumentRow>(
    `select s.*, d.author, d.language, d.note, d.captured_at, d.created_at
    from (${SUMMARY} where d.id = $1 and d.forget_id is null) s join document d on d.id = s.id`,
    [id],
  );
  if (!row) throw new EngineError('not_found', `There is no document ${id}.`);
  const messages = await db.query<MessageRow>(
    `select id, external_id, role, author, model, created_at, markdown, metadata->>'thinking' as thinking, finished,
      attachments
    from message where document_id = $1 and on_active_branch order by position, id`,
    [id],
  );
  return {
    ...toSummary(row),
    author: row.author,
    language: row.language,
    note: row.note,
    captured_at: iso(row.captured_at),
    created_at: isoOrNull(row.created_at),
    messages: messages.map((message): MessageView => ({ ...message, created_at: isoOrNull(message.created_at) })),
  };
}

/** The document of this source and id, or kept from this address (the newest of several), or null. */
export async function findDocument(
  db: Queryable,
  where: { source: string; external_id: string } | { url: string },
): Promise<DocumentSummary | null> {
  const [row] =
    'url' in where
      ? await db.query<SummaryRow>(
          `${SUMMARY} where d.url = $1 and d.forget_id is null order by d.happened_at desc limit 1`,
          [where.url],
        )
      : await db.query<SummaryRow>(`${SUMMARY} where d.source = $1 and d.external_id = $2 and d.forget_id is null`, [
          where.source,
          where.external_id,
        ]);
  return row ? toSummary(row) : null;
}

/** What is visible: documents, messages of the shown branch, passages, and passages without a vector of `modelId`. */
export async function countDocuments(
  db: Queryable,
  modelId: string | null,
): Promise<{ documents: number; messages: number; chunks: number; chunks_waiting: number }> {
  const [row] = await db.query<{ documents: number; messages: number; chunks: number; chunks_waiting: number }>(
    `select
      (select count(*) from document where forget_id is null)::int as documents,
      (select count(*) from message m join document d on d.id = m.document_id
        where m.on_active_branch and d.forget_id is null)::int as messages,
      c.chunks, c.chunks_waiting
    from (
      select count(*)::int as chunks, (count(*) filter (where $1::text is not null and e.chunk_id is null))::int as chunks_waiting
      from chunk c
      join document d on d.id = c.document_id and d.forget_id is null
      left join embedding e on e.chunk_id = c.id and e.model_id = $1
      where c.level = 1
    ) c`,
    [modelId],
  );
  return row ?? { documents: 0, messages: 0, chunks: 0, chunks_waiting: 0 };
}

export async function countBySource(db: Queryable): Promise<EngineStats['by_source']> {
  return db.query(
    `select d.source, d.kind, count(distinct d.id)::int as documents, count(m.id)::int as messages
    from document d left join message m on m.document_id = d.id and m.on_active_branch
    where d.forget_id is null
    group by d.source, d.kind order by d.source, d.kind`,
  );
}

function toSummary(row: SummaryRow): DocumentSummary {
  return {
    id: row.id,
    kind: row.kind,
    source: row.source,
    title: row.title,
    url: row.url,
    happened_at: iso(row.happened_at),
    message_count: Number(row.message_count),
    excerpt: (row.excerpt ?? '').trim(),
    complete: row.complete,
  };
}

function iso(value: Date | string): string {
  return new Date(value).toISOString();
}

function isoOrNull(value: Date | string | null): string | null {
  return value === null ? null : iso(value);
}

function moment(value: string | undefined, name: string): string | null {
  if (value === undefined) return null;
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) throw new EngineError('bad_input', `${name} is not a time: ${value}`);
  return time.toISOString();
}

/** @throws EngineError `bad_input` when `value` has not the form of an id. */
export function uuid(value: string, name: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(value)) {
    throw new EngineError('bad_input', `${name} is not a document's id: ${value}`);
  }
  return value;
}
