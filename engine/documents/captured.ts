import type { CapturedDocument } from '../api';
import type { Queryable } from '../store';
import { forgottenHash } from './forget';

/** What is held of these ids of one source, and which of them the user deleted; ids of which nothing is known are left out. */
export async function capturedOf(
  db: Queryable,
  where: { source: string; external_ids: string[] },
): Promise<CapturedDocument[]> {
  const { source, external_ids } = where;
  const hashes = await Promise.all(external_ids.map((id) => forgottenHash(source, id)));
  const rows = await db.query<{
    external_id: string;
    updated_at: Date | string | null;
    complete: boolean;
    forgotten: boolean;
  }>(
    `select a.external_id, d.updated_at, coalesce(d.complete, false) as complete,
       f.source_hash is not null or d.forget_id is not null as forgotten
     from unnest($2::text[], $3::text[]) a (external_id, hash)
     left join document d on d.source = $1 and d.external_id = a.external_id
     left join forgotten f on f.source_hash = a.hash
     where d.id is not null or f.source_hash is not null`,
    [source, external_ids, hashes],
  );
  return rows.map((row) => ({
    ...row,
    updated_at: row.updated_at === null ? null : new Date(row.updated_at).toISOString(),
  }));
}
