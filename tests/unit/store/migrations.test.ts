import { describe, expect, it } from 'vitest';
import { dropOldWords, makeTerms } from '../../../engine/ingest';
import { recall } from '../../../engine/recall';
import { MIGRATIONS, type Migration } from '../../../engine/store/migrate';
import { openOn } from '../../../engine/store/open';
import { poolShelf } from '../../../engine/store/shelf-pool';
import type { Store } from '../../../engine/store/store';
import { addChunks, addDocument, texts } from './acceptance';
import { PowerLossCabinet, seeded } from './power-loss';
import { dataDirectory } from './prebuilt';

const shelfOf = (cabinet: PowerLossCabinet) => poolShelf(cabinet, () => Promise.resolve(() => undefined));

/** Proves the harness as long as there is one real migration only. */
const NEXT: Migration = {
  version: MIGRATIONS.length + 1,
  name: 'test only',
  sql: `alter table document add column pinned boolean not null default false;
        update document set pinned = title is null;
        create table shelf_mark (document_id uuid references document on delete cascade);`,
};

/**
 * One per migration: what a database of the version before is filled with beyond documents, messages, chunks and
 * vectors, and what must be true after. A migration without an entry fails the test below.
 */
const UPGRADES: Record<number, { fill?: (store: Store) => Promise<void>; check: (store: Store) => Promise<void> }> = {
  2: {
    // the vectors that were there are in the index that comes
    async check(store) {
      const found = await store.query(`select chunk_id from embedding
        order by centred_signs(vector)::bit(384) <~> centred_signs(vector)::bit(384)`);
      expect(found).toHaveLength((await store.query('select from embedding')).length);
      const [index] = await store.query<{ valid: boolean }>(
        `select indisvalid as valid from pg_index where indexrelid = 'embedding_signs'::regclass`,
      );
      expect(index).toEqual({ valid: true });
    },
  },
  3: {
    // a deletion that can still be undone is what it was, and nothing expires by itself
    async fill(store) {
      await store.exec("insert into forget_receipt (documents, messages, purge_at) values (1, 2, '2026-01-01')");
    },
    async check(store) {
      expect(await store.query('select documents, scope from forget_receipt')).toEqual([{ documents: 1, scope: null }]);
      expect(await store.query('select * from retention')).toEqual([]);
    },
  },
  4: {
    // words are found all the while: by the index of before, then by terms, when that one and its column are gone
    async check(store) {
      const chunks = (await store.query('select from chunk')).length;
      if (chunks === 0) return; // a snapshot has none
      const titles = async () => (await recall(store, null, { text: 'second' })).hits.map(({ passage }) => passage);
      expect(await store.query(`select to_regclass('chunk_words') is not null as there`)).toEqual([{ there: true }]);
      expect(await titles()).toEqual(['second']);
      expect(await makeTerms(store, 1)).toBe(1);
      await dropOldWords(store);
      expect(await titles()).toEqual(['second']);
      while ((await makeTerms(store, 1)) > 0);
      await dropOldWords(store);
      await dropOldWords(store);
      expect(await store.query(`select to_regclass('chunk_words') is not null as there`)).toEqual([{ there: false }]);
      expect(await titles()).toEqual(['second']);
    },
  },
  5: {
    // vectors are in no index until they are put into one of their model
    async check(store) {
      expect(await store.query('select distinct index_id from embedding')).toEqual(
        (await store.query('select from embedding')).length > 0 ? [{ index_id: 0 }] : [],
      );
      expect(await store.query(`select to_regclass('embedding_signs')::text as old`)).toEqual([{ old: null }]);
    },
  },
  6: {
    // vectors leave the indexes of before, to be put into new ones
    async fill(store) {
      await store.exec(`
        insert into vector_index (model_id, dimensions, mean, spread)
          select model_id, vector_dims(vector), vector, 1 from embedding limit 1;
        create index embedding_coarse_1 on embedding
          using hnsw ((binary_quantize(vector)::bit(384)) bit_hamming_ops) where model_id = 'm' and index_id = 1;
        update embedding set index_id = 1`);
    },
    async check(store) {
      for (const row of await store.query('select index_id, coarse, vector is null as lost from embedding')) {
        expect(row).toEqual({ index_id: 0, coarse: null, lost: false });
      }
      expect(await store.query('select * from vector_index')).toEqual([]);
      expect(await store.query(`select to_regclass('embedding_coarse_1')::text as old`)).toEqual([{ old: null }]);
    },
  },
  [NEXT.version]: {
    async check(store) {
      expect(await store.query('select pinned from document')).toEqual([{ pinned: true }]);
    },
  },
};

