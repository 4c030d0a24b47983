import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Embedder } from '../../../engine/embed';
import { embedHandler, type Job, type JobContext } from '../../../engine/jobs';
import { parseQuery, recall } from '../../../engine/recall';
import { PREPARED_SETTINGS, searchStatement } from '../../../engine/recall/sql';
import { TERMS } from '../../../engine/recall/words-index';
import { openStore, type Store } from '../../../engine/store';
import { indexVectors, renewIndexes, vectorIndexes } from '../../../engine/vectors';

let store: Store;

beforeEach(async () => {
  store = await openStore({ storage: 'memory' });
});
afterEach(() => store.close());

const go = async () => {};
/** In place of thousands, so that the tests are quick. */
const EXACT = 200;

/** A vector that only this place has, all leaning one way as a model's do. */
function vectorAt(place: number, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i++) vector[i] = 0.6 + Math.sin((place + 1) * (i + 1) * 0.37);
  const length = Math.hypot(...vector);
  return vector.map((x) => x / length);
}

/** A model whose vectors say which passage a text is: "Passage 12", or a question for "12". */
function model(modelId: string, dimensions = 384): Embedder {
  return {
    modelId,
    dimensions,
    state: () => ({ state: 'ready', model_id: modelId, device: 'cpu', dtype: 'q8' }),
    onState: () => () => {},
    embed: async (texts) => texts.map((text) => vectorAt(Number(/\d+/.exec(text)?.[0] ?? 0), dimensions)),
    close: async () => {},
  };
}

/** One document with this many passages. */
async function keep(count: number): Promise<void> {
  await store.query(
    `with made as (insert into document (kind, source, external_id, captured_at, happened_at, content_hash)
       values ('note', 'test', uuidv7()::text, now(), now(), '') returning id)
     insert into chunk (document_id, level, ordinal, text, token_count, content_hash, made_by)
     select made.id, 1, n, 'Passage ' || n, 1, '', 1 from made, generate_series(0, $1::int - 1) n`,
    [count],
  );
}

async function keepVectors(embedder: Embedder, count: number): Promise<void> {
  const places = Array.from({ length: count }, (_, n) => n);
  await store.query(
    `insert into embedding (chunk_id, model_id, vector)
     select c.id, $1, v::halfvec from unnest($2::int[], $3::text[]) as t (n, v) join chunk c on c.ordinal = n`,
    [embedder.modelId, places, places.map((n) => `[${vectorAt(n, embedder.dimensions).join(',')}]`)],
  );
}

/** The passage that is found first by meaning. */
async function nearest(embedder: Embedder, place: number): Promise<string | undefined> {
  const { hits, used_meaning } = await recall(store, embedder, { text: `which was ${place}`, mode: 'meaning' });
  expect(used_meaning).toBe(true);
  return hits[0]?.passage;
}

async function inIndexes(): Promise<Array<{ index_id: number; n: number }>> {
  return store.query('select index_id, count(*)::int as n from embedding group by 1 order by 1');
}

const context = (pause: () => Promise<void> = go): JobContext => ({
  store,
  signal: new AbortController().signal,
  now: () => new Date(),
  pause,
  progress: go,
});

