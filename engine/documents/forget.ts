import type { DocumentKind, ForgetCount, ForgetReceipt, ForgetScope } from '../api';
import { type Capture, sourceOf } from '../capture/types';
import { EngineError } from '../errors';
import { sha256 } from '../sha256';
import type { Queryable, Store } from '../store';
import { uuid } from './list';

/**
 * The longest a deletion can be undone, in milliseconds; it ends sooner when the panel that asked for it is closed. Until
 * then the rows exist and are invisible everywhere.
 */
export const UNDO_MS = 24 * 3_600_000;

/** Nobody says that a killed browser's panel was closed: after a start, what is left can be undone for this long. */
export const UNDO_AFTER_START_MS = 10 * 60_000;

/** A page that was not closed for longer than this hands nothing over any more: what is left of a scope goes then. */
const LATEST_MS = 90 * 24 * 3_600_000;

/** Rows deleted in one transaction of a purge: a few milliseconds each, so that a search never waits long. */
const PURGE_SLICE = 400;

/** Sha256, in hex, of a document's source and id: all that stays of a deleted document. */
export function forgottenHash(source: string, externalId: string): Promise<string> {
  return sha256(`${source}\n${externalId}`);
}

/** What names no site or host takes all of them. No document's hash is that of such a text: it has three lines. */
function scopeHash(source: string | null, host: string | null): Promise<string> {
  return sha256(`scope\n${source ?? ''}\n${host ?? ''}`);
}

/**
 * What stays of a deletion of more than single documents: a hash of what it was about and from when on, so that a capture
 * which a page hands over after it was made final is still known to come under it. Null for single documents.
 */
async function scopeMark(scope: ForgetScope | null): Promise<string | null> {
  if (scope === null || 'document_ids' in scope) return null;
  if ('everything' in scope) return `${await scopeHash(null, null)}@`;
  const host = 'host' in scope ? plainHost(scope.host) : null;
  const hash = await scopeHash('source' in scope ? scope.source : null, host);
  return `${hash}@${scope.captured_after === undefined ? '' : moment(scope.captured_after)}`;
}

/** Host of a document's address: no user, no port, no leading `www.`; null where there is no web address. */
const HOST = String.raw`regexp_replace(substring(lower(d.url) from '^https?://(?:[^/?#@]*@)?([^/:?#]+)'), '^www\.', '')`;

/** `host` as {@link HOST} gives it. */
function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/u, '')
    .replace(/^www\./u, '');
}

function moment(value: string): string {
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new EngineError('bad_input', `captured_after is not a time: ${value}`);
  return new Date(time).toISOString();
}

/** The condition a scope stands for, on `document d`, with its parameters from `$1` on. */
function condition(scope: ForgetScope): { sql: string; values: unknown[] } {
  if ('document_ids' in scope) {
    return { sql: 'd.id = any($1::uuid[])', values: [scope.document_ids.map((id) => uuid(id, 'document_ids'))] };
  }
  if ('everything' in scope) return { sql: '$1::boolean', values: [true] };
  const parts: string[] = [];
  const values: unknown[] = [];
  const add = (sql: (place: string) => string, value: unknown) => {
    values.push(value);
    parts.push(sql(`$${values.length}`));
  };
  if ('source' in scope) add((place) => `d.source = ${place}::text`, scope.source);
  if ('host' in scope) add((place) => `${HOST} = ${place}::text`, plainHost(scope.host));
  // By what came in then, not by when it was last looked at: an old conversation that was only opened stays.
  if (scope.captured_after !== undefined) {
    add(
      (place) => `(exists (select from message where document_id = d.id and captured_at >= ${place}::timestamptz)
        or (d.captured_at >= ${place}::timestamptz and not exists (select from message where document_id = d.id)))`,
      moment(scope.captured_after),
    );
  }
  if (parts.length === 0) throw new EngineError('bad_input', 'The scope of a deletion names nothing.');
  return { sql: parts.join(' and '), values };
}

/** Hides the documents of `scope` at once; the receipt undoes it until `purge_at`. To be run in a transaction. */
export async function forget(tx: Queryable, scope: ForgetScope, now: Date): Promise<ForgetReceipt> {
  const { sql, values } = condition(scope);
  const purgeAt = new Date(now.getTime() + UNDO_MS);
  const { documents, messages } = await countForget(tx, scope);
  const [receipt] = await tx.query<{ id: string }>(
    `insert into forget_receipt (documents, messages, purge_at, made_at, scope) values ($1, $2, $3, $4, $5::text::jsonb)
    returning id`,
    [
      documents,
      messages,
      purgeAt.toISOString(),
      now.toISOString(),
      'document_ids' in scope ? null : JSON.stringify(scope),
    ],
  );
  if (!receipt) throw new EngineError('internal', 'The receipt of a deletion was not written.');
  await tx.query(`update document d set forget_id = $${values.length + 1}::uuid where ${sql} and d.forget_id is null`, [
    ...values,
    receipt.id,
  ]);
  return { id: receipt.id, documents, messages, purge_at: purgeAt.toISOString() };
}

