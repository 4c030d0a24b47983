import { describe, expect, test } from 'vitest';
import { ingest } from '../../../engine/ingest';
import { recall } from '../../../engine/recall';
import { compact, type Disk, measure } from '../../../engine/space';
import { openStore, type Store } from '../../../engine/store';
import { openOn } from '../../../engine/store/open';
import { poolShelf } from '../../../engine/store/shelf-pool';
import { vectorIndexes } from '../../../engine/vectors';
import { conversation, message, page } from '../ingest/captures';
import { PowerLossCabinet, seeded } from '../store/power-loss';
import { dataDirectory } from '../store/prebuilt';

/** Kills tried; more with COMMONPLACE_KILLS. */
const KILLS = Number(process.env.COMMONPLACE_KILLS ?? 6);

const shelfOf = (cabinet: PowerLossCabinet) => poolShelf(cabinet, () => Promise.resolve(() => undefined));
const compacted = (store: Store, disk: Disk | null = null, tell: (done: number, total: number) => void = () => {}) =>
  compact(store, disk, { now: new Date(), pause: () => Promise.resolve(), progress: tell });

/** A disk with so much room. */
const diskWith = (free: number): Disk => ({
  estimate: () => Promise.resolve({ free, used: 0 }),
  folder: () => Promise.resolve(0),
  sweep: () => Promise.resolve(),
});

/** Every row of every table, without the moments at which something was noted. */
async function contents(store: Store): Promise<string[]> {
  const all: string[] = [];
  for (const table of ['document', 'message', 'chunk', 'embedding', 'forgotten', 'retention', 'vector_index'])
    for (const { row } of await store.query<{ row: string }>(`select to_jsonb(t)::text as row from "${table}" t`))
      all.push(`${table} ${row}`);
  return all.toSorted();
}

/** Files of the database that belong to nothing in it. */
const strays = (store: Store) =>
  store.query(
    `select name from pg_database d, pg_ls_dir('base/' || d.oid) name
    where datname = current_database() and name ~ '^\\d'
      and substring(name from '^\\d+')::oid not in
        (select pg_relation_filenode(oid) from pg_class where pg_relation_filenode(oid) is not null)`,
  );

/** Conversations of which most were deleted, so that their room is empty. */
async function fill(store: Store, kept: number, deleted: number): Promise<void> {
  await ingest(
    store,
    Array.from({ length: kept + deleted }, (_, n) =>
      conversation(
        [message(`q${n}`, `Question ${n} of teapots`), message(`a${n}`, words(n, 900), { role: 'assistant' })],
        { id: `conversation-${n}`, title: `Number ${n}` },
      ),
    ),
  );
  await ingest(store, [page()]);
  await store.query(`delete from document where kind = 'conversation' and substr(external_id, 14)::int >= $1`, [kept]);
  await store.maintain('vacuum');
}

/** Words of which no two texts have the same, so that they do not compress to nothing. */
function words(seed: number, many: number): string {
  const random = seeded(seed + 1);
  return Array.from({ length: many }, () => Math.floor(random() * 36 ** 5).toString(36)).join(' ');
}

