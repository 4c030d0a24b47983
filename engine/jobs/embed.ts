import { type Embedder, normalise } from '../embed';
import { EngineError } from '../errors';
import type { Store } from '../store';
import {
  coarse,
  halfvecText,
  dropModel,
  indexVectors,
  modelsWithVectors,
  renewIndexes,
  vectorIndexes,
} from '../vectors';
import type { Handler, JobContext } from './scheduler';
import { boundLog } from './upkeep';
import { readWaiting, type Waiting } from './waiting';

/** Texts in one call, at most (a passage may have two): the model's own batches are as large. */
const BATCH_MOST = 16;
/** What a batch should take, in milliseconds; its size follows. A query waits for at most the rest of a batch. */
const BATCH_MS = 150;
/** Chunks read at once: enough to sort by length, so that a batch wastes little on padding. */
const WINDOW = 256;
const READ_PER_LOG_CHECK = 4 * WINDOW;
const RESTARTS = 5;

/**
 * Gives every passage that is searched a vector of the embedder's present model, newest passages first, and puts the
 * vectors into an index when there are many. Vectors of other models answer their own embedder's questions until none is
 * missing, and are dropped then, but for those of a model that is to answer next. `onEmbedded` is told of each batch that was stored.
 */
export function embedHandler(
  embedder: Embedder,
  onEmbedded: (count: number) => void,
  isNext: (modelId: string) => boolean = () => false,
): Handler {
  return async (_job, context) => {
    const { store, pause } = context;
    const { modelId } = await embedMissing(embedder, context, { onEmbedded });
    await indexVectors(store, modelId, pause);
    for (const other of await modelsWithVectors(store, modelId)) {
      if (!isNext(other)) await dropModel(store, other, pause);
    }
    await renewIndexes(store, modelId, pause);
    return 'done';
  };
}

/** How far a pass over all passages came, from the newest to the oldest. */
export interface Pass {
  /** The oldest passage seen; null at the top. */
  before: string | null;
  /** Texts that no attempt could embed: left to words alone. */
  refused: string[];
  /** How many passages were read. */
  read: number;
}

export const newPass = (): Pass => ({ before: null, refused: [], read: 0 });

export interface EmbedMissingOptions {
  onEmbedded: (count: number) => void;
  /** Whether to leave off; asked between batches. */
  isOver?: () => boolean;
  /** Where to go on from; kept up to date. */
  pass?: Pass;
  /** Leaves off after this many passages. */
  most?: number;
}

/** Embeds what has no vector of the embedder's model. `whole` says whether nothing is left; the model may change on the way. */
export async function embedMissing(
  embedder: Embedder,
  context: JobContext,
  { onEmbedded, isOver = () => false, pass = newPass(), most = Infinity }: EmbedMissingOptions,
): Promise<{ modelId: string; whole: boolean }> {
  const { store, signal, pause } = context;
  let size = 4;
  let done = 0;
  let restarts = 0;
  const upTo = pass.read + most;
  let { modelId } = embedder;

  for (;;) {
    await pause();
    if (isOver() || pass.read >= upTo) return { modelId, whole: false };
    if (modelId !== embedder.modelId) {
      modelId = embedder.modelId;
      pass.before = null;
    }
    const window: Waiting[] = await readWaiting(store, modelId, pass, Math.min(WINDOW, most));
    if (window.length === 0) {
      if (pass.before === null) return { modelId, whole: true };
      pass.before = null; // once more from the top: something may have come meanwhile
      continue;
    }
    const last = window.at(-1)?.id ?? null;
    window.sort((a, b) => length(a) - length(b));

    for (let at = 0; at < window.length && modelId === embedder.modelId;) {
      await pause();
      if (isOver()) return { modelId, whole: false };
      const batch = firstOf(window.slice(at, at + size), size);
      const started = performance.now();
      let vectors: Array<Float32Array | null>;
      try {
        vectors = await embedBatch(embedder, batch, signal);
      } catch (error) {
        // A lost device: the embedder starts another, perhaps with another model id.
        if (!(error instanceof EngineError) || error.code !== 'engine_restarting' || ++restarts > RESTARTS) throw error;
        continue;
      }
      const took = performance.now() - started;
      if (modelId !== embedder.modelId) break;
      const made = batch.flatMap(({ id }, index) => {
        const vector = vectors[index];
        if (!vector) pass.refused.push(id);
        return vector ? [{ id, vector }] : [];
      });
      await writeVectors(store, modelId, made);
      at += batch.length;
      done += made.length;
      restarts = 0;
      onEmbedded(made.length);
      await context.progress(done, done + window.length - at);
      if (took < BATCH_MS / 2) size = Math.min(BATCH_MOST, size * 2);
      else if (took > BATCH_MS) size = Math.max(1, size >> 1);
    }
    pass.before = last;
    const checks = Math.floor(pass.read / READ_PER_LOG_CHECK);
    pass.read += window.length;
    if (Math.floor(pass.read / READ_PER_LOG_CHECK) > checks) await boundLog(store);
    await indexVectors(store, modelId, pause);
  }
}

/** As many passages as have so many texts between them, and one at least. */
function firstOf(passages: Waiting[], most: number): Waiting[] {
  let texts = 0;
  return passages.filter((passage, i) => (texts += passage.texts.length) <= most || i === 0);
}

const length = ({ texts }: Waiting) => texts.reduce((sum, text) => sum + text.length, 0);

/** The vectors of a batch; where one passage makes the batch fail, null for that one. */
async function embedBatch(
  embedder: Embedder,
  batch: Waiting[],
  signal: AbortSignal,
): Promise<Array<Float32Array | null>> {
  try {
    const vectors = await embedder.embed(
      batch.flatMap(({ texts }) => texts),
      'passage',
      signal,
    );
    let at = 0;
    return batch.map(({ texts }) => meanOf(vectors.slice(at, (at += texts.length))));
  } catch (error) {
    const { code } = EngineError.from(error);
    if (code !== 'internal' && code !== 'bad_input') throw error;
    if (batch.length === 1) return [null];
    const vectors: Array<Float32Array | null> = [];
    for (const one of batch) vectors.push(...(await embedBatch(embedder, [one], signal)));
    return vectors;
  }
}

/** Of length 1, as each of them is. */
function meanOf(vectors: Float32Array[]): Float32Array {
  const [first, ...others] = vectors as [Float32Array, ...Float32Array[]];
  if (others.length === 0) return first;
  return normalise(first.map((x, i) => others.reduce((sum, other) => sum + (other[i] ?? 0), x)));
}

/** Chunks that were deleted meanwhile are passed over. */
async function writeVectors(
  store: Store,
  modelId: string,
  made: Array<{ id: string; vector: Float32Array }>,
): Promise<void> {
  if (made.length === 0) return;
  const index = (await vectorIndexes(store, modelId)).at(-1);
  await store.query(
    `with written as (
      insert into embedding (chunk_id, model_id, vector, index_id, coarse)
      select v.id, $1, v.vector::halfvec, $4, ${index ? coarse(index, 'v.vector::halfvec') : 'null'}
      from unnest($2::uuid[], $3::text[]) as v(id, vector) join chunk c on c.id = v.id
      on conflict do nothing returning 1
    )
    update vector_index set inserted = inserted + (select count(*) from written) where id = $4`,
    [modelId, made.map(({ id }) => id), made.map(({ vector }) => halfvecText(vector)), index?.id ?? 0],
  );
}
