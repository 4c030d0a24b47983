import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../../engine/api';
import { createEngine } from '../../../engine/engine';
import { storedName } from '../../../engine/embedders/folder';
import { memoryShelf, type PrivacyShelf } from '../../../engine/privacy';
import { openStore, type Store } from '../../../engine/store';
import { ALL_MINILM_L6_V2 as MINILM, E5_SMALL_V2 as E5, filesOf } from '../../../models';
import { conversation, message } from '../ingest/captures';
import { dataDirectory } from '../store/prebuilt';
import { filesInMemory, type Space, space } from './spaces';

/** More than are embedded between two turns of other jobs. */
const COUNT = 90;

let store: Store;
beforeAll(async () => {
  store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
});
afterAll(() => store.close());

/** What a browser keeps over a restart, beside the database. */
let shelf: PrivacyShelf;
let files: ReturnType<typeof filesInMemory>;
beforeEach(async () => {
  await store.exec('truncate document, forgotten, forget_receipt, job cascade');
  shelf = memoryShelf();
  files = filesInMemory();
  for (const { path } of filesOf(MINILM, 'q8')) files.stored.set(storedName(MINILM, path), new Blob([path]));
  await shelf.put('embedders', { here: [MINILM.id], answering: E5.id, next: null });
});

/** An engine on what is kept, and the models that it started, last first. */
function start(prepare: (made: Space) => void = () => {}): { engine: Engine; started: Map<string, Space> } {
  const started = new Map<string, Space>();
  const engine = createEngine({
    store: async () => ({ ...store, snapshotTakenAt: null, close: async () => {} }),
    embedder: null,
    privacy: shelf,
    embedders: {
      files,
      start(model) {
        const made = space(model);
        prepare(made);
        started.set(model.id, made);
        return made;
      },
    },
  });
  return { engine, started };
}

const passages = (from: number, to: number, id = 'many') =>
  conversation(
    Array.from({ length: to - from }, (_, n) => message(`m${from + n}`, `Passage ${from + n}`)),
    { id },
  );

/** The passage that is found first by meaning alone. */
async function nearest(engine: Engine, number: number): Promise<string | undefined> {
  const { hits, used_meaning } = await engine.recall({ text: `about ${number}`, mode: 'meaning', limit: 1 });
  expect(used_meaning).toBe(true);
  return hits[0]?.passage;
}

/** How many vectors there are, by model. */
async function vectors(): Promise<Record<string, number>> {
  const rows = await store.query<{ model_id: string; n: number }>(
    'select model_id, count(*)::int as n from embedding group by 1 order by 1',
  );
  return Object.fromEntries(rows.map(({ model_id, n }): [string, number] => [model_id.split('/')[0] ?? '', n]));
}

const uses = async (engine: Engine) =>
  Object.fromEntries(((await engine.embedders()) ?? []).map(({ id, use }) => [id, use]));

/** Lets so many batches of passages through, then holds whoever comes, until it is opened. */
function holdAfter(batches: number) {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let reached: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    reached = resolve;
  });
  let left = batches;
  return {
    held,
    open: () => {
      open();
    },
    before: async () => {
      if (left-- > 0) return;
      reached();
      await opened;
    },
  };
}

