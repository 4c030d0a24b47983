import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { ALL_SITES, type Site } from '../capture';
import { EngineError } from '../errors';
import type { Item, ItemState, Run } from './types';

/** Whose turn it is to ask a site. */
export interface Turn {
  holder: string;
  tab: number;
  /** Epoch ms. */
  until: number;
}

/** What is known of every site's past: durable, so that no death of a tab, the background or the browser costs a step. */
export interface Ledger {
  run(site: Site): Promise<Run>;
  items(site: Site, ids: string[]): Promise<Array<Item | undefined>>;
  /** What to read next: the newest that waits, then those that could not be read before. */
  next(site: Site): Promise<Item | null>;
  /** How many are in a state. */
  count(site: Site, state: ItemState): Promise<number>;
  /** The run and the items in one transaction: both are on disk when it resolves, or neither is. */
  write(run: Run, items?: Item[]): Promise<void>;
  /** Forgets the site's run and items: nothing of what was listed is left. */
  clear(site: Site): Promise<void>;
  turn(site: Site): Promise<Turn | null>;
  setTurn(site: Site, turn: Turn | null): Promise<void>;
  close(): void;
}

interface Schema extends DBSchema {
  run: { key: string; value: Run };
  item: { key: [string, string]; value: Item; indexes: { due: [string, string, number] } };
  turn: { key: string; value: Turn };
}

const NAME = 'commonplace-history';

/** @throws `store_unavailable` where there is no IndexedDB. */
export async function openLedger(): Promise<Ledger> {
  let db: IDBPDatabase<Schema>;
  try {
    db = await openDB<Schema>(NAME, 1, {
      upgrade(database) {
        database.createObjectStore('run', { keyPath: 'site' });
        database.createObjectStore('item', { keyPath: ['site', 'id'] }).createIndex('due', ['site', 'state', 'rank']);
        database.createObjectStore('turn');
      },
      blocking: (_old, _new, event) => {
        (event.target as IDBDatabase).close();
      },
    });
  } catch (error) {
    throw new EngineError('store_unavailable', 'What is known of past conversations (IndexedDB) cannot be opened.', {
      cause: error,
    });
  }
  const inState = (site: Site, state: ItemState) =>
    IDBKeyRange.bound([site, state, Number.NEGATIVE_INFINITY], [site, state, Number.POSITIVE_INFINITY]);

  return {
    run: async (site) => (await db.get('run', site)) ?? newRun(site),
    async items(site, ids) {
      const store = db.transaction('item').store;
      return Promise.all(ids.map((id) => store.get([site, id])));
    },
    async next(site) {
      const index = db.transaction('item').store.index('due');
      for (const state of ['waiting', 'again'] as const) {
        const cursor = await index.openCursor(inState(site, state), 'prev');
        if (cursor) return cursor.value;
      }
      return null;
    },
    count: (site, state) => db.countFromIndex('item', 'due', inState(site, state)),
    async write(run, items = []) {
      // strict, as everything in the origin's LevelDB: see engine/outbox/indexed-db.ts
      const tx = db.transaction(['run', 'item'], 'readwrite', { durability: 'strict' });
      await Promise.all([
        tx.objectStore('run').put(run),
        ...items.map((item) => tx.objectStore('item').put(item)),
        tx.done,
      ]);
    },
    async clear(site) {
      const tx = db.transaction(['run', 'item'], 'readwrite', { durability: 'strict' });
      const items = IDBKeyRange.bound([site], [site, []]);
      await Promise.all([tx.objectStore('run').delete(site), tx.objectStore('item').delete(items), tx.done]);
    },
    turn: async (site) => (await db.get('turn', site)) ?? null,
    async setTurn(site, turn) {
      const tx = db.transaction('turn', 'readwrite', { durability: 'strict' });
      await Promise.all([turn === null ? tx.store.delete(site) : tx.store.put(turn, site), tx.done]);
    },
    close: () => {
      db.close();
    },
  };
}

export const HISTORY_SITES: readonly Site[] = ALL_SITES;

function newRun(site: Site): Run {
  return {
    site,
    id: 0,
    kind: 'all',
    state: 'off',
    resume_to: 'listing',
    reason: null,
    cursor: null,
    listed: 0,
    kept: 0,
    already: 0,
    failed: 0,
    gone: 0,
    started_at: null,
    finished_at: null,
    last_success: null,
    whole_at: null,
    every_hours: null,
    not_before: null,
    last_error: null,
    unread_in_a_row: 0,
    unanswered_in_a_row: 0,
    lease: null,
  };
}
