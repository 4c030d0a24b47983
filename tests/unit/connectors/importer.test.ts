/** A look, then an import behind other work: paused, ended, taken up after a restart. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Engine, ImportRun } from '../../../engine/api';
import { exportAll } from '../../../engine/backup';
import { type GivenFile, Importer, type ImportShelf } from '../../../engine/connectors';
import { createEngine } from '../../../engine/engine';
import { EngineError } from '../../../engine/errors';
import { openStore, type Store } from '../../../engine/store';
import { jobContext } from '../../harness/jobs';
import { dataDirectory } from '../store/prebuilt';
import { folder, textFile, zip } from './given';
import { withStore } from '../store/with-store';

let store: Store;
withStore((opened) => {
  store = opened;
}, 'document, forgotten, forget_receipt, job cascade');

function memoryShelf(): ImportShelf & { size: () => number } {
  const kept = new Map<string, GivenFile[]>();
  return {
    size: () => kept.size,
    keep: async (id, files) => Boolean(kept.set(id, files)),
    open: async (id) => kept.get(id) ?? null,
    ids: async () => [...kept.keys()],
    drop: async (id) => {
      kept.delete(id);
    },
  };
}

const open = (shelf?: ImportShelf) =>
  createEngine({
    store: async () => ({ ...store, snapshotTakenAt: null, close: async () => {} }),
    embedder: null,
    ...(shelf === undefined ? {} : { shelf }),
  });

async function withEngine(work: (engine: Engine) => Promise<void>, shelf?: ImportShelf): Promise<void> {
  const engine = open(shelf);
  try {
    await work(engine);
  } finally {
    await engine.close();
  }
}

const everything = (run: ImportRun) => ({ connectors: run.parts.map(({ connector }) => connector), bring_back: false });

const NOTHING_TAKEN = {
  documents: 0,
  messages_added: 0,
  messages_updated: 0,
  messages_unchanged: 0,
  forgotten: 0,
  expired: 0,
  document_ids: [],
};

/** Many small notes, so that there is something to stop in. */
const notes = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    textFile(`notes/${index}.md`, `# Note ${index}\n\nWhat was thought on day ${index}.`),
  );

/** An export of an empty database. */
async function fileOfNothing(): Promise<Blob> {
  const pieces: Uint8Array[] = [];
  for await (const piece of exportAll(store)) pieces.push(piece);
  return new Blob(pieces as BlobPart[]);
}