describe('migrations', () => {
  it('are numbered without a gap, and each after the first has a test that upgrades a populated database', () => {
    MIGRATIONS.forEach((migration, index) => expect(migration.version).toBe(index + 1));
    for (const { version } of MIGRATIONS.slice(1)) expect(Object.keys(UPGRADES)).toContain(String(version));
  });

  for (const migration of [...MIGRATIONS.slice(1), NEXT]) {
    const before = [...MIGRATIONS, NEXT].filter(({ version }) => version < migration.version);
    const upTo = [...before, migration];

    async function populate(): Promise<PowerLossCabinet> {
      const cabinet = new PowerLossCabinet();
      const store = await openOn(shelfOf(cabinet), { dataDirectory: await dataDirectory() }, before);
      expect(store.schemaVersion).toBe(migration.version - 1);
      await addDocument(store, 'one', ['first', 'second']);
      await addChunks(store);
      await UPGRADES[migration.version]?.fill?.(store);
      await store.snapshot();
      await store.close();
      return cabinet;
    }

    let made: Promise<PowerLossCabinet> | null = null;
    /** The same for each test, which changes a copy. */
    const populated = async (): Promise<PowerLossCabinet> => (await (made ??= populate())).copy();

    it(`${migration.version} (${migration.name}) upgrades a populated database`, async () => {
      const cabinet = await populated();
      const store = await openOn(shelfOf(cabinet), {}, upTo);
      expect(store.schemaVersion).toBe(migration.version);
      expect(await texts(store)).toEqual(['first', 'second']);
      await UPGRADES[migration.version]?.check(store);
      await store.close();
    });

    it(`${migration.version} is done or not done when the power goes meanwhile, and done at the next opening`, async () => {
      const cabinet = await populated();
      const random = seeded(Date.now());
      // Where the operations of an upgrade lie.
      const measured = cabinet.copy();
      await (await openOn(shelfOf(measured), {}, upTo)).close();
      // other moments at every run of the tests; most for the one that no user has met yet
      for (let run = 0; run < (migration.version === MIGRATIONS.length ? 4 : 2); run++) {
        const machine = cabinet.copy();
        machine.offAfter(1 + Math.floor(random() * measured.power.operations));
        await openOn(shelfOf(machine), {}, upTo).catch(() => undefined);
        machine.lose(random);
        const store = await openOn(shelfOf(machine), {}, upTo);
        expect(store.opened.state).toBe('ready');
        expect(await texts(store)).toEqual(['first', 'second']);
        await UPGRADES[migration.version]?.check(store);
        await store.close();
      }
    });

    it(`${migration.version} is applied to a snapshot of the version before`, async () => {
      const cabinet = await populated();
      await cabinet.removeDirectory('database-1');
      const store = await openOn(shelfOf(cabinet), { dataDirectory: await dataDirectory() }, upTo);
      expect(store.opened.state).toBe('restored');
      expect(store.schemaVersion).toBe(migration.version);
      expect(await texts(store)).toEqual(['first', 'second']);
      await UPGRADES[migration.version]?.check(store);
      await store.close();
    });
  }

  it('leave the database as it was when one fails, and say which statement', async () => {
    const cabinet = new PowerLossCabinet();
    const settings = { dataDirectory: await dataDirectory() };
    const store = await openOn(shelfOf(cabinet), settings);
    await addDocument(store, 'one', ['kept']);
    await store.close();
    const bad = { version: MIGRATIONS.length + 1, name: 'bad', sql: 'create table half (n int); select nonsense;' };
    await expect(openOn(shelfOf(cabinet), settings, [...MIGRATIONS, bad])).rejects.toMatchObject({
      code: 'query_failed',
      message: expect.stringContaining('nonsense') as string,
    });
    const again = await openOn(shelfOf(cabinet), settings);
    expect(again.schemaVersion).toBe(MIGRATIONS.length);
    expect(await again.query(`select to_regclass('half')::text as name`)).toEqual([{ name: null }]);
    expect(await texts(again)).toEqual(['kept']);
    await again.close();
  });
});
