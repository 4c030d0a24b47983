import { EngineError } from '../errors';
import type { Database } from './database';
import initial from './migrations/0001_initial.sql?raw';
import embeddingSigns from './migrations/0002_embedding_signs.sql?raw';
import forgetting from './migrations/0003_forgetting.sql?raw';
import terms from './migrations/0004_terms.sql?raw';
import vectorIndexes from './migrations/0005_vector_indexes.sql?raw';
import coarseVectors from './migrations/0006_coarse_vectors.sql?raw';

export interface Migration {
  /** 1, 2, 3 … without a gap. */
  version: number;
  name: string;
  sql: string;
}

/** Never change one that was released: add the next. Each has a test that upgrades a populated database before it. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: 'initial', sql: initial },
  { version: 2, name: 'embedding_signs', sql: embeddingSigns },
  { version: 3, name: 'forgetting', sql: forgetting },
  { version: 4, name: 'terms', sql: terms },
  { version: 5, name: 'vector_indexes', sql: vectorIndexes },
  { version: 6, name: 'coarse_vectors', sql: coarseVectors },
];

const CREATE_VERSIONS = `
create table if not exists schema_version (
  version     integer primary key,
  name        text not null,
  applied_at  timestamptz not null default now()
)`;

/** The version the database is at; 0 for one without a schema. */
export async function schemaVersion(db: Database): Promise<number> {
  const [known] = await db.query<{ known: boolean }>(`select to_regclass('schema_version') is not null as known`);
  if (!known?.known) return 0;
  const [row] = await db.query<{ version: number }>(
    'select coalesce(max(version), 0)::int as version from schema_version',
  );
  return row?.version ?? 0;
}

/**
 * Brings the schema up to the last of `migrations`, each in a transaction of its own: after a crash it is at the
 * version before or after, never between. Resolves with the version reached.
 * @throws EngineError `store_unavailable` when the database is newer than the code; nothing is touched then.
 */
export async function migrate(db: Database, migrations: readonly Migration[]): Promise<number> {
  const from = await schemaVersion(db);
  const latest = latestVersion(migrations);
  if (from > latest) throw newerSchema(from, latest);
  if (from === 0) await db.exec(CREATE_VERSIONS);
  for (const { version, name, sql } of migrations) {
    if (version <= from) continue;
    await db.transaction(async (tx) => {
      await tx.exec(sql);
      await tx.query('insert into schema_version (version, name) values ($1, $2)', [version, name]);
    });
  }
  return latest;
}

export function latestVersion(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}

export function newerSchema(found: number, known: number): EngineError {
  return new EngineError(
    'store_unavailable',
    `The database has schema version ${found}, this version of Commonplace knows ${known}.`,
    {
      remedy: 'Update Commonplace. Nothing was changed.',
    },
  );
}
