import type { SpaceReport } from '../api';
import type { Store } from '../store';
import type { Disk } from './disk';

/** Which tables are what; every other one is `other`. */
const PART_OF: Record<string, 'text' | 'words' | 'vectors'> = {
  document: 'text',
  message: 'text',
  chunk: 'words',
  embedding: 'vectors',
  vector_index: 'vectors',
};
/** What Postgres adds to a row: its header, its pointer in the page, and what alignment takes, in bytes. */
const ROW_BYTES = 24 + 4 + 8;
/** Pages are never quite full; a table that takes this much more than its rows has room to give back. */
const PAGES_OVER_ROWS = 1.15;

export interface TableSize {
  name: string;
  /** Everything: rows, what is stored out of line, indexes. */
  total: number;
  /** Rows and what is stored out of line. */
  rows: number;
  /** What the rows that there are need; `rows` less this can be given back. */
  live: number;
}

/** The tables, smallest first. Reads rows, but nothing that is stored out of line. */
export async function tableSizes(store: Store): Promise<TableSize[]> {
  const tables = await store.query<{ name: string; total: number; rows: number; columns: string[] }>(
    `select c.relname as name, pg_total_relation_size(c.oid)::float8 as total, pg_table_size(c.oid)::float8 as rows,
      array(select quote_ident(attname) from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns
    from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    order by 2, 1`,
  );
  const sizes: TableSize[] = [];
  for (const { columns, ...table } of tables) {
    const [row] = await store.query<{ live: number }>(
      `select coalesce(sum(${bytesOf('t', columns)}), 0)::float8 as live from "${table.name}" t`,
    );
    sizes.push({ ...table, live: Math.min(table.rows, (row?.live ?? 0) * PAGES_OVER_ROWS) });
  }
  return sizes;
}

/** What could be given back of a table. */
export const spareOf = ({ rows, live }: TableSize): number => Math.max(0, rows - live);

function bytesOf(table: string, columns: string[]): string {
  return [`${ROW_BYTES}`, ...columns.map((column) => `coalesce(pg_column_size(${table}.${column}), 0)`)].join(' + ');
}

/** What takes how much; see {@link SpaceReport}. */
export async function measure(
  store: Store,
  disk: Disk | null,
  models: number,
): Promise<Omit<SpaceReport, 'room' | 'waiting'>> {
  const tables = await tableSizes(store);
  const parts = { text: 0, words: 0, vectors: 0, other: 0 };
  for (const table of tables) parts[PART_OF[table.name] ?? 'other'] += table.total;
  const [database] = await store.query<{ bytes: number }>(
    'select pg_database_size(current_database())::float8 as bytes',
  );
  const bytes = database?.bytes ?? 0;
  parts.other += Math.max(0, bytes - parts.text - parts.words - parts.vectors - parts.other);
  const bySource = await store.query<SpaceReport['by_source'][number]>(
    `select d.source, d.kind, count(*)::int as documents,
      sum(pg_column_size(d.metadata) + ${ROW_BYTES} + coalesce(m.bytes, 0))::float8 as bytes
    from document d
    left join (
      select document_id, sum(${ROW_BYTES} + pg_column_size(markdown) + pg_column_size(metadata) + pg_column_size(attachments)) as bytes
      from message group by document_id
    ) m on m.document_id = d.id
    where d.forget_id is null
    group by d.source, d.kind order by 4 desc, 1, 2`,
  );
  const copies = await store.snapshots();
  const [asideBytes, aside, imports, exported, backup] = await Promise.all([
    store.setAsideBytes(),
    store.setAside(),
    disk?.folder('imports') ?? Promise.resolve(0),
    disk?.folder('exports') ?? Promise.resolve(0),
    disk?.folder('backups') ?? Promise.resolve(0),
  ]);
  return {
    by_source: bySource,
    database: { ...parts, log: await store.walBytes() },
    spare: tables.reduce((sum, table) => sum + spareOf(table), 0),
    copies: { count: copies.length, bytes: copies.reduce((sum, copy) => sum + copy.bytes, 0) },
    aside: { count: aside.length, bytes: asideBytes },
    models,
    imports,
    exported: exported + backup,
  };
}