describe('space', () => {
  test('is told by source, by kind and by part, and adds up to the database', async () => {
    const store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
    await fill(store, 20, 0);
    const space = await measure(store, null, 7);
    expect(space.by_source.map(({ source, kind, documents }) => [source, kind, documents])).toEqual([
      ['chatgpt', 'conversation', 20],
      ['web', 'page', 1],
    ]);
    expect(space.by_source[0]?.bytes).toBeGreaterThan(20 * 2_000);
    const { log: _log, ...parts } = space.database;
    const [size] = await store.query<{ bytes: number }>('select pg_database_size(current_database())::float8 as bytes');
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(size?.bytes);
    expect(space.database.text).toBeGreaterThan(space.by_source.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(space.models).toBe(7);
    await store.close();
  });

  test('that was deleted is given back: the files shrink, what there is stays and is found', async () => {
    const cabinet = new PowerLossCabinet();
    const store = await openOn(shelfOf(cabinet), { dataDirectory: await dataDirectory() });
    await fill(store, 20, 180);
    const before = await contents(store);
    const { spare } = await measure(store, null, 0);
    const onDisk = await cabinet.bytes('database-1');
    const news: Array<[number, number]> = [];
    const report = await compacted(store, null, (done, total) => news.push([done, total]));
    expect(report.no_room).toBe(false);
    expect(report.before - report.after).toBeGreaterThan(spare * 0.9);
    expect(spare).toBeGreaterThan(1_000_000);
    expect(await cabinet.bytes('database-1')).toBeLessThan(onDisk - spare * 0.9);
    expect(news[0]?.[0]).toBe(0);
    expect(news.at(-1)?.[0]).toBe(news.at(-1)?.[1]);
    expect(await contents(store)).toEqual(before);
    const { hits } = await recall(store, null, { text: 'teapots', mode: 'words' });
    expect(hits).toHaveLength(20);
    expect((await measure(store, null, 0)).spare).toBeLessThan(spare * 0.2);
    await store.close();
  });

  test('of vectors is given back without holding everything for their index: it is made again behind', async () => {
    const store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
    await fill(store, 4, 0);
    await store.exec(`
      insert into embedding (chunk_id, model_id, vector)
        select id, 'some', array_fill(0.05, array[384])::halfvec from chunk where level = 1;
      insert into vector_index (model_id, dimensions, mean, spread, inserted)
        select 'some', 384, array_fill(0, array[384])::halfvec, 1, 4000;
      create index embedding_coarse_1 on embedding
        using hnsw ((binary_quantize(vector)::bit(384)) bit_hamming_ops) where model_id = 'some' and index_id = 1;
      update embedding set index_id = 1; update embedding set index_id = 1;`);
    expect(await vectorIndexes(store, 'some')).toHaveLength(1);
    const report = await compacted(store);
    expect(report.unindexed).toBe(true);
    expect(await vectorIndexes(store, 'some')).toEqual([]);
    expect(await store.query('select distinct index_id from embedding')).toEqual([{ index_id: 0 }]);
    await store.close();
  });

  test('is left as it is where there is no room to write it anew', async () => {
    const store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
    await fill(store, 5, 100);
    const before = await contents(store);
    const report = await compacted(store, diskWith(100_000));
    expect(report.no_room).toBe(true);
    expect(await contents(store)).toEqual(before);
    await store.close();
  });

  test('loses nothing when the power goes while it is given back, at any moment', async () => {
    const cabinet = new PowerLossCabinet();
    const store = await openOn(shelfOf(cabinet), { dataDirectory: await dataDirectory() });
    await fill(store, 10, 60);
    const before = await contents(store);
    await store.close();
    const rehearsal = cabinet.copy();
    const rehearsed = await openOn(shelfOf(rehearsal), {});
    const { operations } = rehearsal.power;
    await compacted(rehearsed);
    const many = rehearsal.power.operations - operations;
    const seed = Number(process.env.COMMONPLACE_SEED ?? Date.now() % 1_000_000);
    for (let kill = 0; kill < KILLS; kill++) {
      const random = seeded(seed + kill);
      const machine = cabinet.copy();
      const open = await openOn(shelfOf(machine), {});
      machine.offAfter(1 + Math.floor(random() * many));
      await compacted(open).catch(() => undefined);
      if (random() < 0.5) machine.kill();
      else machine.lose(random);
      const again = await openOn(shelfOf(machine), {});
      expect(again.opened, `seed ${seed + kill}`).toMatchObject({ state: 'ready' });
      expect(await contents(again), `seed ${seed + kill}`).toEqual(before);
      await compacted(again);
      expect(await contents(again), `seed ${seed + kill}`).toEqual(before);
      const { hits } = await recall(again, null, { text: 'teapots', mode: 'words' });
      expect(hits).toHaveLength(10);
      // Postgres leaves what it had written of a table when it was killed, and never looks for it again.
      expect(await strays(again), `seed ${seed + kill}`).toEqual([]);
      await again.close();
    }
  }, 300_000);
});
