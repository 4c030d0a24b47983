/** An embedder that is given its vectors, so that only the engine is measured. */
import type { Embedder } from '../../../engine/embed';
import { DIMENSIONS } from './corpus';
import { MODEL } from './fill';

export interface KnownVectors extends Embedder {
  /** Where the vectors come from, one for each text. */
  give(next: () => Float32Array): void;
}

export function knownVectors(): KnownVectors {
  let next: () => Float32Array = () => new Float32Array(DIMENSIONS);
  return {
    give(given) {
      next = given;
    },
    modelId: MODEL,
    dimensions: DIMENSIONS,
    state: () => ({ state: 'ready', model_id: MODEL, device: 'cpu', dtype: 'q8' }),
    onState: () => () => {},
    embed: async (texts) => texts.map(() => next()),
    close: async () => {},
  };
}