async function ended(engine: Engine, id: string, state: ImportRun['state'] = 'done'): Promise<ImportRun> {
  for (;;) {
    const run = (await engine.imports()).find((each) => each.id === id);
    if (run?.state === state) return run;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('an import', () => {
  it('is looked at first, takes what is chosen, and knows it the next time', async () => {
    const shelf = memoryShelf();
    await withEngine(async (engine) => {
      const files = [await zip(await folder('chatgpt')), ...(await folder('kindle'))];
      const look = await engine.lookInside(files);
      expect(look).toMatchObject({ state: 'looked', warning_count: 2 });
      expect(look.parts).toMatchObject([
        {
          connector: 'chatgpt',
          conversations: 2,
          messages: 7,
          documents: 0,
          fresh: 2,
          known: 0,
          from: '2026-05-01T10:01:40.250Z',
        },
        { connector: 'kindle', conversations: 0, documents: 3, fresh: 3 },
      ]);
      expect((await engine.stats()).documents).toBe(0);

      const started = await engine.startImport(look.id, { connectors: ['chatgpt'], bring_back: false });
      expect(started).toMatchObject({ state: 'running', total: 2 });
      expect(await ended(engine, look.id)).toMatchObject({ done: 2, total: 2, added: 7, updated: 0, passed_over: 0 });
      expect((await engine.stats()).documents).toBe(2);
      expect(shelf.size()).toBe(0);
      const { hits } = await engine.recall({ text: 'levain', mode: 'words' });
      expect(hits[0]?.title).toBe('Sourdough in winter');

      const again = await engine.lookInside(files);
      expect(again.parts).toMatchObject([
        { connector: 'chatgpt', fresh: 0, known: 2 },
        { connector: 'kindle', fresh: 3 },
      ]);
      await engine.cancelImport(again.id);
      await engine.cancelImport(look.id);
      expect(await engine.imports()).toEqual([]);
    }, shelf);
  });

  it('counts a thread that comes in several files once, and knows it the next time though it is never whole', async () => {
    await withEngine(async (engine) => {
      const files = await folder('messenger');
      const look = await engine.lookInside(files);
      expect(look.parts).toMatchObject([{ connector: 'messenger', items: 3, conversations: 2, messages: 5, fresh: 2 }]);
      await engine.startImport(look.id, everything(look));
      expect(await ended(engine, look.id)).toMatchObject({ done: 3, total: 3, added: 5 });
      expect((await engine.stats()).documents).toBe(2);
      const again = await engine.lookInside(files);
      expect(again.parts).toMatchObject([{ fresh: 0, changed: 0, known: 2 }]);
    });
  });

  it('says what was deleted before, leaves it out, and brings it back when asked', async () => {
    await withEngine(async (engine) => {
      const files = await folder('markdown');
      const first = await engine.lookInside(files);
      await engine.startImport(first.id, everything(first));
      await ended(engine, first.id);
      const [note] = await engine.timeline({});
      const receipt = await engine.forget({ document_ids: [note?.id ?? ''] });
      await engine.purgeForgotten([receipt.id]);

      const look = await engine.lookInside(files);
      expect(look.parts).toMatchObject([{ forgotten: 1, fresh: 0 }]);
      await engine.startImport(look.id, everything(look));
      expect(await ended(engine, look.id)).toMatchObject({ passed_over: 1, added: 0 });
      expect(await engine.timeline({})).toEqual([]);

      const wanted = await engine.lookInside(files);
      await engine.startImport(wanted.id, { ...everything(wanted), bring_back: true });
      expect(await ended(engine, wanted.id)).toMatchObject({ added: 1 });
      expect(await engine.timeline({})).toHaveLength(1);
    });
  });

  it('ends with a deletion of everything, and brings in what is chosen right after it', async () => {
    await withEngine(async (engine) => {
      const look = await engine.lookInside(notes(300));
      const begun = new Promise<void>((resolve) => {
        void engine.subscribe((event) => {
          if (event.type === 'import_run' && event.run.done > 0) resolve();
        });
      });
      await engine.startImport(look.id, everything(look));
      await begun;
      await engine.forget({ everything: true });
      expect(await engine.imports()).toEqual([]);
      await engine.purgeForgotten();
      await engine.idle();
      expect((await engine.stats()).documents).toBe(0);

      await engine.forget({ everything: true });
      const next = await engine.lookInside(await folder('chatgpt'));
      await engine.startImport(next.id, everything(next));
      expect(await ended(engine, next.id)).toMatchObject({ added: 7, passed_over: 0 });
      await engine.purgeForgotten();
      expect((await engine.stats()).by_source).toMatchObject([{ source: 'chatgpt', documents: 2 }]);
    });
  });

  it('is paused, goes on, and is ended with what is in', async () => {
    await withEngine(async (engine) => {
      const look = await engine.lookInside(notes(300));
      const seen: number[] = [];
      await engine.subscribe((event) => {
        if (event.type !== 'import_run' || event.run.state !== 'running') return;
        seen.push(event.run.done);
        if (event.run.done > 0 && event.run.done < 150) void engine.pauseImport(look.id);
      });
      await engine.startImport(look.id, everything(look));
      const paused = await ended(engine, look.id, 'paused');
      expect(paused.done).toBeLessThan(300);
      await engine.idle();
      expect((await engine.stats()).documents).toBe((await ended(engine, look.id, 'paused')).done);
      await engine.resumeImport(look.id);
      await ended(engine, look.id, 'paused');
      await engine.cancelImport(look.id);
      await engine.idle();
      const { documents } = await engine.stats();
      expect(documents).toBeGreaterThan(0);
      expect(documents).toBeLessThan(300);
      expect(await store.query(`select from job where kind = 'import'`)).toEqual([]);
    });
  });

  it('goes on after a restart with the files that were kept, each document once', async () => {
    const shelf = memoryShelf();
    const first = open(shelf);
    const look = await first.lookInside(notes(200));
    const some = new Promise<void>((resolve) => {
      void first.subscribe((event) => {
        if (event.type === 'import_run' && event.run.done > 0) resolve();
      });
    });
    await first.startImport(look.id, everything(look));
    await some;
    await first.close();
    await withEngine(async (engine) => {
      await engine.idle();
      const run = await ended(engine, look.id);
      expect(run).toMatchObject({ done: 200, total: 200 });
      expect((await engine.stats()).documents).toBe(200);
    }, shelf);
    expect(shelf.size()).toBe(0);
  });

  it('takes again what a fault kept from being stored, and tells once what cannot be read', async () => {
    const taken: string[] = [];
    let faults = 1;
    const importer = new Importer({
      store,
      shelf: null,
      clock: () => new Date(),
      wake: () => {},
      onChange: () => {},
      async take(captures) {
        if (taken.length > 0 && faults-- > 0) throw new EngineError('store_full', 'There is no room.');
        taken.push(...captures.map(({ id }) => id));
        return NOTHING_TAKEN;
      },
    });
    const look = await importer.look([...notes(120), textFile('what.bin', new Uint8Array([0, 1, 2, 0, 255]))]);
    expect(look.warning_count).toBe(1);
    await importer.start(look.id, everything(look));
    const job = { id: '1', kind: 'import', subject: look.id, attempts: 1, asked: '' } as const;
    const context = jobContext(store);
    await importer.work(job, context);
    expect(importer.runs()[0]).toMatchObject({ state: 'paused', error: 'store_full' });
    await importer.resume(look.id);
    await importer.work(job, context);
    expect(importer.runs()[0]).toMatchObject({ state: 'done', done: 120, error: null, warning_count: 1 });
    expect(taken).toHaveLength(120);
    expect(new Set(taken).size).toBe(120);
  });

  it('waits where the database is replaced under it, and then takes everything into the new one', async () => {
    const shelf = memoryShelf();
    const own = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
    const engine = createEngine({ store: async () => own, embedder: null, shelf });
    const empty = await fileOfNothing();
    const look = await engine.lookInside(notes(400));
    const begun = new Promise<void>((resolve) => {
      void engine.subscribe((event) => {
        if (event.type === 'import_run' && event.run.state === 'running' && event.run.done > 0) resolve();
      });
    });
    await engine.startImport(look.id, everything(look));
    const left = await engine.lookInside(notes(1));
    await begun;
    await engine.importFile(empty, { mode: 'replace' });
    await engine.idle();
    expect(await engine.imports()).toMatchObject([{ id: look.id, state: 'paused', done: 0, error: null }]);
    expect((await engine.imports()).map((run) => run.id)).not.toContain(left.id);
    expect((await engine.stats()).documents).toBe(0);
    // and so it stands there after a restart
    expect(
      await own.query(
        `select progress ->> 'state' as state, progress -> 'done' as done from job where kind = 'import'`,
      ),
    ).toEqual([{ state: 'paused', done: 0 }]);
    await engine.resumeImport(look.id);
    await engine.idle();
    expect(await ended(engine, look.id)).toMatchObject({ done: 400, error: null });
    expect((await engine.stats()).documents).toBe(400);
    await engine.close();
  });

  it('is there after a kill in the moment in which another database took the place of the one before', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'commonplace-importer-'));
    const shelf = memoryShelf();
    const own = await openStore({ storage: 'node', directory, dataDirectory: await dataDirectory() });
    const killed = () => Promise.reject(new Error('killed'));
    /** Nothing is done any more after the other one is in place. */
    const dying = Object.create(own, {
      replace: { value: async (fill: (fresh: Store) => Promise<unknown>) => own.replace(fill).then(killed) },
      goBack: { value: async (...given: Parameters<Store['goBack']>) => own.goBack(...given).then(killed) },
      takeBack: { value: async (...given: Parameters<Store['takeBack']>) => own.takeBack(...given).then(killed) },
      close: { value: async () => {} },
    }) as Store;
    const start = () => createEngine({ store: async () => dying, embedder: null, shelf });
    const empty = await fileOfNothing();
    let look: ImportRun | undefined;
    const swaps: Array<(engine: Engine) => Promise<unknown>> = [
      (engine) => engine.importFile(empty, { mode: 'replace' }),
      async (engine) => engine.goBack((await engine.copies())[0]?.name ?? ''),
      async (engine) => engine.takeBack((await engine.setAside())[0]?.at ?? ''),
    ];
    for (const swap of swaps) {
      const engine = start();
      if (look === undefined) {
        await engine.importFile(empty, { mode: 'merge' }); // makes a copy
        look = await engine.lookInside(notes(3));
        await engine.startImport(look.id, everything(look));
        await engine.pauseImport(look.id);
      } else await engine.imports();
      await expect(swap(engine)).rejects.toThrow('killed');
      await engine.close();
      expect(shelf.size()).toBe(1);
      const again = start();
      await again.idle();
      expect(await again.imports()).toMatchObject([{ id: look.id, state: 'paused', done: 0 }]);
      await again.close();
    }
    await own.close();
    await rm(directory, { recursive: true });
  });

  it('asks for its files again where they were not kept', async () => {
    const first = open();
    const look = await first.lookInside(notes(200));
    await first.startImport(look.id, everything(look));
    await first.close();
    await withEngine(async (engine) => {
      await ended(engine, look.id, 'needs_files');
      await expect(engine.resumeImport(look.id)).rejects.toMatchObject({ code: 'bad_input' });
      await engine.resumeImport(look.id, notes(200));
      expect(await ended(engine, look.id)).toMatchObject({ state: 'done' });
      expect((await engine.stats()).documents).toBe(200);
    });
  });
});
