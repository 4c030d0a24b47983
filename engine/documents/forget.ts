import type { ForgetReceipt, ForgetScope } from '../api';
import { EngineError } from '../errors';
import type { Queryable, Store } from '../store';
import { uuid } from './list';

/** How long a deletion can be undone, in milliseconds. Until then the rows exist and are invisible everywhere. */
export const UNDO_MS = 30_000;

/** Rows deleted in one transaction of a purge: a few milliseconds each, so that a search never waits long. */
const PURGE_SLICE = 400;

/** Sha256, in hex, of a document's source and id: all that stays of a deleted document. */
export async function forgottenHash(source: string, externalId: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${source}\n${externalId}`));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The condition a scope stands for, on `document d`, with one parameter at `$1`. */
function condition(scope: ForgetScope): { sql: string; value: unknown } {
  if ('document_ids' in scope)
    return { sql: 'd.id = any($1::uuid[])', value: scope.document_ids.map((id) => uuid(id, 'document_ids')) };
  if ('source' in scope) return { sql: 'd.source = $1::text', value: scope.source };
  if ('captured_after' in scope) {
    if (Number.isNaN(Date.parse(scope.captured_after))) {
      throw new EngineError('bad_input', `captured_after is not a time: ${scope.captured_after}`);
    }
    return { sql: 'd.captured_at >= $1::timestamptz', value: scope.captured_after };
  }
  return { sql: '$1::boolean', value: true };
}

/** Hides the documents of `scope` at once; the receipt undoes it until `purge_at`. To be run in a transaction. */
export async function forget(tx: Queryable, scope: ForgetScope, now: Date): Promise<ForgetReceipt> {
  const { sql, value } = condition(scope);
  const purgeAt = new Date(now.getTime() + UNDO_MS);
  const counted = await count(tx, sql, value);
  const [receipt] = await tx.query<{ id: string }>(
    'insert into forget_receipt (documents, messages, purge_at) values ($1, $2, $3) returning id',
    [counted.documents, counted.messages, purgeAt.toISOString()],
  );
  if (!receipt) throw new EngineError('internal', 'The receipt of a deletion was not written.');
  await tx.query(`update document d set forget_id = $2::uuid where ${sql} and d.forget_id is null`, [
    value,
    receipt.id,
  ]);
  return { id: receipt.id, ...counted, purge_at: purgeAt.toISOString() };
}

export async function countForget(db: Queryable, scope: ForgetScope): Promise<{ documents: number; messages: number }> {
  const { sql, value } = condition(scope);
  return count(db, sql, value);
}

async function count(db: Queryable, sql: string, value: unknown): Promise<{ documents: number; messages: number }> {
  const [row] = await db.query<{ documents: number; messages: number }>(
    `select count(distinct d.id)::int as documents, count(m.id)::int as messages
    from document d left join message m on m.document_id = d.id and m.on_active_branch
    where ${sql} and d.forget_id is null`,
    [value],
  );
  return row ?? { documents: 0, messages: 0 };
}

/** @throws EngineError `not_found` when the receipt is unknown or its purge began. */
export async function undoForget(store: Store, receiptId: string): Promise<string[]> {
  return store.transaction(async (tx) => {
    const rows = await tx.query(
      "delete from forget_receipt where id::text = $1 and purge_at > '-infinity' returning id",
      [receiptId],
    );
    if (rows.length === 0) throw new EngineError('not_found', `Nothing that can be undone has the id ${receiptId}.`);
    const shown = await tx.query<{ id: string }>(
      'update document set forget_id = null where forget_id::text = $1 returning id',
      [receiptId],
    );
    return shown.map(({ id }) => id);
  });
}

/** Receipts whose undo time is over; all of them when `now` is null. Oldest first. */
export async function duePurges(db: Queryable, now: Date | null): Promise<Array<{ id: string; purge_at: Date }>> {
  const rows = await db.query<{ id: string; purge_at: Date | string }>(
    'select id, purge_at from forget_receipt where $1::timestamptz is null or purge_at <= $1 order by purge_at, id',
    [now?.toISOString() ?? null],
  );
  return rows.map(({ id, purge_at }) => ({ id, purge_at: new Date(purge_at) }));
}

/** A purge's hooks. Both are awaited. */
export interface PurgeHooks {
  /** Called between transactions: where a waiting search goes first. */
  onSlice: () => Promise<void>;
  /** Called before the last row of a document goes, so that what lies elsewhere goes for certain too. */
  onDocument: (document: { source: string; external_id: string }) => Promise<void>;
}

/**
 * Deletes every row of a receipt's documents and writes their hashes into `forgotten`, in transactions of a few hundred
 * rows. The hash is committed first and the receipt goes last, so that a kill at any moment leaves a purge that goes on.
 * Resolves with how many documents are gone.
 */
export async function purgeReceipt(store: Store, receiptId: string, now: Date, hooks: PurgeHooks): Promise<number> {
  // From here on it cannot be undone: half a document must never come back.
  await store.query("update forget_receipt set purge_at = '-infinity' where id = $1", [receiptId]);
  const documents = await store.query<{ id: string; source: string; external_id: string }>(
    'select id, source, external_id from document where forget_id = $1 order by id',
    [receiptId],
  );
  for (const { id, ...document } of documents) {
    await store.query(
      `insert into forgotten (source_hash, forgotten_at) values ($1, $2)
      on conflict (source_hash) do update set forgotten_at = excluded.forgotten_at`,
      [await forgottenHash(document.source, document.external_id), now.toISOString()],
    );
    // Bottom up, so that no cascade has much to do. Level 1 first: passages point at their section.
    for (const statement of [
      `delete from chunk where id in (select id from chunk where document_id = $1 and level = 1 limit ${PURGE_SLICE}) returning id`,
      `delete from chunk where id in (select id from chunk where document_id = $1 limit ${PURGE_SLICE}) returning id`,
      `delete from message where id in (select id from message where document_id = $1 limit ${PURGE_SLICE}) returning id`,
    ]) {
      let deleted = PURGE_SLICE;
      while (deleted === PURGE_SLICE) {
        await hooks.onSlice();
        deleted = (await store.query(statement, [id])).length;
      }
    }
    await hooks.onDocument(document);
    await store.query('delete from document where id = $1', [id]);
  }
  await store.query('delete from forget_receipt where id = $1', [receiptId]);
  return documents.length;
}

/** Takes back the mark of a deletion. */
export async function allowAgain(db: Queryable, where: { source: string; external_id: string }): Promise<void> {
  await db.query('delete from forgotten where source_hash = $1', [
    await forgottenHash(where.source, where.external_id),
  ]);
}

/** Whether the user deleted this document, so that it is not captured again. */
export async function wasForgotten(db: Queryable, where: { source: string; external_id: string }): Promise<boolean> {
  const rows = await db.query('select 1 from forgotten where source_hash = $1', [
    await forgottenHash(where.source, where.external_id),
  ]);
  return rows.length > 0;
}
