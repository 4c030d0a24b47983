import { deleteDB, openDB } from 'idb';
import { plainDrive, type Shelf } from './shelf';

/** The longest lists of pieces still sort: part 0, 1, … of a file. */
const LAST_PART = Number.MAX_SAFE_INTEGER;

/**
 * IndexedDB, only for browsers without synchronous file access: PGlite keeps the whole database in memory and writes
 * changed files back after each query. Two engines on one such database would destroy it, so `lock` matters here most.
 */
export async function idbShelf(place: string, lock: Shelf['lock']): Promise<Shelf> {
  const db = await openDB(`${place}-files`, 1, {
    upgrade(upgrading) {
      upgrading.createObjectStore('small');
      upgrading.createObjectStore('parts');
    },
  });
  const parts = (name: string) => IDBKeyRange.bound([name, 0], [name, LAST_PART]);
  const strictly = { durability: 'strict' } as const;

  return {
    storage: 'idb',
    async lock() {
      const release = await lock();
      return () => {
        db.close();
        release();
      };
    },
    read: async (name) => (await db.get('small', name)) as Uint8Array | undefined,
    async write(name, bytes) {
      const tx = db.transaction('small', 'readwrite', strictly);
      await Promise.all([tx.store.put(bytes, name), tx.done]);
    },
    async names() {
      const keys = (await db.getAllKeys('parts')) as Array<[string, number]>;
      return [...new Set(keys.map(([name]) => name))];
    },
    async writer(name) {
      await db.delete('parts', parts(name));
      let next = 0;
      return {
        async append(bytes) {
          await db.put('parts', bytes, [name, next++]);
        },
        async finish() {
          const tx = db.transaction('parts', 'readwrite', strictly);
          await Promise.all([tx.store.put(new Uint8Array(0), [name, next]), tx.done]);
        },
        discard: () => db.delete('parts', parts(name)),
      };
    },
    async *reader(name) {
      const keys = await db.getAllKeys('parts', parts(name));
      for (const key of keys) yield (await db.get('parts', key)) as Uint8Array;
    },
    remove: (name) => db.delete('parts', parts(name)),
    async databases() {
      return (await indexedDB.databases())
        .map(({ name }) => name ?? '')
        .filter((name) => name.startsWith(pgliteName(place, '')))
        .map((name) => name.slice(pgliteName(place, '').length));
    },
    databaseBytes: () => Promise.resolve(null),
    drive(directory) {
      const holdsDatabase = async () =>
        (await indexedDB.databases()).some(({ name }) => name === pgliteName(place, directory));
      return Promise.resolve(plainDrive({ dataDir: `idb://${place}-${directory}` }, holdsDatabase));
    },
    removeDatabase: (directory) => deleteDB(pgliteName(place, directory)),
  };
}

/** PGlite names its IndexedDB databases after its mount point. */
function pgliteName(place: string, directory: string): string {
  return `/pglite/${place}-${directory}`;
}