describe('going over to another embedder', () => {
  test('the old vectors answer until the new ones are whole, also about what comes in meanwhile; then they go', async () => {
    const hold = holdAfter(4);
    let whenLeft: Record<string, number> = {};
    const { engine, started } = start((made) => {
      if (made.modelId.startsWith(MINILM.id)) made.before = hold.before;
      else {
        const close = made.close.bind(made);
        made.close = async () => {
          whenLeft = await vectors();
          await close();
        };
      }
    });
    await engine.ingest([passages(0, COUNT)]);
    await engine.idle();
    expect(await nearest(engine, 77)).toBe('Passage 77');

    await engine.chooseEmbedder(MINILM.id);
    await hold.held;
    expect(await uses(engine)).toMatchObject({ [E5.id]: 'answering', [MINILM.id]: 'next' });
    expect((await engine.status()).reembedding).toMatchObject({ id: MINILM.id, total: COUNT, error: null });
    expect(await vectors()).toMatchObject({ [E5.id]: COUNT });
    expect(await nearest(engine, 3)).toBe('Passage 3');
    await engine.ingest([passages(200, 203, 'later')]);
    hold.open();
    // each of these is asked while passages are being embedded by the other model, or just after it took over
    for (let n = 0; n < 12; n++) expect(await nearest(engine, n)).toBe(`Passage ${n}`);
    await expect.poll(() => nearest(engine, 201)).toBe('Passage 201');
    await engine.idle();

    expect(whenLeft).toEqual({ [E5.id]: COUNT + 3, [MINILM.id]: COUNT + 3 });
    expect(await vectors()).toEqual({ [MINILM.id]: COUNT + 3 });
    const texts = started.get(MINILM.id)?.texts ?? [];
    expect(new Set(texts).size).toBe(texts.length); // none was made twice
    expect(await uses(engine)).toMatchObject({ [E5.id]: null, [MINILM.id]: 'answering' });
    const status = await engine.status();
    expect(status).toMatchObject({ reembedding: null, chunks_waiting: 0 });
    expect(status.embedder.model_id).toBe('all-minilm-l6-v2/q8/1');
    for (const n of [0, 77, 89, 202]) expect(await nearest(engine, n)).toBe(`Passage ${n}`);
    expect(started.get(E5.id)?.closed).toBe(true);
    await engine.close();
  });

  test('a kill on the way costs nothing that was made, and it goes on by itself', async () => {
    const hold = holdAfter(4);
    const first = start((made) => {
      if (made.modelId.startsWith(MINILM.id)) made.before = hold.before;
    });
    await first.engine.ingest([passages(0, COUNT)]);
    await first.engine.idle();
    await first.engine.chooseEmbedder(MINILM.id);
    await hold.held;
    const closing = first.engine.close();
    hold.open();
    await closing;
    const made = (await vectors())[MINILM.id] ?? 0;
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(COUNT);

    const second = start();
    await second.engine.idle();
    expect(await vectors()).toEqual({ [MINILM.id]: COUNT });
    expect(second.started.get(MINILM.id)?.texts).toHaveLength(COUNT - made);
    expect(await nearest(second.engine, 12)).toBe('Passage 12');
    await second.engine.close();

    const third = start();
    await third.engine.idle();
    expect([...third.started.keys()]).toEqual([MINILM.id]);
    expect(third.started.get(MINILM.id)?.texts).toEqual([]);
    await third.engine.close();
  });

  test('going back on the way leaves the old one answering and nothing of the other', async () => {
    const hold = holdAfter(4);
    const { engine, started } = start((made) => {
      if (made.modelId.startsWith(MINILM.id)) made.before = hold.before;
    });
    await engine.ingest([passages(0, COUNT)]);
    await engine.idle();
    await engine.chooseEmbedder(MINILM.id);
    await hold.held;
    await engine.chooseEmbedder(E5.id);
    hold.open();
    await engine.idle();
    expect(await vectors()).toEqual({ [E5.id]: COUNT });
    expect((await engine.status()).reembedding).toBeNull();
    expect(started.get(MINILM.id)?.closed).toBe(true);
    expect(await nearest(engine, 40)).toBe('Passage 40');
    await engine.close();
  });

  test('one that took over can be left again', async () => {
    const { engine } = start();
    await engine.ingest([passages(0, 20)]);
    for (const id of [MINILM.id, E5.id]) {
      await engine.chooseEmbedder(id);
      await engine.idle();
      expect(await vectors()).toEqual({ [id]: 20 });
      expect(await nearest(engine, 7)).toBe('Passage 7');
    }
    await engine.close();
  });

  test('a model that cannot run is told, and the old one goes on answering', async () => {
    const { engine } = start((made) => {
      const { modelId } = made;
      if (modelId.startsWith(MINILM.id))
        made.setState({ state: 'unavailable', model_id: modelId, error: 'wrong vectors' });
    });
    await engine.ingest([passages(0, 20)]);
    await engine.chooseEmbedder(MINILM.id);
    await engine.idle();
    expect((await engine.status()).reembedding).toMatchObject({ id: MINILM.id, error: 'wrong vectors' });
    expect(await nearest(engine, 7)).toBe('Passage 7');
    await engine.chooseEmbedder(E5.id);
    expect((await engine.status()).reembedding).toBeNull();
    await engine.close();
  });

  test('where a database has vectors of another model only, that one answers until the chosen one has made its own', async () => {
    const before = start();
    await before.engine.ingest([passages(0, COUNT)]);
    await before.engine.idle();
    await before.engine.close();
    await shelf.put('embedders', { here: [MINILM.id], answering: MINILM.id, next: null });

    const hold = holdAfter(2);
    const { engine } = start((made) => {
      if (made.modelId.startsWith(MINILM.id)) made.before = hold.before;
    });
    await hold.held;
    expect(await uses(engine)).toMatchObject({ [E5.id]: 'answering', [MINILM.id]: 'next' });
    expect(await nearest(engine, 9)).toBe('Passage 9');
    hold.open();
    await engine.idle();
    expect(await vectors()).toEqual({ [MINILM.id]: COUNT });
    await engine.close();
  });

  test('a model whose files are gone is left for the one of the package', async () => {
    await shelf.put('embedders', { here: [MINILM.id], answering: MINILM.id, next: null });
    files.stored.clear();
    const { engine } = start();
    await engine.ingest([passages(0, 10)]);
    await engine.idle();
    expect(await uses(engine)).toMatchObject({ [E5.id]: 'answering', [MINILM.id]: null });
    expect(((await engine.embedders()) ?? []).find(({ id }) => id === MINILM.id)?.here).toBe(false);
    expect(await nearest(engine, 4)).toBe('Passage 4');
    await engine.close();
  });

  test('one that is in use is not removed, another one is with its files', async () => {
    const { engine } = start();
    await engine.chooseEmbedder(MINILM.id);
    await engine.idle();
    await expect(engine.removeEmbedder(MINILM.id)).rejects.toMatchObject({ code: 'bad_input' });
    await engine.chooseEmbedder(E5.id);
    await engine.idle();
    await engine.removeEmbedder(MINILM.id);
    expect(files.stored.size).toBe(0);
    await expect(engine.chooseEmbedder(MINILM.id)).rejects.toMatchObject({ code: 'not_found' });
    await engine.close();
  });
});
