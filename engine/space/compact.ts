import type { CompactReport } from '../api';
import { EngineError } from '../errors';
import type { Store } from '../store';
import { dropIndexes, EXACT_AT_MOST } from '../vectors';
import type { Disk } from './disk';
import { spareOf, tableSizes } from './measure';

/** A table is written beside itself, and all of it into the log before the log is let go of. */
const ROOM_FOR = 2;
/** Vectors whose index would have to be made anew are left alone below this share of spare room. */
const VECTORS_WORTH = 0.2;
/** An exported file that lies here longer than this was downloaded, or given up. */
const EXPORT_MS = 3_600_000;

export interface Compacted extends CompactReport {
  /** Indexes of vectors are to be made again. */
  unindexed: boolean;
}

/**
 * Writes every table anew, the smallest first, so that what each gives back helps the next. A kill at any moment leaves each
 * table as it was or written anew: it is one transaction of Postgres. Tables for which there is no room are left as they are.
 */
export async function compact(
  store: Store,
  disk: Disk | null,
  options: {
    now: Date;
    /** Awaited between tables. */
    pause: () => Promise<void>;
    progress: (done: number, total: number) => void;
    signal?: AbortSignal;
  },
): Promise<Compacted> {
  const { now, pause, progress, signal } = options;
  const before = await bytesOf(store);
  await disk?.sweep('exports', new Date(now.getTime() - EXPORT_MS));
  await store.maintain('checkpoint');
  await store.removeStrays(); // of one that was cut off
  const tables = await tableSizes(store);
  const all = tables.reduce((sum, { total }) => sum + total, 0);
  let done = 0;
  let unindexed = false;
  let noRoom = false;
  progress(0, all);
  for (const table of tables) {
    signal?.throwIfAborted();
    await pause();
    const { free } = (await disk?.estimate()) ?? { free: null };
    const many = table.name === 'embedding' && (await indexed(store));
    if (free !== null && free < table.total * ROOM_FOR) noRoom = true;
    else if (!many || spareOf(table) > table.rows * VECTORS_WORTH) {
      try {
        if (many) {
          unindexed = true;
          await dropIndexes(store, pause);
        }
        await store.rewrite(table.name);
      } catch (error) {
        if (!(error instanceof EngineError && error.code === 'store_full')) throw error;
        noRoom = true;
      }
    }
    done += table.total;
    progress(done, all);
  }
  return { before, after: await bytesOf(store), no_room: noRoom, unindexed };
}

async function indexed(store: Store): Promise<boolean> {
  const [row] = await store.query<{ many: boolean }>(
    'select coalesce(sum(inserted), 0) > $1::int as many from vector_index',
    [EXACT_AT_MOST],
  );
  return row?.many ?? false;
}

async function bytesOf(store: Store): Promise<number> {
  const [row] = await store.query<{ bytes: number }>('select pg_database_size(current_database())::float8 as bytes');
  return (row?.bytes ?? 0) + (await store.walBytes());
}
