import type { EmbedderState } from '../../../engine/api';
import type { ModelFiles } from '../../../engine/chat';
import type { Embedder } from '../../../engine/embed';
import { EngineError } from '../../../engine/errors';
import { type EmbedderModel, embedderModelId, EMBEDDERS } from '../../../models';

/**
 * A model in whose space only texts of the same number are near each other. A number has the vector here that another number has
 * with another model: a search across two spaces finds the wrong passage.
 */
export interface Space extends Embedder {
  texts: string[];
  closed: boolean;
  /** Runs before each batch of passages. */
  before: () => void | Promise<void>;
  setState(state: EmbedderState): void;
}

export function space(model: EmbedderModel): Space {
  const modelId = embedderModelId(model, 'q8');
  const shift = EMBEDDERS.indexOf(model);
  let state: EmbedderState = { state: 'ready', model_id: modelId, device: 'cpu', dtype: 'q8' };
  const listeners = new Set<(state: EmbedderState) => void>();
  const self: Space = {
    modelId,
    dimensions: 384,
    texts: [],
    closed: false,
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
      signal?.throwIfAborted();
      if (state.state === 'unavailable') throw new EngineError('embedder_unavailable', state.error);
      if (kind === 'passage') await self.before();
      if (self.closed) throw new EngineError('engine_restarting', 'The embedder was closed.');
      if (kind === 'passage') self.texts.push(...texts);
      return texts.map((text) => vectorOf(Number(/\d+/u.exec(text)?.[0] ?? 0) + shift));
    },
    close: async () => {
      self.closed = true;
    },
  };
  return self;
}

function vectorOf(number: number): Float32Array {
  let seed = number + 1;
  const vector = Float32Array.from({ length: 384 }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) / 2 ** 24 - 0.5;
  });
  const length = Math.hypot(...vector);
  return vector.map((x) => x / length);
}

/** Files that lie in memory. */
export function filesInMemory(): ModelFiles & { stored: Map<string, Blob> } {
  const stored = new Map<string, Blob>();
  return {
    stored,
    async write(name, pieces) {
      const parts: BlobPart[] = [];
      for await (const piece of pieces) parts.push(piece.slice());
      stored.set(name, new Blob(parts));
    },
    async open(name) {
      const file = stored.get(name);
      if (!file) throw new DOMException(`no ${name}`, 'NotFoundError');
      return file;
    },
    async remove(name) {
      stored.delete(name);
    },
  };
}
