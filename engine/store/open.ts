import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { pg_textsearch } from '@electric-sql/pglite-pg_textsearch';
import initial from './migrations/0001_initial.sql?raw';
import type { Queryable, Store } from './store';

/** Thin first version; replaced by the hardened one. */
export async function openStore(options: { storage: 'memory' } | { storage: 'node'; directory: string }): Promise<Store> {
  const db = await PGlite.create({
    ...(options.storage === 'node' ? { dataDir: `file://${options.directory}` } : {}),
    extensions: { vector, pg_textsearch },
  });
  await db.exec('create extension if not exists vector; create extension if not exists pg_textsearch;');
  const [{ exists }] = (await db.query<{ exists: boolean }>(`select to_regclass('document') is not null as exists`)).rows as [
    { exists: boolean },
  ];
  if (!exists) await db.exec(initial);
  const wrap = (q: Pick<PGlite, 'query' | 'exec'>): Queryable => ({
    query: async <Row>(sql: string, params?: unknown[]) => (await q.query<Row>(sql, params as never[])).rows as Row[],
    exec: async (sql) => void (await q.exec(sql)),
  });
  return {
    ...wrap(db),
    storage: options.storage,
    transaction: (work) => db.transaction((tx) => work(wrap(tx as never))),
    close: () => db.close(),
  };
}
