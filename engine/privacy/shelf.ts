/**
 * Where keys and what was sent are kept: beside the database and not in it, so that no snapshot and no backup of what was
 * captured holds them.
 */
import { openDB } from 'idb';

export interface PrivacyShelf {
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<void>;
  /** All of these or, where it ends in between, none; what is undefined is deleted. */
  putAll(values: ReadonlyMap<string, unknown>): Promise<void>;
  delete(key: string): Promise<void>;
  /** Adds to what was sent. */
  append(entry: object): Promise<void>;
  /** What was sent, newest first. */
  entries(limit: number): Promise<unknown[]>;
}

const NAME = 'commonplace-privacy';

/** In IndexedDB, which can hold a key that no script can read. */
export async function openPrivacyShelf(): Promise<PrivacyShelf> {
  const db = await openDB(NAME, 1, {
    upgrade(database) {
      database.createObjectStore('kept');
      database.createObjectStore('sent', { autoIncrement: true });
    },
  });
  return {
    get: (key) => db.get('kept', key) as Promise<unknown>,
    async put(key, value) {
      await db.put('kept', value, key);
    },
    async putAll(values) {
      const tx = db.transaction('kept', 'readwrite', { durability: 'strict' });
      await Promise.all([
        ...[...values].map(([key, value]) => (value === undefined ? tx.store.delete(key) : tx.store.put(value, key))),
        tx.done,
      ]);
    },
    async delete(key) {
      await db.delete('kept', key);
    },
    async append(entry) {
      const tx = db.transaction('sent', 'readwrite', { durability: 'strict' });
      await tx.store.add(entry);
      await tx.done;
    },
    async entries(limit) {
      const found: unknown[] = [];
      let cursor = await db.transaction('sent').store.openCursor(null, 'prev');
      while (cursor && found.length < limit) {
        found.push(cursor.value);
        cursor = await cursor.continue();
      }
      return found;
    },
  };
}

/** For scripts and tests: gone with the process. */
export function memoryShelf(): PrivacyShelf {
  const kept = new Map<string, unknown>();
  const sent: object[] = [];
  return {
    get: async (key) => kept.get(key),
    async put(key, value) {
      kept.set(key, structuredClone(value));
    },
    async putAll(values) {
      for (const [key, value] of values) {
        if (value === undefined) kept.delete(key);
        else kept.set(key, structuredClone(value));
      }
    },
    async delete(key) {
      kept.delete(key);
    },
    async append(entry) {
      sent.push(structuredClone(entry));
    },
    entries: async (limit) => sent.toReversed().slice(0, limit),
  };
}
