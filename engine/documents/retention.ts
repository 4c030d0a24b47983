import type { DocumentKind, ForgetCount, RetainedKind, Retention } from '../api';
import { type Capture, sourceOf } from '../capture/types';
import { EngineError } from '../errors';
import type { Queryable } from '../store';

const DAY_MS = 86_400_000;
/** Longer than anybody means; beyond it a date would be before the year 0. */
const MOST_DAYS = 365_000;

/** Everything is kept until somebody says otherwise. */
const FOREVER: Retention = { conversation: null, page: null, visit: null, note: null };
const KINDS = Object.keys(FOREVER) as RetainedKind[];

/** The kind of `document d` for retention: pages that were kept by being read are a kind of their own. */
const KIND = `case when d.kind = 'page' and d.metadata ->> 'origin' = 'visit' then 'visit' else d.kind end`;

export async function readRetention(db: Queryable): Promise<Retention> {
  const rows = await db.query<{ kind: RetainedKind; days: number }>('select kind, days from retention');
  return { ...FOREVER, ...Object.fromEntries(rows.map(({ kind, days }) => [kind, days])) };
}

/** To be run in a transaction. @throws EngineError `bad_input` when a number of days is none. */
export async function writeRetention(tx: Queryable, retention: Retention): Promise<void> {
  const limited = limits(retention);
  await tx.query('delete from retention');
  await tx.query('insert into retention (kind, days) select * from unnest($1::text[], $2::integer[])', [
    limited.map(({ kind }) => kind),
    limited.map(({ days }) => days),
  ]);
}

function limits(retention: Retention): Array<{ kind: RetainedKind; days: number }> {
  return KINDS.flatMap((kind) => {
    const days = retention[kind];
    if (days === null) return [];
    if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS) {
      throw new EngineError('bad_input', `retention.${kind} is not a number of days: ${String(days)}`);
    }
    return [{ kind, days }];
  });
}

/** Which documents have lived out their time: `happened_at` is their newest known time. */
function expired(retention: Retention, now: Date): { sql: string; values: unknown[] } {
  const limited = limits(retention);
  return {
    sql: `exists (select from unnest($1::text[], $2::timestamptz[]) as r(kind, before)
      where r.kind = ${KIND} and d.happened_at < r.before)`,
    values: [
      limited.map(({ kind }) => kind),
      limited.map(({ days }) => new Date(now.getTime() - days * DAY_MS).toISOString()),
    ],
  };
}

/** What is visible now and would go under `retention`. */
export async function countExpired(db: Queryable, retention: Retention, now: Date): Promise<ForgetCount> {
  const { sql, values } = expired(retention, now);
  const rows = await db.query<{ kind: DocumentKind; documents: number; messages: number }>(
    `select d.kind, count(*)::int as documents, coalesce(sum(m.messages), 0)::int as messages
    from document d
    cross join lateral (
      select count(*) as messages from message where document_id = d.id and on_active_branch
    ) m
    where ${sql} and d.forget_id is null
    group by d.kind`,
    values,
  );
  return {
    documents: rows.reduce((total, row) => total + row.documents, 0),
    messages: rows.reduce((total, row) => total + row.messages, 0),
    by_kind: Object.fromEntries(rows.map((row) => [row.kind, row.documents])),
    older: 0,
  };
}

/**
 * Hides what has lived out its time, to be purged at once and without a mark; what can still be undone is left alone. To
 * be run in a transaction. Resolves with the receipt's id, or null when there was nothing.
 */
export async function hideExpired(tx: Queryable, now: Date): Promise<string | null> {
  const retention = await readRetention(tx);
  const { documents, messages } = await countExpired(tx, retention, now);
  if (documents === 0) return null;
  const [receipt] = await tx.query<{ id: string }>(
    `insert into forget_receipt (documents, messages, purge_at, made_at, marks)
    values ($1, $2, '-infinity', $3, false) returning id`,
    [documents, messages, now.toISOString()],
  );
  if (!receipt) throw new EngineError('internal', 'The receipt of a deletion was not written.');
  const { sql, values } = expired(retention, now);
  await tx.query(`update document d set forget_id = $${values.length + 1}::uuid where ${sql} and d.forget_id is null`, [
    ...values,
    receipt.id,
  ]);
  return receipt.id;
}

/**
 * Captures of documents that are not stored and would go at once: reading the whole past again and again must not
 * bring back, day after day, what is deleted day after day. One that goes on, or is stored already, is taken.
 */
export async function readExpired(db: Queryable, captures: Capture[], now: Date): Promise<Set<Capture>> {
  const retention = await readRetention(db);
  if (KINDS.every((kind) => retention[kind] === null)) return new Set();
  const old = captures.filter((capture) => {
    const days = retention[retainedKind(capture)];
    return days !== null && lastLived(capture) < now.getTime() - days * DAY_MS;
  });
  if (old.length === 0) return new Set();
  const stored = await db.query<{ source: string; external_id: string }>(
    `select d.source, d.external_id
    from document d join unnest($1::text[], $2::text[]) as v(source, external_id) using (source, external_id)`,
    [old.map(sourceOf), old.map(({ id }) => id)],
  );
  const known = new Set(stored.map((row) => `${row.source}\n${row.external_id}`));
  return new Set(old.filter((capture) => !known.has(`${sourceOf(capture)}\n${capture.id}`)));
}

function retainedKind(capture: Capture): RetainedKind {
  if (capture.kind === 'conversation') return 'conversation';
  if (capture.kind === 'document') return capture.filed_as;
  return capture.origin === 'visit' ? 'visit' : 'page';
}

/** The newest time that a capture knows of, epoch ms; that of the capture itself where it knows none. */
function lastLived(capture: Capture): number {
  if (capture.kind === 'page') return Date.parse(capture.captured_at);
  const parts = capture.kind === 'document' ? capture.sections : capture.messages;
  const times = [capture.updated_at, capture.created_at, ...parts.map((part) => part.created_at)]
    .map((time) => (time === null ? Number.NaN : Date.parse(time)))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0
    ? Date.parse(capture.captured_at)
    : times.reduce((newest, time) => Math.max(newest, time), Number.NEGATIVE_INFINITY);
}
