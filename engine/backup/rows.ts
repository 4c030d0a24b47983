/** Documents and messages as lines of JSON, in pages: Postgres writes them, so that no digit of a number is lost. */
import type { Queryable } from '../store';
import { DOCUMENT, MESSAGE, selectList } from './format';

const DOCUMENTS = 50;
const MESSAGES = 200;
/** Text of one page; a message that is longer comes alone. */
const PAGE_CHARACTERS = 2_000_000;

/** The next documents that are not deleted, by id. None when there are no more. */
export function documentsAfter(
  db: Queryable,
  after: string | null,
  only: { sql: string; values: unknown[] } | null = null,
): Promise<Array<{ id: string; line: string }>> {
  const values = only?.values ?? [];
  const place = `$${values.length + 1}`;
  return db.query(
    `select r.id, row_to_json(r)::text as line from (
      select ${selectList(DOCUMENT, 'd')} from document d
      where d.forget_id is null and (${place}::uuid is null or d.id > ${place}) ${only ? `and ${only.sql}` : ''}
      order by d.id limit ${DOCUMENTS}
    ) r`,
    [...values, after],
  );
}

/** A document's messages in order: the shown branch, then what was replaced. */
export async function* messagesOf(db: Queryable, documentId: string): AsyncGenerator<string> {
  for (let after: { position: number; id: string } | null = null; ;) {
    const page: Array<{ position: number; id: string; line: string }> = await db.query(
      `select position, id, line from (
        select position, id, line, nth, sum(length(line)) over (order by nth) as characters
        from (
          select r.position, r.id, row_to_json(r)::text as line, row_number() over (order by r.position, r.id) as nth
          from (
            select ${selectList(MESSAGE, 'm')} from message m
            where m.document_id = $1 and ($2::integer is null or (m.position, m.id) > ($2, $3::uuid))
            order by m.position, m.id limit ${MESSAGES}
          ) r
        ) l
      ) p
      where characters <= ${PAGE_CHARACTERS} or nth = 1 order by nth`,
      [documentId, after?.position ?? null, after?.id ?? null],
    );
    for (const { line } of page) yield line;
    after = page.at(-1) ?? null;
    if (after === null) return;
  }
}
