import { type DBSchema, type IDBPDatabase, type IDBPObjectStore, openDB, type StoreNames } from 'idb';
import type { Capture } from '../capture/types';
import { EngineError } from '../errors';
import { type Copies, openBucketCopies } from './copies';
import { sourceOf } from './memory';
import type { Outbox } from './types';

/** The outbox as the background sees it: it adds, the engine takes. */
export interface WritableOutbox extends Outbox {
  /**
   * Resolves with the entry's number once it is on disk (strict durability), which is what "captured" means.
   * @throws `outbox_full` when the bound is reached; nothing was written.
   */
  add(capture: Capture): Promise<number>;
  close(): void;
}

/** What is known of an entry without its capture, so that marking it stored does not write the capture again. */
interface Entry {
  seq?: number;
  source: string;
  external_id: string;
  bytes: number;
  /** 0 while it waits, else when it was stored, epoch ms: IndexedDB cannot index null. */
  stored_at: number;
  /** Its number among the {@link Copies} while it waits. */
  copy?: number;
}

interface Schema extends DBSchema {
  entry: { key: number; value: Entry; indexes: { stored_at: number; document: [string, string] } };
  /** The captures as JSON, by `seq`: a string is cloned many times faster than a tree of objects. */
  capture: { key: number; value: string };
  /** Counted in the same transaction as the entries, so that the bound costs no scan. */
  total: { key: 'waiting'; value: Total };
}

/** What waits. */
interface Total {
  entries: number;
  bytes: number;
}

const NOTHING: Total = { entries: 0, bytes: 0 };

/** Enough for months of use with an engine that cannot start; an honest refusal beyond it. */
export const OUTBOX_BOUNDS = { entries: 20_000, bytes: 512 * 1024 * 1024 };

const NAME = 'commonplace-outbox';

/**
 * Captures between acknowledgement and database, in IndexedDB: it is there in service workers, event pages and
 * workers of both browsers, and a `strict` transaction is on disk when it completes.
 *
 * @param openCopies of what waits; a copy that no waiting entry knows is an entry that was lost, and waits again.
 */
