import type { StoreState } from '../api';
import { EngineError } from '../errors';
import { breaker, memoryKeyValue, type Breaker, type KeyValue } from './breaker';
import {
  directoryName,
  directoryNumber,
  readCatalogue,
  writeCatalogue,
  type Catalogue,
  type Entry,
  type Restored,
} from './catalogue';
import {
  CREATE_EXTENSIONS,
  isDamage,
  PGLITE_VERSION,
  POSTGRES_MAJOR,
  startDatabase,
  type Database,
  type EngineFiles,
} from './database';
import { webLock } from './lock';
import { latestVersion, migrate, MIGRATIONS, newerSchema, schemaVersion, type Migration } from './migrate';
import { hasSyncAccess } from '../sync-file';
import { memoryShelf, type Drive, type Shelf } from './shelf';
import { snapshots, type Snapshots } from './snapshot';
import { type Maintenance, type Queryable, REPLACED, type SetAside, type Store } from './store';

/** Where the database lies. `browser` is OPFS, or IndexedDB where files cannot be held open synchronously. */
export type Place =
  | { storage: 'memory' }
  | { storage: 'node'; directory: string }
  | { storage: 'browser' | 'opfs' | 'idb'; directory?: string };

export interface OpenSettings {
  /** The prebuilt data directory (see scripts/build-data-dir.ts), or where to fetch it. Without it initdb runs. */
  dataDirectory?: Blob | string | URL | undefined;
  /** Compiled modules and bundles, where the caller has them or soon will. */
  files?: EngineFiles | Promise<EngineFiles>;
  /** Called before Postgres starts, while its code is compiled on other threads and this one would wait. */
  meanwhile?: () => void;
  /** How long Postgres may take to start; 60 s unless told. */
  timeout_ms?: number;
  /** Where failed opens are counted: outside the database. */
  counts?: KeyValue;
  /** Told once when Postgres died under the open store: nothing works any more until it is opened again. */
  onDeath?: (words: string) => void;
  /** The user asked: forget earlier failures. */
  retry?: boolean;
}

/** Files a new database needs, with room for a first transaction: made by initdb or by PGlite from the archive. */
const FRESH_FILES = 480;
/** The same where the drive keeps what is only read in one file. */
const SEEDED_FILES = 224;
/** A migration makes tables and indexes, about five files each. */
const MIGRATION_FILES = 160;
/** Broken databases kept. */
const ASIDE_KEPT = 2;
const WAL_BOUND = 48 * 1024 * 1024;

/**
 * Opens the database, making it when there is none.
 *
 * When it cannot be opened it is tried once more, then set aside (never deleted while among the two newest) and made
 * again from the last whole snapshot; `opened` then says `restored` and what was done. The outbox, which keeps
 * everything newer than that snapshot, is to be drained next.
 *
 * @throws EngineError `store_locked` when another engine holds it; `store_full`; `timeout`; `store_unavailable` when
 *   it is newer than this code, when it failed for a reason that is not damage, or when the crash-loop breaker is open.
 *   In none of these cases was anything changed.
 */
export async function openStore(options: Place & OpenSettings): Promise<Store> {
  const shelf = await shelfOf(options);
  if (options.dataDirectory !== undefined || hasSyncAccess() || shelf.storage === 'idb') return openOn(shelf, options);
  const { builtDataDirectory } = await import('./shelf-node');
  return openOn(shelf, { ...options, dataDirectory: await builtDataDirectory() });
}

