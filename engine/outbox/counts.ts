import { openDB } from 'idb';

/**
 * A few numbers that must outlive a database that cannot be opened: how often opening it failed. They lie beside the
 * outbox for the same reason as the outbox: IndexedDB is there when the database is not.
 */
export function openCounts(): {
  get(key: string): Promise<number | undefined>;
  set(key: string, value: number): Promise<void>;
} {
  const db = openDB<{ count: { key: string; value: number } }>('commonplace-counts', 1, {
    upgrade(database) {
      database.createObjectStore('count');
    },
  });
  return {
    get: async (key) => (await db).get('count', key),
    // strict, as everything in the origin's LevelDB: see indexed-db.ts
    async set(key, value) {
      const tx = (await db).transaction('count', 'readwrite', { durability: 'strict' });
      await tx.store.put(value, key);
      await tx.done;
    },
  };
}
