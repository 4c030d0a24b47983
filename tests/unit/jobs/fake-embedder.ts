import type { EmbedderState } from '../../../engine/api';
import type { Embedder, EmbedKind } from '../../../engine/embed';
import { EngineError } from '../../../engine/errors';

export interface FakeEmbedder extends Embedder {
  modelId: string;
  calls: Array<{ texts: string[]; kind: EmbedKind }>;
  /** Runs before each answer; may throw. */
  before: (texts: string[]) => void | Promise<void>;
  setState(state: EmbedderState): void;
}

/** Vectors that depend on the text's length alone, at once. */
export function fakeEmbedder(
  initial: EmbedderState = { state: 'ready', model_id: 'fake/1', device: 'cpu', dtype: 'q8' },
): FakeEmbedder {
  let state = initial;
  const listeners = new Set<(state: EmbedderState) => void>();
  const embedder: FakeEmbedder = {
    modelId: 'fake/1',
    dimensions: 384,
    calls: [],
    before: () => {},
    state: () => state,
    setState(next) {
      state = next;
      for (const listener of listeners) listener(next);
    },
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async embed(texts, kind, signal) {
      if (signal?.aborted) throw new EngineError('aborted', 'aborted');
      embedder.calls.push({ texts, kind });
      await embedder.before(texts);
      return texts.map((text) => {
        const vector = new Float32Array(384);
        vector[text.length % 384] = 1;
        return vector;
      });
    },
    close: async () => {},
  };
  return embedder;
}