/** The same on a given shelf and with given migrations: what tests use. */
export async function openOn(
  shelf: Shelf,
  settings: OpenSettings,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<Store> {
  const guard = breaker(settings.counts ?? memoryKeyValue());
  await guard.enter(settings.retry ?? false);
  return guarded(guard, async () => {
    const release = await shelf.lock();
    try {
      const opened = await climb(shelf, settings, migrations);
      return await storeOver(shelf, opened, release, settings, migrations);
    } catch (error) {
      release();
      throw error;
    }
  });
}

async function guarded(guard: Breaker, open: () => Promise<Store>): Promise<Store> {
  try {
    const store = await open();
    await guard.succeeded();
    return store;
  } catch (error) {
    await guard.failed();
    throw EngineError.from(error, 'store_unavailable');
  }
}

async function shelfOf(place: Place): Promise<Shelf> {
  if (place.storage === 'memory') return memoryShelf();
  if (place.storage === 'node') return (await import('./shelf-node')).nodeShelf(place.directory);
  const directory = place.directory ?? 'commonplace';
  const lock = () => webLock(`${directory}-store`);
  const storage = place.storage === 'browser' ? (hasSyncAccess() ? 'opfs' : 'idb') : place.storage;
  if (storage === 'idb') return (await import('./shelf-idb')).idbShelf(directory, lock);
  const { opfsCabinet, poolShelf } = await import('./shelf-pool');
  return poolShelf(await opfsCabinet(directory), lock);
}

interface Opened {
  db: Database;
  drive: Drive;
  schema: number;
  state: StoreState;
  kept: Snapshots;
}

/** The ladder. */
async function climb(shelf: Shelf, settings: OpenSettings, migrations: readonly Migration[]): Promise<Opened> {
  const kept = snapshots(shelf);
  const found = await readCatalogue(shelf);
  const actions: string[] = [];
  let catalogue: Catalogue;
  if (found === 'none') {
    // Written first, so that a database whose making was interrupted is known for what it is.
    catalogue = { format: 1, current: null, aside: [], next: 1 };
    await writeCatalogue(shelf, catalogue);
  } else if (found === 'lost') {
    catalogue = await catalogueFromDirectories(shelf);
    actions.push('the catalogue was lost; took the newest database directory');
  } else catalogue = await withoutLeft(shelf, found);

  const { current } = catalogue;
  if (!current) {
    const { db, drive, schema } = await make(shelf, catalogue, settings, migrations);
    const entry = entryOf(directoryName(catalogue.next), schema);
    await writeCatalogue(shelf, { ...catalogue, current: entry, next: catalogue.next + 1 });
    return { db, drive, schema, kept, state: { state: 'ready', storage: shelf.storage } };
  }

  const latest = latestVersion(migrations);
  if (current.schema > latest) throw newerSchema(current.schema, latest);
  const reason = await (async (): Promise<string | Opened> => {
    if (current.postgres !== POSTGRES_MAJOR)
      return `made by Postgres ${current.postgres}, this one is ${POSTGRES_MAJOR}`;
    try {
      return await open(shelf, catalogue, current, settings, migrations, kept, actions);
    } catch (first) {
      if (!isDamage(first)) throw first;
      actions.push(`could not be opened: ${wordsOf(first)}`, 'tried again');
    }
    try {
      return await open(shelf, catalogue, current, settings, migrations, kept, actions);
    } catch (second) {
      if (!isDamage(second)) throw second;
      return wordsOf(second);
    }
  })();
  return typeof reason === 'string'
    ? rebuild(shelf, catalogue, current, reason, settings, migrations, kept, actions)
    : reason;
}

async function open(
  shelf: Shelf,
  catalogue: Catalogue,
  current: Entry,
  settings: OpenSettings,
  migrations: readonly Migration[],
  kept: Snapshots,
  actions: string[],
  finish?: (db: Queryable) => Promise<void>,
): Promise<Opened> {
  const drive = await shelf.drive(current.directory);
  if (!(await drive.holdsDatabase())) {
    drive.abandon();
    throw new EngineError('store_corrupt', `There is no database in ${current.directory}.`);
  }
  const db = await startDatabase(drive, {
    files: settings.files,
    meanwhile: settings.meanwhile,
    timeout_ms: settings.timeout_ms ?? 60_000,
  });
  try {
    await copyBefore(db, kept, migrations);
    const schema = await upgrade(db, drive, migrations);
    await finish?.(db);
    const settled = { ...catalogue, current: entryOf(current.directory, schema) };
    if (actions.length > 0) {
      const before = catalogue.restored ?? { actions: [], set_aside: null };
      settled.restored = { ...before, actions: [...before.actions, ...actions] };
    }
    if (JSON.stringify(settled) !== JSON.stringify(catalogue)) await writeCatalogue(shelf, settled);
    return { db, drive, schema, kept, state: stateAfter(shelf, settled.restored) };
  } catch (error) {
    await abandoned(db, error);
    throw error;
  }
}

/** A copy of what is about to be changed. That there is no room for one does not keep the database shut. */
async function copyBefore(db: Database, kept: Snapshots, migrations: readonly Migration[]): Promise<void> {
  const from = await schemaVersion(db);
  if (from === 0 || from >= latestVersion(migrations)) return;
  try {
    await kept.take(db, from);
  } catch (error) {
    if (isDamage(error)) throw error;
    console.warn(`commonplace: no copy could be made before the upgrade: ${wordsOf(error)}`);
  }
}

async function upgrade(db: Database, drive: Drive, migrations: readonly Migration[]): Promise<number> {
  const from = await schemaVersion(db);
  const latest = latestVersion(migrations);
  if (from === latest) return from;
  if (from < latest) await drive.reserve(MIGRATION_FILES);
  return migrate(db, migrations);
}

/** Removes what a kill left of a database that was being made or removed: it would take room for ever. */
async function withoutLeft(shelf: Shelf, found: Catalogue): Promise<Catalogue> {
  const { leaving, ...catalogue } = found;
  if (leaving === undefined) return catalogue;
  const known = new Set([catalogue.current?.directory, ...catalogue.aside.map(({ directory }) => directory)]);
  try {
    for (const directory of leaving) if (!known.has(directory)) await shelf.removeDatabase(directory);
    await writeCatalogue(shelf, catalogue);
    return catalogue;
  } catch (error) {
    console.warn(`commonplace: what is left of a database could not be removed: ${wordsOf(error)}`);
    return found;
  }
}

/** A new database in the next directory, in place of whatever an interrupted attempt left there. */
async function make(
  shelf: Shelf,
  catalogue: Catalogue,
  settings: OpenSettings,
  migrations: readonly Migration[],
  fill?: (db: Database) => Promise<void>,
): Promise<{ db: Database; drive: Drive; schema: number }> {
  const directory = directoryName(catalogue.next);
  await shelf.removeDatabase(directory);
  const drive = await shelf.drive(directory);
  const archive = await fetched(settings.dataDirectory);
  const seeded = archive !== undefined && drive.seed !== undefined;
  try {
    await drive.reserve(seeded ? SEEDED_FILES : FRESH_FILES);
    if (archive) await drive.seed?.(archive);
  } catch (error) {
    drive.abandon();
    throw error;
  }
  const db = await startDatabase(drive, {
    dataDirectory: seeded ? undefined : archive,
    files: settings.files,
    meanwhile: settings.meanwhile,
    timeout_ms: settings.timeout_ms ?? 60_000,
  });
  try {
    await db.exec(CREATE_EXTENSIONS);
    await fill?.(db);
    const schema = await migrate(db, migrations);
    await drive.settle(); // the files of a new database were never checkpointed
    return { db, drive, schema };
  } catch (error) {
    await abandoned(db, error);
    throw error;
  }
}

async function rebuild(
  shelf: Shelf,
  catalogue: Catalogue,
  broken: Entry,
  reason: string,
  settings: OpenSettings,
  migrations: readonly Migration[],
  kept: Snapshots,
  actions: string[],
): Promise<Opened> {
  const { db, drive, schema } = await make(shelf, catalogue, settings, migrations, async (made) => {
    const upTo = (version: number) => migrations.filter((migration) => migration.version <= version);
    const { restored, passedOver } = await kept.restore(made, latestVersion(migrations), async (version) => {
      await migrate(made, upTo(version));
    });
    actions.push(
      ...passedOver.map((words) => `passed over a snapshot: ${words}`),
      restored
        ? `restored the snapshot of ${restored.taken_at}: ${Object.entries(restored.rows)
            .map(([table, rows]) => `${rows} ${table}`)
            .join(', ')}`
        : 'there was no whole snapshot; started empty',
    );
  });
  const directory = directoryName(catalogue.next);
  const aside = [...catalogue.aside, { directory: broken.directory, at: new Date().toISOString(), reason }];
  const kickedOut = aside.splice(0, Math.max(0, aside.length - ASIDE_KEPT));
  actions.push(`set ${broken.directory} aside: ${reason}`);
  const restored = { actions, set_aside: broken.directory };
  const current = entryOf(directory, schema);
  // Only now is the broken one not the database any more: a crash before this repeats the ladder.
  await writeCatalogue(shelf, { format: 1, current, aside, next: catalogue.next + 1, restored });
  for (const old of kickedOut) await shelf.removeDatabase(old.directory);
  return { db, drive, schema, kept, state: stateAfter(shelf, restored) };
}

function stateAfter({ storage }: Shelf, restored: Restored | undefined): StoreState {
  return restored ? { state: 'restored', storage, ...restored } : { state: 'ready', storage };
}

async function storeOver(
  shelf: Shelf,
  opened: Opened,
  release: () => void,
  settings: OpenSettings,
  migrations: readonly Migration[],
): Promise<Store> {
  const { kept, schema, state } = opened;
  let { db, drive } = opened;
  let takenAt = (await kept.list())[0]?.taken_at ?? null;
  let closing: Promise<void> | undefined;
  /** While one database takes another's place nobody asks either. */
  let swapping: Promise<void> | null = null;
  const now = <Result>(use: () => Promise<Result>): Promise<Result> =>
    swapping === null ? use() : swapping.then(() => now(use));

  /** One swap at a time; what is asked meanwhile waits for its end. */
  async function swap<Result>(work: () => Promise<Result>): Promise<Result> {
    while (swapping !== null) await swapping;
    let done: () => void = () => undefined;
    swapping = new Promise((resolve) => (done = resolve));
    try {
      return await work();
    } finally {
      swapping = null;
      done();
    }
  }

  function watchOver(watched: Database): void {
    void watched.died.then((words) => {
      if (watched === db && closing === undefined) settings.onDeath?.(words);
    });
  }
  watchOver(db);

  async function reopen(catalogue: Catalogue, entry: Entry, finish?: (db: Queryable) => Promise<void>): Promise<void> {
    const again = await open(shelf, catalogue, entry, settings, migrations, kept, [], finish);
    db = again.db;
    drive = again.drive;
    watchOver(db);
  }

  /** The one in use, as one that was set aside whole. */
  const replacedBy = (catalogue: Catalogue, entry: Entry): SetAside[] => [
    ...catalogue.aside.filter(({ directory }) => directory !== entry.directory),
    ...(catalogue.current
      ? [
          {
            directory: catalogue.current.directory,
            at: new Date().toISOString(),
            reason: REPLACED,
            postgres: catalogue.current.postgres,
          },
        ]
      : []),
  ];

  /** Puts a new database in place of this one; `prepare` gets it before it has a schema. */
  const inPlace = <Result>(
    prepare: ((made: Database) => Promise<void>) | undefined,
    fill: (fresh: Store) => Promise<Result>,
  ): Promise<Result> =>
    swap(async () => {
      const { leaving = [], ...catalogue } = await knownCatalogue(shelf);
      const { current } = catalogue;
      // Two at once would hold more files than a process may have open. One in memory is gone when it is closed.
      const beside = shelf.storage === 'memory' || current === null;
      if (!beside) await db.close();
      let made: Awaited<ReturnType<typeof make>> | null = null;
      const directory = directoryName(catalogue.next);
      try {
        await writeCatalogue(shelf, { ...catalogue, leaving: [...leaving, directory] });
        const fresh = await make(shelf, catalogue, settings, migrations, prepare);
        made = fresh;
        const result = await fill({
          ...store,
          session: fresh.db,
          query: (sql, params) => fresh.db.query(sql, params),
          exec: (sql) => fresh.db.exec(sql),
          transaction: (work) => fresh.db.transaction(work),
          maintain: (kind) => upkeep(fresh.db, fresh.drive, kind),
          walBytes: () => walBytes(fresh.db, fresh.drive),
        });
        await fresh.db.exec('checkpoint');
        const entry = entryOf(directory, schema);
        const aside = beside ? catalogue.aside : replacedBy(catalogue, entry);
        const kickedOut = aside.splice(0, Math.max(0, aside.length - ASIDE_KEPT));
        const settled = { ...catalogue, current: entry, aside, next: catalogue.next + 1 };
        // Only now: a crash before this opens the old one.
        await writeCatalogue(shelf, { ...settled, leaving: [...leaving, ...kickedOut.map((old) => old.directory)] });
        if (beside) await db.close();
        db = fresh.db;
        drive = fresh.drive;
        watchOver(db);
        made = null;
        // Also so that the catalogue of before, which would remove this database, is in neither of its two slots.
        await withoutLeft(shelf, await knownCatalogue(shelf));
        return result;
      } catch (error) {
        if (made) await abandoned(made.db, error);
        if (!beside) {
          await shelf.removeDatabase(directory);
          await writeCatalogue(shelf, { ...catalogue, leaving });
          await reopen(catalogue, current);
        }
        throw error;
      }
    });

  const store: Store = {
    storage: shelf.storage,
    opened: state,
    async confirmRestored() {
      const { restored, ...catalogue } = await knownCatalogue(shelf);
      if (restored) await writeCatalogue(shelf, catalogue);
    },
    schemaVersion: schema,
    get session() {
      return db;
    },
    query: (sql, params) => now(() => db.query(sql, params)),
    exec: (sql) => now(() => db.exec(sql)),
    transaction: (work) => now(() => db.transaction(work)),
    maintain: (kind) => now(() => upkeep(db, drive, kind)),
    walBytes: () => now(() => walBytes(db, drive)),
    rewrite: (table) =>
      now(async () => {
        await drive.reserve(MIGRATION_FILES);
        await db.exec(`vacuum (full, analyze) "${table.replaceAll('"', '""')}"`);
        await db.exec('checkpoint'); // what it wrote stands in the log too
      }),
    removeStrays: () => now(() => removeStrays(db, drive)),
    snapshot: (signal) =>
      now(async () => {
        const report = await kept.take(db, schema, signal);
        if (report) takenAt = report.taken_at;
        return report;
      }),
    get snapshotTakenAt() {
      return takenAt;
    },
    snapshots: async () =>
      (await kept.list()).map(({ name, taken_at, bytes, rows }) => ({ name, taken_at, bytes, rows })),
    lookAtSnapshot: (name, signal) => now(() => kept.compare(db, name, signal)),
    goBack: (name, finish = () => Promise.resolve()) =>
      inPlace(
        (made) =>
          kept.restoreOne(made, name, async (version) => {
            await migrate(
              made,
              migrations.filter((migration) => migration.version <= version),
            );
          }),
        finish,
      ),
    markPurged: (documentIds) => kept.markPurged(documentIds),
    replace: (fill) => inPlace(undefined, fill),
    takeBack: (directory, finish) =>
      swap(async () => {
        const catalogue = await knownCatalogue(shelf);
        const { current } = catalogue;
        const wanted = catalogue.aside.find((one) => one.directory === directory && one.reason === REPLACED);
        if (!wanted || !current || (wanted.postgres ?? POSTGRES_MAJOR) !== POSTGRES_MAJOR)
          throw new EngineError('not_found', `There is no database ${directory} that could be taken back.`);
        const entry = entryOf(directory, 0);
        await db.close();
        try {
          // Its schema may be of an older version: opening brings it up and writes the catalogue.
          await reopen({ ...catalogue, current: entry, aside: replacedBy(catalogue, entry) }, entry, finish);
        } catch (error) {
          await reopen(catalogue, current);
          throw error;
        }
      }),
    setAside: async () => (await knownCatalogue(shelf)).aside,
    async setAsideBytes() {
      const { aside } = await knownCatalogue(shelf);
      const sizes = await Promise.all(aside.map(({ directory }) => shelf.databaseBytes(directory)));
      return sizes.reduce<number | null>((sum, size) => (sum === null || size === null ? null : sum + size), 0);
    },
    async discardSetAside() {
      const catalogue = await knownCatalogue(shelf);
      const leaving = [...(catalogue.leaving ?? []), ...catalogue.aside.map(({ directory }) => directory)];
      await writeCatalogue(shelf, { ...catalogue, aside: [], leaving });
      await withoutLeft(shelf, await knownCatalogue(shelf));
    },
    close() {
      closing ??= now(() => db.close()).finally(release);
      return closing;
    },
  };
  return store;
}

async function walBytes(db: Database, drive: Drive): Promise<number> {
  const known = drive.walBytes();
  if (known !== undefined) return known;
  const [row] = await db.query<{ bytes: number }>('select coalesce(sum(size), 0)::float8 as bytes from pg_ls_waldir()');
  return row?.bytes ?? 0;
}

async function upkeep(db: Database, drive: Drive, kind: Maintenance): Promise<void> {
  switch (kind) {
    case 'checkpoint':
      return db.exec('checkpoint');
    case 'analyze':
      return db.exec('analyze');
    case 'vacuum':
      await drive.reserve(MIGRATION_FILES);
      return db.exec('vacuum (analyze)');
    case 'due':
      if ((await walBytes(db, drive)) > WAL_BOUND) await db.exec('checkpoint');
      if (await needsVacuum(db)) await upkeep(db, drive, 'vacuum');
  }
}

/** Files of no relation. A kill of Postgres in the midst of writing a table anew leaves them, and it never looks for them. */
async function removeStrays(db: Database, drive: Drive): Promise<void> {
  if (drive.removeFiles === undefined) return;
  await db.transaction(async (tx) => {
    const [here] = await tx.query<{ directory: string; nodes: string[] }>(
      `select '/base/' || oid as directory, array(select pg_relation_filenode(oid)::text from pg_class) as nodes
      from pg_database where datname = current_database()`,
    );
    if (!here) return;
    const nodes = new Set(here.nodes);
    drive.removeFiles?.(here.directory, (name) => {
      const node = /^(\d+)(?:_(?:fsm|vm|init))?(?:\.\d+)?$/u.exec(name)?.[1];
      return node !== undefined && !nodes.has(node);
    });
  });
}

/** Enough rows changed since the last ANALYZE that the planner works with wrong numbers. */
async function needsVacuum(db: Database): Promise<boolean> {
  const [row] = await db.query<{ due: boolean }>(
    `select coalesce(bool_or(n_mod_since_analyze + n_dead_tup > 1000 + 0.2 * n_live_tup), false) as due
       from pg_stat_user_tables`,
  );
  return row?.due ?? false;
}

async function knownCatalogue(shelf: Shelf): Promise<Catalogue> {
  const catalogue = await readCatalogue(shelf);
  if (typeof catalogue === 'string')
    throw new EngineError('internal', 'The catalogue is gone while the store is open.');
  return catalogue;
}

async function catalogueFromDirectories(shelf: Shelf): Promise<Catalogue> {
  const numbers = (await shelf.databases()).map(directoryNumber).sort((a, b) => a - b);
  const newest = numbers.at(-1) ?? 0;
  return { format: 1, current: newest > 0 ? entryOf(directoryName(newest), 0) : null, aside: [], next: newest + 1 };
}

function entryOf(directory: string, schema: number): Entry {
  return { directory, pglite: PGLITE_VERSION, postgres: POSTGRES_MAJOR, schema };
}

async function fetched(source: Blob | string | URL | undefined): Promise<Blob | undefined> {
  if (source === undefined || source instanceof Blob) return source;
  const response = await fetch(source);
  if (!response.ok) {
    throw new EngineError(
      'store_unavailable',
      `The data directory ${String(source)} could not be read: ${response.status}.`,
    );
  }
  const bytes = await response.arrayBuffer();
  // The type tells PGlite that it is compressed. Some servers unpack a .gz on the way.
  const isZipped = new Uint8Array(bytes)[0] === 0x1f;
  return new Blob([bytes], { type: isZipped ? 'application/gzip' : 'application/x-tar' });
}

/** Gives the files back after a failure; an error in doing so is the lesser one and goes along as its cause. */
async function abandoned(db: Database, because: unknown): Promise<void> {
  try {
    await db.close();
  } catch (error) {
    db.abandon();
    if (because instanceof Error && because.cause === undefined) because.cause = error;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
