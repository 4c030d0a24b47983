/**
 * A second copy of what waits in the outbox, in a storage bucket of its own.
 *
 * Chromium keeps all IndexedDB of an origin in one LevelDB. Killed on a machine with ten times more to do than it can, it
 * made that anew at the next start, "since it was missing" as its LOG says: seen twice in some 600 kills, with what waited
 * lost. Why is inferred, not seen: LevelDB goes on writing to the log of before, where a kill in the middle of a write has
 * left half a record, and Chromium replaces a database that it finds damaged. A bucket has a LevelDB of its own, and one
 * write begins after the other is done, so that one kill cannot damage both.
 */
import { type IDBPDatabase, wrap } from 'idb';

export interface Copies {
  /** Resolves with the copy's number once it is on disk. */
  add(json: string): Promise<number>;
  /** Unknown numbers are ignored. */
  remove(keys: readonly number[]): Promise<void>;
  keys(): Promise<number[]>;
  get(key: number): Promise<string | undefined>;
  close(): void;
}

/** Not in TypeScript's library yet: https://wicg.github.io/storage-buckets/ */
interface StorageBuckets {
  open(name: string, options: { durability: 'strict' }): Promise<{ indexedDB: IDBFactory }>;
}

const NAME = 'commonplace-outbox-copies';

/** Null where the browser has no storage buckets: Firefox, whose IndexedDB is SQLite and stands a kill. */
export async function openBucketCopies(): Promise<Copies | null> {
  const { navigator } = globalThis as { navigator?: { storageBuckets?: StorageBuckets } }; // Node 20 has none
  const buckets = navigator?.storageBuckets;
  return buckets ? openCopies((await buckets.open('outbox', { durability: 'strict' })).indexedDB) : null;
}

export async function openCopies(factory: IDBFactory): Promise<Copies> {
  const request = factory.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('copy', { autoIncrement: true });
  };
  const db = (await wrap(request)) as IDBPDatabase<{ copy: { key: number; value: string } }>;
  const write = () => db.transaction('copy', 'readwrite', { durability: 'strict' });
  return {
    async add(json) {
      const tx = write();
      const [key] = await Promise.all([tx.store.add(json), tx.done]);
      return key;
    },
    async remove(keys) {
      if (keys.length === 0) return;
      const tx = write();
      await Promise.all([...keys.map((key) => tx.store.delete(key)), tx.done]);
    },
    keys: () => db.getAllKeys('copy'),
    get: (key) => db.get('copy', key),
    close: () => {
      db.close();
    },
  };
}
