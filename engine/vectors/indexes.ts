import type { Store } from '../store';

/** An index of vectors of one model: their coarse forms in an HNSW graph. */
export interface VectorIndex {
  /** `embedding.index_id` of what is in it; the index itself is `embedding_coarse_<id>`. */
  id: number;
  model_id: string;
  dimensions: number;
  /** Of the model's first vectors, as text. */
  mean: string;
  /** By how much their numbers differ from it: the root of the mean square. */
  spread: number;
}

/** Steps between the four levels of a number, in spreads from its mean. */
const STEPS = [-0.9, 0, 0.9];

/** By session. What is here is forgotten by whoever makes or drops an index. */
const known = new WeakMap<object, Map<string, Promise<VectorIndex[]>>>();

/**
 * The indexes that hold vectors of a model, oldest first: none while there are few (see `EXACT_AT_MOST`), two while one is
 * made anew. A vector whose `index_id` is 0 is in none of them.
 *
 * Read once, because every recall asks: indexes are made and dropped only by this part, through the same `Store`.
 */
export function vectorIndexes(store: Store, modelId: string): Promise<VectorIndex[]> {
  const models = known.get(store.session) ?? new Map<string, Promise<VectorIndex[]>>();
  known.set(store.session, models);
  let indexes = models.get(modelId);
  if (!indexes) {
    indexes = store.query<VectorIndex>(
      'select id, model_id, dimensions, mean::text as mean, spread from vector_index where model_id = $1 order by id',
      [modelId],
    );
    models.set(modelId, indexes);
    indexes.catch(() => models.delete(modelId)); // whoever asked is told; the next one asks again
  }
  return indexes;
}

/** To be called after the transaction that made or dropped an index, and after one that failed. */
export function forgetKnown(store: Store): void {
  known.delete(store.session);
}

/**
 * The coarse form of a vector, a column or a parameter of type halfvec: three bits for each number, which say how
 * many of three steps it is above, so that the bits in which two vectors differ are the sum of the levels between their numbers
 * (a thermometer code). The steps lie about the mean, because a model's vectors may all lean one way (e5's: length of their mean 0.89, so
 * that 170 of 384 plain signs hardly ever differ).
 *
 * Of the true ten nearest among 40,000 (docs/decisions/0011-vector-index.md), in percent:
 * signs 83.6 of 100 candidates, 90.4 of 200, 94.9 of 400; two bits (0.6) 94.0, 98.3, 99.0; three bits 97.1, 99.0, 99.6.
 */
export function coarse(index: Omit<VectorIndex, 'id' | 'model_id'>, vector: string): string {
  const bits = levelsOf(index).map((level) => `binary_quantize(${vector} - ${level})`);
  return `((${bits.join(' || ')})::bit(${STEPS.length * index.dimensions}))`;
}

/**
 * What an index is on. A column, though it can be computed from the vector: Postgres computes what it orders by once more for
 * each row that comes out of the index, which took 65 µs a row from the vector, three quarters of the whole search.
 */
export function coarseColumn({ dimensions }: Pick<VectorIndex, 'dimensions'>): string {
  return `(coarse::bit(${STEPS.length * dimensions}))`;
}

/** Each of 384 numbers is written out, and every recall asks. */
const levels = new WeakMap<object, string[]>();

function levelsOf(index: Pick<VectorIndex, 'mean' | 'spread'>): string[] {
  let all = levels.get(index);
  if (!all) {
    const middle = JSON.parse(index.mean) as number[];
    all = STEPS.map((step) => `'[${middle.map((x) => (x + step * index.spread).toFixed(5)).join(',')}]'::halfvec`);
    levels.set(index, all);
  }
  return all;
}

/** pgvector's text form. Five decimals are finer than a half float of a unit vector's parts. */
export function halfvecText(vector: Float32Array, decimals = 5): string {
  let text = '[';
  for (let index = 0; index < vector.length; index++) {
    if (index > 0) text += ',';
    text += (vector[index] ?? 0).toFixed(decimals);
  }
  return `${text}]`;
}
