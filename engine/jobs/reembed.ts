import type { Embedder } from '../embed';
import { indexVectors } from '../vectors';
import { embedMissing, newPass, type Pass } from './embed';
import { enqueue } from './queue';
import type { Handler } from './scheduler';

/** Which embedder is to answer after the one that answers now. */
export interface Succession {
  /** Started when it is first asked for; null when the one that answers is to stay. */
  next(): Promise<Embedder | null>;
  /** Whether this one is still meant: another may have been chosen, or none. */
  isNext(embedder: Embedder): boolean;
  /** It answers from now on. Resolves with what closes the one before, which may have a question under way. */
  take(embedder: Embedder): Promise<() => Promise<void>>;
}

/** Passages after which other jobs get their turn: what came in meanwhile waits for its vector as long, some seconds. */
const TURN = 64;

/**
 * Gives every passage a vector of the embedder that is to answer next, behind all other jobs, and has it answer when none
 * is missing. The vectors of the one before answer until then, and are dropped by the `embed` job that this asks for.
 */
export function reembedHandler(succession: Succession, onEmbedded: (count: number) => void): Handler {
  let under: { embedder: Embedder; modelId: string; pass: Pass } | null = null;
  return async (_job, context) => {
    const { store, now, pause } = context;
    const embedder = await succession.next();
    if (embedder === null) return 'done';
    if (under?.embedder !== embedder || under.modelId !== embedder.modelId) {
      under = { embedder, modelId: embedder.modelId, pass: newPass() };
    }
    const { modelId, whole } = await embedMissing(embedder, context, {
      onEmbedded,
      isOver: () => !succession.isNext(embedder),
      pass: under.pass,
      most: TURN,
    });
    if (!whole) return { again: now() };
    await indexVectors(store, modelId, pause);
    // It may have fallen back to another format meanwhile, whose vectors are to be made.
    if (!succession.isNext(embedder) || embedder.modelId !== modelId) return { again: now() };
    const close = await succession.take(embedder);
    try {
      await enqueue(store, 'embed', now());
      await pause();
    } finally {
      await close();
    }
    return 'done';
  };
}
