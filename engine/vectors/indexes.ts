import type { Store } from '../store';

/** An index of vectors of one model: their signs, after a mean is subtracted, in an HNSW graph. */
export interface VectorIndex {
  /** `embedding.index_id` of what is in it; the index itself is `embedding_signs_<id>`. */
  id: number;
  model_id: string;
  dimensions: number;
  /** A halfvec as text. */
  mean: string;
}

/** A store opened anew is another one. What is here is forgotten by whoever makes or drops an index. */
const known = new WeakMap<Store, Map<string, Promise<VectorIndex[]>>>();

/**
 * The indexes that hold vectors of a model, oldest first: none while there are few (see `EXACT_AT_MOST`), two while one is
 * made anew. A vector whose `index_id` is 0 is in none of them.
 *
 * Read once, because every recall asks: indexes are made and dropped only by this part, through the same `Store`.
 */
export function vectorIndexes(store: Store, modelId: string): Promise<VectorIndex[]> {
  const models = known.get(store) ?? new Map<string, Promise<VectorIndex[]>>();
  known.set(store, models);
  let indexes = models.get(modelId);
  if (!indexes) {
    indexes = store.query<VectorIndex>(
      'select id, model_id, dimensions, mean::text as mean from vector_index where model_id = $1 order by id',
      [modelId],
    );
    models.set(modelId, indexes);
    indexes.catch(() => models.delete(modelId)); // whoever asked is told; the next one asks again
  }
  return indexes;
}

/** To be called after the transaction that made or dropped an index, and after one that failed. */
export function forgetKnown(store: Store): void {
  known.delete(store);
}

/**
 * The expression that an index is on, for a column or a parameter of type halfvec. Signs are taken after the mean is
 * subtracted, because a model's vectors may all lean one way (e5's: length of their mean 0.89, so that 170 of 384 plain
 * signs hardly ever differ). Measured in docs/decisions/0003-passages-and-fusion.md.
 */
export function signs({ dimensions, mean }: Omit<VectorIndex, 'id' | 'model_id'>, vector: string): string {
  return `(binary_quantize(${vector} - '${mean}'::halfvec)::bit(${dimensions}))`;
}