export async function openOutbox(
  bounds = OUTBOX_BOUNDS,
  openCopies: () => Promise<Copies | null> = openBucketCopies,
): Promise<WritableOutbox> {
  let db: IDBPDatabase<Schema>;
  let copies: Copies | null;
  try {
    // where a browser refuses the bucket, one copy is better than none
    copies = await openCopies().catch(() => null);
    db = await openDB<Schema>(NAME, 1, {
      upgrade(database) {
        const entries = database.createObjectStore('entry', { keyPath: 'seq', autoIncrement: true });
        entries.createIndex('stored_at', 'stored_at');
        entries.createIndex('document', ['source', 'external_id']);
        database.createObjectStore('capture');
        database.createObjectStore('total');
      },
      blocking: (_old, _new, event) => {
        (event.target as IDBDatabase).close();
      },
    });
  } catch (error) {
    throw new EngineError('store_unavailable', 'The outbox (IndexedDB) cannot be opened.', {
      cause: error,
      remedy: 'A private window or a profile that keeps no site data cannot hold memories.',
    });
  }

  /**
   * Strict without exception, marks too: Chromium keeps all of an origin's databases in one LevelDB, and a log whose
   * unsynced part spans several pages may lose one in the middle to a power loss. Chromium then calls the store corrupt
   * and starts an empty one; seen in tests/kill/power-loss.ts with relaxed marks.
   */
  const write = () => db.transaction(['entry', 'capture', 'total'], 'readwrite', { durability: 'strict' });
  type Write = ReturnType<typeof write>;
  /**
   * What `ask` asks of a store, the transaction committed with it. The engine's thread may be at work for seconds, and one that
   * waited for its next turn to end would hold up the capture that the background is adding.
   */
  const look = <Name extends StoreNames<Schema>, Result>(
    name: Name,
    ask: (store: IDBPObjectStore<Schema, [Name], Name>) => Promise<Result>,
  ): Promise<Result> => {
    const tx = db.transaction(name);
    const asked = ask(tx.store);
    tx.commit();
    return asked;
  };
  const total = async (tx: Write) => (await tx.objectStore('total').get('waiting')) ?? NOTHING;
  const putTotal = (tx: Write, before: Total, entries: number, bytes: number): Promise<unknown> =>
    tx
      .objectStore('total')
      .put({ entries: Math.max(0, before.entries + entries), bytes: Math.max(0, before.bytes + bytes) }, 'waiting');
  const change = async (tx: Write, entries: number, bytes: number) =>
    void (await putTotal(tx, await total(tx), entries, bytes));
  const remove = (tx: Write, seq: number) =>
    Promise.all([tx.objectStore('entry').delete(seq), tx.objectStore('capture').delete(seq)]);

  /** The copies of these entries, to be removed. */
  const copiesOf = (entries: Array<Entry | undefined>) => entries.flatMap((entry) => entry?.copy ?? []);

  const addJson = async (json: string, source: string, externalId: string): Promise<number> => {
    const bytes = json.length;
    // first the copy, so that no moment has an acknowledged capture in one place only
    const copy = await copies?.add(json);
    try {
      const tx = write();
      const held = await total(tx);
      if (held.entries >= bounds.entries || held.bytes + bytes > bounds.bytes) {
        tx.abort();
        await tx.done.catch(() => undefined); // the abort is ours
        throw new EngineError('outbox_full', `The outbox holds ${held.entries} captures (${held.bytes} bytes).`, {
          remedy: 'Open the panel and let the engine store what waits.',
        });
      }
      const seq = await tx.objectStore('entry').add({
        source,
        external_id: externalId,
        bytes,
        stored_at: 0,
        ...(copy === undefined ? {} : { copy }),
      });
      await Promise.all([
        tx.objectStore('capture').put(json, seq),
        tx.objectStore('total').put({ entries: held.entries + 1, bytes: held.bytes + bytes }, 'waiting'),
        tx.done,
      ]);
      return seq;
    } catch (error) {
      if (copy !== undefined) await copies?.remove([copy]);
      throw error;
    }
  };

  await takeUpLost();
  return {
    add: (capture) => addJson(JSON.stringify(capture), sourceOf(capture), capture.id),

    async peek(limit) {
      const seqs = await look('entry', (entries) => entries.index('stored_at').getAllKeys(0, limit));
      if (seqs.length === 0) return [];
      const captures = await look('capture', (all) => Promise.all(seqs.map((seq) => all.get(seq))));
      return seqs.flatMap((seq, index) => {
        const json = captures[index];
        return json === undefined ? [] : [{ seq, capture: JSON.parse(json) as Capture }];
      });
    },

    async markStored(seqs) {
      const tx = write();
      const now = Date.now();
      const entries = tx.objectStore('entry');
      const [found, held] = await Promise.all([Promise.all(seqs.map((seq) => entries.get(seq))), total(tx)]);
      const done = found.filter((entry) => entry?.stored_at === 0) as Entry[];
      const writes: Array<Promise<unknown>> = done.map(({ copy: _, ...entry }) =>
        entries.put({ ...entry, stored_at: now }),
      );
      const bytes = done.reduce((sum, entry) => sum + entry.bytes, 0);
      writes.push(putTotal(tx, held, -done.length, -bytes));
      tx.commit();
      await Promise.all([...writes, tx.done]);
      await copies?.remove(copiesOf(done));
    },

    async purge(source, externalId) {
      // The copies first: one left behind by a kill would bring back what was deleted.
      await copies?.remove(copiesOf(await db.getAllFromIndex('entry', 'document', [source, externalId])));
      const tx = write();
      for await (const cursor of tx.objectStore('entry').index('document').iterate([source, externalId])) {
        if (cursor.value.stored_at === 0) await change(tx, -1, -cursor.value.bytes);
        await remove(tx, cursor.primaryKey);
      }
      await tx.done;
    },

    async remove(seqs) {
      if (seqs.length === 0) return;
      if (copies) await copies.remove(copiesOf(await Promise.all(seqs.map((seq) => db.get('entry', seq)))));
      const tx = write();
      for (const seq of seqs) {
        const entry = await tx.objectStore('entry').get(seq);
        if (!entry) continue;
        if (entry.stored_at === 0) await change(tx, -1, -entry.bytes);
        await remove(tx, seq);
      }
      await tx.done;
    },

    async size() {
      const held = (await look('total', (all) => all.get('waiting'))) ?? NOTHING;
      return { waiting: held.entries, full: held.entries >= bounds.entries || held.bytes >= bounds.bytes };
    },

    async pruneStored(before) {
      const tx = write();
      const stored = IDBKeyRange.bound(1, before.getTime(), false, true);
      const seqs = await tx.objectStore('entry').index('stored_at').getAllKeys(stored);
      const removed = seqs.map((seq) => remove(tx, seq));
      tx.commit();
      await Promise.all([...removed, tx.done]);
    },

    async replay() {
      const tx = write();
      let count = 0;
      for await (const cursor of tx.objectStore('entry').index('stored_at').iterate(IDBKeyRange.lowerBound(1))) {
        await cursor.update({ ...cursor.value, stored_at: 0 });
        await change(tx, 1, cursor.value.bytes);
        count++;
      }
      await tx.done;
      return count;
    },

    close: () => {
      copies?.close();
      db.close();
    },
  };

  async function takeUpLost(): Promise<void> {
    const kept = (await copies?.keys()) ?? [];
    if (!copies || kept.length === 0) return;
    const known = new Set(copiesOf(await db.getAllFromIndex('entry', 'stored_at', 0)));
    for (const key of kept.filter((each) => !known.has(each))) {
      const json = await copies.get(key);
      if (json === undefined) continue; // stored meanwhile
      const capture = JSON.parse(json) as Capture;
      await addJson(json, sourceOf(capture), capture.id);
      await copies.remove([key]);
    }
  }
}
