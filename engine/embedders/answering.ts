import type { EmbedderState } from '../api';
import type { Embedder } from '../embed';

/** The embedder that answers, whichever that is: everybody holds this one, and what is behind it can be changed. */
export interface Answering extends Embedder {
  /** Who asks from now on asks `embedder`. Gives back the one before, still open. */
  change(embedder: Embedder): Embedder;
}

export function answering(first: Embedder): Answering {
  let now = first;
  const listeners = new Set<(state: EmbedderState) => void>();
  const tell = (state: EmbedderState) => {
    for (const listener of listeners) listener(state);
  };
  let stop = now.onState(tell);
  return {
    get modelId() {
      return now.modelId;
    },
    get dimensions() {
      return now.dimensions;
    },
    state: () => now.state(),
    onState(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    embed: (texts, kind, signal) => now.embed(texts, kind, signal),
    close: () => now.close(),
    change(embedder) {
      const before = now;
      stop();
      now = embedder;
      stop = now.onState(tell);
      tell(now.state());
      return before;
    },
  };
}