/** What {@link forget} would hide now. */
export async function countForget(db: Queryable, scope: ForgetScope): Promise<ForgetCount> {
  const { sql, values } = condition(scope);
  const after = 'captured_after' in scope && scope.captured_after !== undefined ? moment(scope.captured_after) : null;
  const rows = await db.query<{ kind: DocumentKind; documents: number; messages: number; older: number }>(
    `select d.kind, count(*)::int as documents, coalesce(sum(m.messages), 0)::int as messages,
      (count(*) filter (where m.first < $${values.length + 1}::timestamptz))::int as older
    from document d
    cross join lateral (
      select count(*) filter (where on_active_branch) as messages, min(captured_at) as first
      from message where document_id = d.id
    ) m
    where ${sql} and d.forget_id is null
    group by d.kind`,
    [...values, after],
  );
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    documents: sum((row) => row.documents),
    messages: sum((row) => row.messages),
    by_kind: Object.fromEntries(rows.map((row) => [row.kind, row.documents])),
    older: sum((row) => row.older),
  };
}

/**
 * Hides documents that came in from captures made before a deletion that covers them: they waited, or came late.
 * Resolves with the ids that are hidden now.
 */
export async function hideLate(db: Queryable, documentIds: string[]): Promise<string[]> {
  if (documentIds.length === 0) return [];
  const receipts = await db.query<{ id: string; scope: ForgetScope; made_at: Date | string }>(
    "select id, scope, made_at from forget_receipt where scope is not null and purge_at > '-infinity' order by made_at",
  );
  const hidden: string[] = [];
  for (const { id, scope, made_at } of receipts) {
    const { sql, values } = condition(scope);
    const [ids, made, receipt] = [1, 2, 3].map((more) => `$${values.length + more}`);
    const rows = await db.query<{ id: string }>(
      `update document d set forget_id = ${receipt}::uuid
      where d.id = any(${ids}::uuid[]) and d.forget_id is null and d.captured_at < ${made}::timestamptz and ${sql}
      returning d.id`,
      [...values, documentIds, new Date(made_at).toISOString(), id],
    );
    hidden.push(...rows.map((row) => row.id));
  }
  return hidden;
}

/**
 * Which of these captures were made before a deletion that covers them was, and come after it was made final.
 *
 * @remarks Only for captures that wait somewhere until they are taken. A file that is read on purpose may be older than
 *   any deletion.
 */
