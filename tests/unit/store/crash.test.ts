import { describe, expect, it } from 'vitest';
import { openOn } from '../../../engine/store/open';
import { poolShelf } from '../../../engine/store/shelf-pool';
import type { Shelf } from '../../../engine/store/shelf';
import type { Store } from '../../../engine/store/store';
import { documentRow } from './acceptance';
import { PowerLossCabinet, seeded } from './power-loss';
import { dataDirectory } from './prebuilt';

/** Runs of each test; more by COMMONPLACE_CRASHES for a long search. */
const RUNS = Number(process.env.COMMONPLACE_CRASHES ?? 4);
const noLock: Shelf['lock'] = () => Promise.resolve(() => undefined);
const shelfOf = (cabinet: PowerLossCabinet) => poolShelf(cabinet, noLock, { spare: 40, limit: 700 });

/**
 * Commits numbered documents, with upkeep, tables and deletions between, until the power goes. `acknowledged` are
 * those whose commit resolved, `started` those that were begun.
 */
async function work(
  store: Store,
  from: number,
  random: () => number,
): Promise<{ acknowledged: number[]; started: number[] }> {
  const acknowledged: number[] = [];
  const started: number[] = [];
  for (let n = from; n < from + 40; n++) {
    started.push(n);
    try {
      if (random() < 0.5) await store.query(...documentRow(`n-${n}`));
      else {
        await store.transaction(async (tx) => {
          const [row] = await tx.query<{ id: string }>(...documentRow(`n-${n}`));
          await tx.query(
            `insert into message (document_id, external_id, role, markdown, position, content_hash)
             select $1, n::text, 'user', repeat(md5(n::text), 40), n, '' from generate_series(1, 30) as n`,
            [row?.id],
          );
        });
      }
      acknowledged.push(n);
      if (random() < 0.2) await store.maintain('checkpoint');
      if (random() < 0.1) await store.maintain('vacuum');
      if (random() < 0.15)
        await store.exec(`create table t${n} as select generate_series(1, 500) as n; create index on t${n} (n)`);
      if (random() < 0.15) await store.exec(`drop table if exists t${n - 3}, t${n - 2}, t${n - 1}`);
      if (random() < 0.1) await store.snapshot();
    } catch {
      break; // the power went, or Postgres died of it
    }
  }
  return { acknowledged, started };
}

/** What an opened database must show: every acknowledged document once, no unknown one, its tables whole. */
async function audit(store: Store, acknowledged: number[], started: number[]): Promise<void> {
  expect(store.opened).toEqual({ state: 'ready', storage: 'opfs' });
  const rows = await store.query<{ n: number; messages: number }>(
    `select substr(external_id, 3)::int as n, (select count(*)::int from message where document_id = d.id) as messages from document d`,
  );
  const found = rows.map((row) => row.n);
  expect(new Set(found).size).toBe(found.length);
  expect(acknowledged.filter((n) => !found.includes(n))).toEqual([]);
  expect(found.filter((n) => !started.includes(n))).toEqual([]);
  for (const { messages } of rows) expect([0, 30]).toContain(messages);
  // Reads every block of every table and index, checksums and all.
  for (const { name } of await store.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  )) {
    await store.exec(
      `set enable_indexscan = off; set enable_indexonlyscan = off; select count(*) from ${name} as _row where _row is null; reset all;`,
    );
  }
  await store.exec('reindex table document; reindex table message;');
}

describe('a store whose machine fails', () => {
  for (const kind of ['power loss', 'kill'] as const) {
    it(
      `after a ${kind} at any operation has every acknowledged commit, once, and opens`,
      { timeout: 60_000 + RUNS * 20_000 },
      async () => {
        const settings = { dataDirectory: await dataDirectory() };
        const seedOfAll = Number(process.env.COMMONPLACE_SEED ?? Date.now() % 1_000_000);
        const base = new PowerLossCabinet();
        await (await openOn(shelfOf(base), settings)).close();
        for (let run = 0; run < RUNS; run++) {
          const seed = seedOfAll + run;
          const random = seeded(seed);
          const cabinet = base.copy();
          const acknowledged: number[] = [];
          const started: number[] = [];
          try {
            // Twice over: the second failure may come while the first is being recovered from.
            for (let failure = 0; failure < 2; failure++) {
              cabinet.offAfter(1 + Math.floor(random() * (failure === 0 ? 2500 : 600)));
              const store = await openOn(shelfOf(cabinet), settings).catch(() => undefined);
              if (store) {
                const done = await work(store, failure * 100, random);
                acknowledged.push(...done.acknowledged);
                started.push(...done.started);
              }
              if (kind === 'kill') cabinet.kill();
              else cabinet.lose(random);
            }
            const store = await openOn(shelfOf(cabinet), settings);
            await audit(store, acknowledged, started);
            await store.close();
          } catch (error) {
            throw new Error(`seed ${seed} (COMMONPLACE_SEED=${seed} COMMONPLACE_CRASHES=1)`, { cause: error });
          }
        }
      },
    );
  }

  it('keeps what a query, a script and a transaction committed when nothing unsynced reaches the disk', async () => {
    const settings = { dataDirectory: await dataDirectory() };
    const commits: Array<(store: Store) => Promise<unknown>> = [
      (store) => store.query(...documentRow('n-1')),
      (store) => store.exec('create table made (n int); insert into made values (1);'),
      (store) => store.transaction((tx) => tx.query(...documentRow('n-1'))),
    ];
    const base = new PowerLossCabinet();
    await (await openOn(shelfOf(base), settings)).close();
    for (const [index, commit] of commits.entries()) {
      const cabinet = base.copy();
      await commit(await openOn(shelfOf(cabinet), settings));
      cabinet.lose(() => 0.99);
      const store = await openOn(shelfOf(cabinet), settings);
      const [row] = await store.query<{ n: number }>(
        `select count(*)::int as n from ${index === 1 ? 'made' : 'document'}`,
      );
      expect(row?.n).toBe(1);
      await store.close();
    }
  });

  it(
    'is made anew when the power goes while the very first database is made',
    { timeout: 60_000 + RUNS * 20_000 },
    async () => {
      const settings = { dataDirectory: await dataDirectory() };
      const random = seeded(Date.now());
      const whole = new PowerLossCabinet();
      await (await openOn(shelfOf(whole), settings)).close();
      for (let run = 0; run < Math.ceil(RUNS / 2); run++) {
        const cabinet = new PowerLossCabinet();
        cabinet.offAfter(1 + Math.floor(random() * whole.power.operations));
        const interrupted = await openOn(shelfOf(cabinet), settings).catch(() => undefined);
        cabinet.lose(random);
        const store = await openOn(shelfOf(cabinet), settings);
        if (!interrupted) await audit(store, [], []);
        await store.close();
      }
    },
  );
});