describe('the index of vectors', () => {
  const one = model('one/1');

  test('is not made for few, which are compared one by one', async () => {
    await keep(50);
    await keepVectors(one, 50);
    await indexVectors(store, one.modelId, go);
    expect(await vectorIndexes(store, one.modelId)).toEqual([]);
    expect(await nearest(one, 31)).toBe('Passage 31');
  });

  test('is made in steps between which everything is found and new vectors come', async () => {
    const count = EXACT + 100;
    await keep(count + 1);
    await keepVectors(one, count);
    await store.maintain('analyze'); // the planner knows that no vector is in an index
    let steps = 0;
    await indexVectors(
      store,
      one.modelId,
      async () => {
        if (steps++ % 4 !== 2) return;
        // one that is in the index by now, one that is not
        for (const at of [0, 1]) {
          const [row] = await store.query<{ n: number }>(
            `select c.ordinal as n from embedding e join chunk c on c.id = e.chunk_id order by e.index_id ${at ? 'desc' : ''} limit 1`,
          );
          expect(await nearest(one, row?.n ?? -1)).toBe(`Passage ${row?.n}`);
        }
      },
      EXACT,
    );
    expect(steps).toBeGreaterThan(4);
    const [index] = await vectorIndexes(store, one.modelId);
    expect(await inIndexes()).toEqual([{ index_id: index?.id, n: count }]);

    // a plan that was made when the index was empty must be the one for a full index, too
    const indexes = await vectorIndexes(store, one.modelId);
    const { text, params } = searchStatement(
      parseQuery({ text: 'which' }, new Date()),
      { index: TERMS, text: 'which', stems: ['which'] },
      { vector: `[${vectorAt(1, 384).join(',')}]`, modelId: one.modelId, indexes },
      20,
      false,
    );
    await store.transaction(async (tx) => {
      await tx.exec(PREPARED_SETTINGS);
      const plan = await tx.query<Record<string, string>>(`explain ${text}`, params);
      expect(plan.map((line) => Object.values(line)[0]).join('\n')).toContain(`using embedding_coarse_${index?.id}`);
    });

    // what comes later goes straight in
    await embedHandler(one, () => {})({} as Job, context());
    expect(await inIndexes()).toEqual([{ index_id: index?.id, n: count + 1 }]);
    expect(await nearest(one, count)).toBe(`Passage ${count}`);
    expect(await store.query('select inserted from vector_index')).toEqual([{ inserted: count + 1 }]);
  });

  test('is made anew when much of it was deleted, without a moment in which something is not found', async () => {
    const count = EXACT + 100;
    await keep(count);
    await keepVectors(one, count);
    await indexVectors(store, one.modelId, go, EXACT);
    const [before] = await vectorIndexes(store, one.modelId);
    await renewIndexes(store, one.modelId, go);
    expect(await vectorIndexes(store, one.modelId)).toEqual([before]);

    await store.exec('delete from chunk where ordinal % 2 = 1');
    await store.maintain('vacuum');
    expect(await nearest(one, 40)).toBe('Passage 40');
    let steps = 0;
    await renewIndexes(store, one.modelId, async () => {
      if (steps++ % 4 === 1) expect(await nearest(one, 60)).toBe('Passage 60');
    });
    const [after] = await vectorIndexes(store, one.modelId);
    expect(after?.id).toBeGreaterThan(before?.id ?? Infinity);
    expect(await inIndexes()).toEqual([{ index_id: after?.id, n: count / 2 }]);
    expect(await store.query(`select to_regclass('embedding_coarse_${before?.id}')::text as old`)).toEqual([
      { old: null },
    ]);
    expect(await nearest(one, 40)).toBe('Passage 40');

    await store.exec('delete from chunk where ordinal = 60');
    await renewIndexes(store, one.modelId, go);
    expect(await vectorIndexes(store, one.modelId)).toEqual([after]);
    await store.exec("update vector_index set made_at = made_at - interval '8 days'");
    await renewIndexes(store, one.modelId, go);
    expect((await vectorIndexes(store, one.modelId))[0]?.id).toBeGreaterThan(after?.id ?? Infinity);
    expect(await inIndexes()).toEqual([{ index_id: (after?.id ?? 0) + 1, n: count / 2 - 1 }]);

    await store.exec('delete from chunk');
    await renewIndexes(store, one.modelId, go);
    expect(await store.query('select * from vector_index')).toEqual([]);
    expect(await nearest(one, 40)).toBeUndefined();
  });
});

test('vectors of another model answer until the new ones are complete, whatever their length', async () => {
  const old = model('old/1');
  const next = model('next/1', 256);
  const count = EXACT + 60;
  await keep(count);
  await keepVectors(old, count);
  await indexVectors(store, old.modelId, go, EXACT);

  let asked = 0;
  await embedHandler(next, () => {})(
    {} as Job,
    context(async () => {
      const [state] = await store.query<{ missing: boolean }>(
        `select count(*) < ${count} as missing from embedding where model_id = 'next/1'`,
      );
      if (!state?.missing || asked++ % 6 !== 1) return;
      expect(await nearest(old, 77)).toBe('Passage 77');
    }),
  );
  expect(asked).toBeGreaterThan(12);
  expect(await nearest(next, 77)).toBe('Passage 77');
  expect(await store.query('select model_id, count(*)::int as n from embedding group by 1')).toEqual([
    { model_id: 'next/1', n: count },
  ]);
  expect(await store.query('select * from vector_index')).toEqual([]);
  expect(await vectorIndexes(store, old.modelId)).toEqual([]);
});