export async function readOvertaken(db: Queryable, captures: Capture[]): Promise<Set<Capture>> {
  const hashes = await Promise.all(
    captures.map((capture) => {
      const address = capture.url !== null && URL.canParse(capture.url) ? new URL(capture.url).hostname : null;
      const host = address === null || address === '' ? null : plainHost(address);
      const hosts = host === null ? [null] : [null, host];
      return Promise.all([null, sourceOf(capture)].flatMap((source) => hosts.map((each) => scopeHash(source, each))));
    }),
  );
  const rows = await db.query<{ hash: string; since: string; forgotten_at: Date | string }>(
    `select split_part(source_hash, '@', 1) as hash, split_part(source_hash, '@', 2) as since, forgotten_at from forgotten
    where source_hash like '%@%' and split_part(source_hash, '@', 1) = any($1::text[])`,
    [[...new Set(hashes.flat())]],
  );
  return new Set(
    captures.filter((capture, index) => {
      const made = Date.parse(capture.captured_at);
      return rows.some(
        ({ hash, since, forgotten_at }) =>
          hashes[index]?.includes(hash) === true &&
          made < new Date(forgotten_at).getTime() &&
          (since === '' || made >= Date.parse(since)),
      );
    }),
  );
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

/** Makes receipts due no later than `at`; all of them when `ids` is null. Resolves with how many there are. */
export async function hasten(db: Queryable, ids: string[] | null, at: Date): Promise<number> {
  const rows = await db.query(
    `update forget_receipt set purge_at = least(purge_at, $2::timestamptz)
    where $1::text[] is null or id::text = any($1) returning id`,
    [ids, at.toISOString()],
  );
  return rows.length;
}

/** A deletion that is to be made final. */
export interface DuePurge {
  id: string;
  purge_at: Date;
  made_at: Date;
  /** Null for single documents. */
  scope: ForgetScope | null;
}

/** Receipts whose undo time is over; all of them when `now` is null. Oldest first. */
export async function duePurges(db: Queryable, now: Date | null, ids: string[] | null = null): Promise<DuePurge[]> {
  const rows = await db.query<{
    id: string;
    purge_at: Date | string;
    made_at: Date | string;
    scope: ForgetScope | null;
  }>(
    `select id, purge_at, made_at, scope from forget_receipt
    where ($1::timestamptz is null or purge_at <= $1) and ($2::text[] is null or id::text = any($2))
    order by purge_at, id`,
    [now?.toISOString() ?? null, ids],
  );
  return rows.map((row) => ({ ...row, purge_at: new Date(row.purge_at), made_at: new Date(row.made_at) }));
}

/** A purge's hooks. Both are awaited. */
export interface PurgeHooks {
  /** Called between transactions: where a waiting search goes first. */
  onSlice: () => Promise<void>;
  /** Called before the last row of a document goes, so that what lies elsewhere goes for certain too. */
  onDocument: (document: { source: string; external_id: string }) => Promise<void>;
}

/**
 * Deletes every row of a receipt's documents and writes their hashes into `forgotten` (where the receipt says so), in
 * transactions of a few hundred rows. The hash is committed first and the receipt goes last, so that a kill at any moment leaves a purge that goes on.
 * Resolves with how many documents are gone.
 */
export async function purgeReceipt(store: Store, receiptId: string, now: Date, hooks: PurgeHooks): Promise<number> {
  // From here on it cannot be undone: half a document must never come back.
  const [receipt] = await store.query<{ scope: ForgetScope | null; made_at: Date | string }>(
    "update forget_receipt set purge_at = '-infinity' where id = $1 returning scope, made_at",
    [receiptId],
  );
  const mark = await scopeMark(receipt?.scope ?? null);
  if (receipt !== undefined && mark !== null) {
    await store.query(
      `insert into forgotten (source_hash, forgotten_at) values ($1, $2)
      on conflict (source_hash) do update set forgotten_at = greatest(forgotten.forgotten_at, excluded.forgotten_at)`,
      [mark, new Date(receipt.made_at).toISOString()],
    );
    await store.query("delete from forgotten where source_hash like '%@%' and forgotten_at < $1", [
      new Date(now.getTime() - LATEST_MS).toISOString(),
    ]);
  }
  const documents = await store.query<{ id: string; source: string; external_id: string; marks: boolean }>(
    `select d.id, d.source, d.external_id, r.marks from document d join forget_receipt r on r.id = d.forget_id
    where r.id = $1 order by d.id`,
    [receiptId],
  );
  for (const { id, source, external_id, marks } of documents) {
    if (marks) {
      await store.query(
        `insert into forgotten (source_hash, forgotten_at) values ($1, $2)
        on conflict (source_hash) do update set forgotten_at = excluded.forgotten_at`,
        [await forgottenHash(source, external_id), now.toISOString()],
      );
    }
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
    await hooks.onDocument({ source, external_id });
    await store.query('delete from document where id = $1', [id]);
  }
  await store.query('delete from forget_receipt where id = $1', [receiptId]);
  return documents.length;
}

/**
 * Takes back the mark of a deletion, and the deletion itself where it can still be undone. Resolves with the id of the
 * document that is shown again, or null.
 */
export async function allowAgain(
  db: Queryable,
  where: { source: string; external_id: string },
): Promise<string | null> {
  await db.query('delete from forgotten where source_hash = $1', [
    await forgottenHash(where.source, where.external_id),
  ]);
  const [shown] = await db.query<{ id: string }>(
    `update document set forget_id = null
    where source = $1 and external_id = $2 and forget_id in (select id from forget_receipt where purge_at > '-infinity')
    returning id`,
    [where.source, where.external_id],
  );
  return shown?.id ?? null;
}

/** Whether the user deleted this document, for good or not yet, so that it is not captured again. */
export async function wasForgotten(db: Queryable, where: { source: string; external_id: string }): Promise<boolean> {
  const rows = await db.query(
    `select 1 from forgotten where source_hash = $1
    union all select 1 from document where source = $2 and external_id = $3 and forget_id is not null`,
    [await forgottenHash(where.source, where.external_id), where.source, where.external_id],
  );
  return rows.length > 0;
}
