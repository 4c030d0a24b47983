import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../engine/api';
import { exportAll } from '../../../engine/backup';
import { createEngine } from '../../../engine/engine';
import { ingest } from '../../../engine/ingest';
import { openStore } from '../../../engine/store';
import { openOn } from '../../../engine/store/open';
import { poolShelf } from '../../../engine/store/shelf-pool';
import { conversation, message } from '../ingest/captures';
import { PowerLossCabinet } from '../store/power-loss';
import { dataDirectory } from '../store/prebuilt';

/** Parts of what going back does, about the one at which the copy takes its place. */
const KILLED_AT = [0.955, 0.96, 0.965];

const talk = (n: number) =>
  conversation([message(`q${n}`, `Question ${n} of teapots`), message(`a${n}`, `Answer ${n}. `.repeat(50))], {
    id: `conversation-${n}`,
    title: `Number ${n}`,
  });
const talks = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => talk(from + n));

async function engineOn(cabinet: PowerLossCabinet): Promise<Engine> {
  const prebuilt = await dataDirectory();
  const shelf = poolShelf(cabinet, () => Promise.resolve(() => undefined));
  return createEngine({ store: () => openOn(shelf, { dataDirectory: prebuilt }), embedder: null });
}

async function fileOf(captures: ReturnType<typeof talks>): Promise<Blob> {
  const store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
  await ingest(store, captures);
  const pieces: Uint8Array[] = [];
  for await (const piece of exportAll(store)) pieces.push(piece);
  await store.close();
  return new Blob(pieces as BlobPart[]);
}

/** Ten conversations, of which there is a copy inside, and ten more. */
async function prepared(): Promise<{ cabinet: PowerLossCabinet; copy: string; file: Blob }> {
  const cabinet = new PowerLossCabinet();
  const file = await fileOf(talks(10, 20));
  const engine = await engineOn(cabinet);
  await engine.ingest(talks(0, 10));
  await engine.importFile(file, { mode: 'merge' }); // makes a copy of what was before
  const [copy] = await engine.copies();
  await engine.close();
  return { cabinet, copy: copy?.name ?? '', file };
}

/** Runs `work` until the machine goes off at that operation, and starts it again. */
async function killed(
  cabinet: PowerLossCabinet,
  at: number,
  work: (engine: Engine) => Promise<unknown>,
): Promise<{ engine: Engine; machine: PowerLossCabinet }> {
  const machine = cabinet.copy();
  const running = await engineOn(machine);
  await running.stats();
  machine.offAfter(at);
  await work(running).catch(() => undefined);
  await running.close().catch(() => undefined);
  machine.kill();
  return { engine: await engineOn(machine), machine };
}

async function operationsOf(cabinet: PowerLossCabinet, work: (engine: Engine) => Promise<unknown>): Promise<number> {
  const machine = cabinet.copy();
  const engine = await engineOn(machine);
  await engine.stats();
  const before = machine.power.operations;
  await work(engine);
  const { operations } = machine.power;
  await engine.close();
  return operations - before;
}

const doing = async (engine: Engine) => (await engine.stats()).cut_off.map((one) => one.doing);
const found = async (engine: Engine) =>
  (await engine.recall({ text: 'teapots', mode: 'words', limit: 100 })).hits.length;

describe('what a kill cuts off', () => {
  test('is said at the next start until the user knows, and what ended is not', async () => {
    const { cabinet, file } = await prepared();
    const more = await fileOf(talks(20, 40));
    const merge = (engine: Engine) => engine.importFile(more, { mode: 'merge' });
    const { engine, machine } = await killed(cabinet, 15, merge);
    expect(await doing(engine)).toEqual(['merge']);
    await engine.importFile(file, { mode: 'merge' });
    expect(await doing(engine)).toEqual([]);
    await engine.close();

    const again = await killed(machine, 100, (one) => one.importFile(more, { mode: 'replace' }));
    expect(await doing(again.engine)).toEqual(['replace']);
    await again.engine.putAwayCutOff();
    expect(await doing(again.engine)).toEqual([]);
    await again.engine.close();
    const last = await engineOn(again.machine);
    expect(await doing(last)).toEqual([]);
    await last.close();
  });

  test('of an export is said while its file is not where it belongs', async () => {
    const { cabinet } = await prepared();
    const begin = async (engine: Engine, readAll: boolean, end: boolean) => {
      const { id } = await engine.beginExport({ what: { everything: true }, say_when_cut_off: true });
      if (readAll) for (;;) if ((await engine.readExport(id)).bytes === null) break;
      if (end) await engine.endExport(id);
      throw new Error('killed'); // nothing more is written: the machine goes off here
    };
    for (const [readAll, end, said] of [
      [false, false, ['export']],
      [true, false, ['export']],
      [true, true, []],
    ] as const) {
      const machine = cabinet.copy();
      const running = await engineOn(machine);
      await begin(running, readAll, end).catch(() => undefined);
      machine.offAfter(1);
      await running.close().catch(() => undefined);
      machine.kill();
      const engine = await engineOn(machine);
      expect(await doing(engine)).toEqual(said);
      await engine.close();
    }
  });

  test('going back to a copy: what is there is found, at whatever moment it was', async () => {
    const { cabinet, copy } = await prepared();
    const back = (engine: Engine) => engine.goBack(copy);
    const many = await operationsOf(cabinet, back);
    // What was still to be done after that was lost to a kill there.
    for (const part of KILLED_AT) {
      const { engine, machine } = await killed(cabinet, Math.floor(many * part), back);
      const { documents } = await engine.stats();
      expect([10, 20]).toContain(documents);
      await engine.close();
      expect(await unfindable(machine)).toBe(0);
    }
  });

  test('leaves nothing lying about of a database that was being made, and of those that were being deleted', async () => {
    const { cabinet } = await prepared();
    const file = await fileOf(talks(50, 60));
    const replace = (engine: Engine) => engine.importFile(file, { mode: 'replace' });
    const { engine, machine } = await killed(cabinet, 300, replace);
    expect((await engine.stats()).documents).toBe(20);
    expect((await machine.directories()).toSorted()).toEqual(['database-1', 'files']);
    await replace(engine);
    expect((await machine.directories()).toSorted()).toEqual(['database-1', 'database-2', 'files']);
    await engine.close();
    const discard = (one: Engine) => one.discardSetAside();
    for (const at of [2, 5]) {
      const after = await killed(machine, at, discard);
      const aside = (await after.engine.setAside()).length;
      expect((await after.machine.directories()).length).toBe(2 + aside);
      expect(await found(after.engine)).toBe(10);
      await after.engine.close();
    }
  });
});

/** Messages that are said to be cut into passages and have none: no word finds them, and nothing cuts them. */
async function unfindable(machine: PowerLossCabinet): Promise<number> {
  const store = await openOn(
    poolShelf(machine, () => Promise.resolve(() => undefined)),
    {},
  );
  const [row] = await store.query<{ many: number }>(
    `select count(*)::int as many from message m
    where chunked_as is not null and not exists (select from chunk where message_id = m.id)`,
  );
  await store.close();
  return row?.many ?? 0;
}
