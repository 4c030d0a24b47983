import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BrowserName, launch, site, type Running, type Site } from './browsers';

/** With what other tests hold too, only not of the store by itself. */
const FULL = process.env.COMMONPLACE_FULL !== undefined;
/** Kills per browser; more by COMMONPLACE_KILLS. */
const KILLS = Number(process.env.COMMONPLACE_KILLS ?? 3);

/** IndexedDB is for where files cannot be held open synchronously, which every Chromium that runs the extension can. */
const STORAGES: Record<BrowserName, ReadonlyArray<'opfs' | 'idb'>> = {
  chrome: FULL ? ['opfs', 'idb'] : ['opfs'],
  firefox: ['opfs', 'idb'],
};

/** The store's promises, held in a real browser: the same suite as in Node, kills, descriptors. */
export function describeStore(name: BrowserName): void {
  describe(`the store in ${name}`, () => {
    let served: Site;
    beforeAll(async () => {
      served = await site();
    });
    afterAll(() => served.close());

    let profile: string;
    let running: Running | undefined;
    const start = async (): Promise<Running> => (running = await launch(name, profile, served.address));

    beforeEach(async () => {
      profile = await mkdtemp(join(tmpdir(), `commonplace-${name}-`));
    });
    afterEach(async () => {
      await running?.kill();
      running = undefined;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    });

    for (const storage of STORAGES[name]) {
      it(`keeps its promises on ${storage}`, { timeout: 900_000 }, async () => {
        const browser = await start();
        // what any database does was seen on the other, and takes twice as long here
        const all = FULL || storage === 'opfs';
        const names = (await browser.ask({ ask: 'cases', all })) as string[];
        expect(names.length).toBeGreaterThan(all ? 10 : 5);
        for (const one of names) {
          const outcome = await browser
            .ask({ ask: 'accept', storage, name: one })
            .catch((error: unknown) => String(error));
          console.log(name, storage, one, outcome);
          expect.soft(outcome, one).toBeTypeOf('number');
        }
      });
    }

    it('keeps a capture that comes while the engine is at work, after it has looked for captures', async () => {
      expect(await (await start()).addWhileBusy()).toEqual(['added', 'worked']);
    });

    // In the extension both browsers are killed a hundred times: ../durability/kill.test.ts
    const killed = 'has every acknowledged row after being killed, and opens';
    it.runIf(FULL)(killed, { timeout: 60_000 + KILLS * 60_000 }, async () => {
      served.acknowledged.clear();
      const place = { ask: 'open', storage: 'browser', directory: 'killed' } as const;
      for (let kill = 0; kill < KILLS; kill++) {
        const browser = await start();
        const opened = (await browser.ask(place)) as { ms: number; opened: unknown };
        console.log(name, 'opened in', opened.ms, 'ms');
        expect(opened.opened).toEqual({ state: 'ready', storage: 'opfs' });
        const before = served.acknowledged.size;
        await browser.start({ ask: 'writeForEver' });
        while (served.acknowledged.size < before + 30) await new Promise((resolve) => setTimeout(resolve, 20));
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
        await browser.kill();
      }
      const browser = await start();
      const opened = (await browser.ask(place)) as { ms: number; opened: unknown };
      expect(opened.opened).toEqual({ state: 'ready', storage: 'opfs' });
      const rows = (await browser.ask({
        ask: 'query',
        sql: 'select substr(external_id, 3)::int as n from document',
      })) as Array<{ n: number }>;
      const found = new Set(rows.map(({ n }) => n));
      console.log(
        name,
        `kills ${KILLS}, acknowledged ${served.acknowledged.size}, found ${found.size}, reopened in ${opened.ms} ms`,
      );
      expect([...served.acknowledged].filter((n) => !found.has(n))).toEqual([]);
      expect(found.size).toBe(rows.length);
    });

    it('fits a process with 1,024 descriptors', async () => {
      const browser = await start();
      await browser.ask({ ask: 'open', storage: 'opfs', directory: 'counted' });
      await browser.ask({ ask: 'fill', documents: 50 });
      const most = await browser.descriptors();
      console.log(name, `at most ${most} descriptors in one process`);
      expect(most).toBeLessThan(1024);
    });
  });
}
