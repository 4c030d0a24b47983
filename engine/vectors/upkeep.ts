import type { Queryable, Store } from '../store';
import { coarse, coarseColumn, forgetKnown, vectorIndexes, type VectorIndex } from './indexes';

/**
 * As many vectors are searched one by one, which finds the nearest without fail; more come into an index.
 * Processor time of a list of 400 in Node, median: 2,000 vectors 6.6 ms one by one, 4,000 11.4, 8,000 21.5; through the
 * index 9.5 and 10.1 from 4,000 on, with 97 % of the true ten nearest.
 */
export const EXACT_AT_MOST = 3_000;
/** Vectors that the mean is taken of. */
const MEAN_OF = 2_000;
/** A step of putting vectors into an index should take this long, in milliseconds: a search waits for the rest of it. */
const STEP_MS = 25;
const STEP_MOST = 64;
/** An index of which this part was deleted is made anew: what was deleted stands in it and in a search's way until then. */
const DELETED_MOST = 0.3;
/** However little was deleted, its coarse form stays in the index no longer than this and the wait for the next embedding. */
const KEPT_DELETED = '7 days';
const DROP_SLICE = 1_000;

/** Awaited between two steps: others go first. Rejects to end the work, which goes on from there another time. */
type Pause = () => Promise<void>;

/**
 * Puts the vectors of a model that are in no index into its newest one, making it when there are enough of them. Each
 * step is well under 50 ms at any size, and between two of them every vector is found, in an index or one by one.
 */
export async function indexVectors(
  store: Store,
  modelId: string,
  pause: Pause,
  exactAtMost = EXACT_AT_MOST,
): Promise<void> {
  let indexes = await vectorIndexes(store, modelId);
  if (indexes.length === 0) {
    const [waiting] = await store.query<{ many: boolean }>(
      `select count(*) > ${exactAtMost} as many from (
        select from embedding where model_id = $1 and index_id = 0 limit ${exactAtMost + 1}) few`,
      [modelId],
    );
    if (!waiting?.many) return;
    indexes = [await makeIndex(store, modelId)];
  }
  const newest = indexes.at(-1) as VectorIndex;
  for (const from of [...indexes.slice(0, -1).map(({ id }) => id), 0]) await move(store, from, newest, pause);
  for (const { id } of indexes.slice(0, -1)) await dropIndex(store, id);
}

/** Makes an empty index: instant, whatever there is, because a vector gets into it by its `index_id` only. */
async function makeIndex(store: Store, modelId: string): Promise<VectorIndex> {
  try {
    return await store.transaction(async (tx) => {
      const [index] = await tx.query<VectorIndex>(
        `insert into vector_index (model_id, dimensions, mean, spread)
        select $1, max(vector_dims(vector)), avg(vector),
               sqrt(greatest(avg(l2_norm(vector) ^ 2) - l2_norm(avg(vector)) ^ 2, 0) / max(vector_dims(vector)))
        from (select vector from embedding where model_id = $1 limit ${MEAN_OF}) first_ones
        returning id, model_id, dimensions, mean::text as mean, spread`,
        [modelId],
      );
      const made = index as VectorIndex;
      await tx.exec(`create index embedding_coarse_${made.id} on embedding
        using hnsw (${coarseColumn(made)} bit_hamming_ops)
        where model_id = '${modelId.replaceAll("'", "''")}' and index_id = ${made.id}`);
      return made;
    });
  } finally {
    forgetKnown(store);
  }
}

async function move(store: Store, from: number, to: VectorIndex, pause: Pause): Promise<void> {
  let size = 4;
  for (;;) {
    await pause();
    const started = performance.now();
    const moved = await store.transaction(async (tx) => {
      const rows = await tx.query(
        `update embedding set index_id = $3, coarse = ${coarse(to, 'vector')} where model_id = $1 and chunk_id = any(array(
          select chunk_id from embedding where model_id = $1 and index_id = $2 limit $4)) returning 1`,
        [to.model_id, from, to.id, size],
      );
      await countInserted(tx, to.id, rows.length);
      return rows.length;
    });
    if (moved < size) return;
    const took = performance.now() - started;
    if (took < STEP_MS / 2) size = Math.min(STEP_MOST, size * 2);
    else if (took > STEP_MS) size = Math.max(1, size >> 1);
  }
}

async function countInserted(tx: Queryable, id: number, count: number): Promise<void> {
  if (count > 0) await tx.query('update vector_index set inserted = inserted + $2 where id = $1', [id, count]);
}

async function dropIndex(store: Store, id: number): Promise<void> {
  try {
    await store.transaction(async (tx) => {
      await tx.exec(`drop index embedding_coarse_${id}`);
      await tx.query('delete from vector_index where id = $1', [id]);
    });
  } finally {
    forgetKnown(store);
  }
}

/**
 * Drops every index, so that the table can be written anew without making them in one go: for 10,000 vectors that takes 5 s of
 * processor time in which nothing else runs. Until {@link indexVectors} has made them again, vectors are searched one by one.
 */
export async function dropIndexes(store: Store, pause: Pause): Promise<void> {
  const indexes = await store.query<{ id: number }>('select id from vector_index order by id');
  for (const { id } of indexes) {
    await pause();
    try {
      await store.transaction(async (tx) => {
        await tx.exec(`drop index embedding_coarse_${id}`);
        await tx.query('update embedding set index_id = 0, coarse = null where index_id = $1', [id]);
        await tx.query('delete from vector_index where id = $1', [id]);
      });
    } finally {
      forgetKnown(store);
    }
  }
}

/** Makes the index of a model anew when much was deleted of it, or something and it is old: see {@link DELETED_MOST}, {@link KEPT_DELETED}. */
export async function renewIndexes(store: Store, modelId: string, pause: Pause): Promise<void> {
  const newest = (await vectorIndexes(store, modelId)).at(-1);
  if (!newest) return;
  const [count] = await store.query<{ live: number; inserted: number; old: boolean }>(
    `select inserted, made_at < now() - interval '${KEPT_DELETED}' as old,
            (select count(*)::int from embedding where model_id = $1 and index_id = $2) as live
    from vector_index where id = $2`,
    [modelId, newest.id],
  );
  const most = count?.old ? 0 : DELETED_MOST;
  if (!count || count.live >= count.inserted * (1 - most)) return;
  if (count.live === 0) return dropIndex(store, newest.id);
  await makeIndex(store, modelId);
  await indexVectors(store, modelId, pause);
}

/** The ids of models that have vectors, but this one. */
export async function modelsWithVectors(db: Queryable, but: string): Promise<string[]> {
  // one step in the index per model; `distinct` would read every row
  const models: string[] = [];
  for (let last = ''; ;) {
    const [row] = await db.query<{ next: string | null }>(
      'select min(model_id) as next from embedding where model_id > $1',
      [last],
    );
    if (row?.next === null || row?.next === undefined) return models;
    last = row.next;
    if (last !== but) models.push(last);
  }
}

/** Deletes the vectors of a model, its indexes first: each row would else have to be taken out of them. */
export async function dropModel(store: Store, modelId: string, pause: Pause): Promise<void> {
  await pause(); // a search of these vectors may be under way
  for (const { id } of await vectorIndexes(store, modelId)) await dropIndex(store, id);
  for (let dropped = DROP_SLICE; dropped === DROP_SLICE;) {
    await pause();
    const rows = await store.query(
      `delete from embedding where model_id = $1 and chunk_id = any(array(
        select chunk_id from embedding where model_id = $1 limit ${DROP_SLICE})) returning 1`,
      [modelId],
    );
    dropped = rows.length;
  }
}
