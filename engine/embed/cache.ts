import type { Embedder } from './port';

/** Queries kept. A vector is 1.5 KB. */
const QUERIES = 256;

/** `embedder`, remembering the vectors of the queries asked last: typing goes back and forth over the same words. */
export function rememberQueries(embedder: Embedder): Embedder {
  const known = new Map<string, Float32Array>();
  return {
    get modelId() {
      return embedder.modelId;
    },
    dimensions: embedder.dimensions,
    state: () => embedder.state(),
    onState: (listener) => embedder.onState(listener),
    async embed(texts, kind, signal) {
      if (kind !== 'query' || texts.length !== 1) return embedder.embed(texts, kind, signal);
      const text = texts[0] as string;
      const key = `${embedder.modelId}\n${text}`;
      const cached = known.get(key);
      if (cached) {
        known.delete(key);
        known.set(key, cached);
        return [cached];
      }
      const vectors = await embedder.embed(texts, kind, signal);
      // Read again: the model may have been chosen while the call waited.
      known.set(`${embedder.modelId}\n${text}`, vectors[0] as Float32Array);
      if (known.size > QUERIES) known.delete(known.keys().next().value as string);
      return vectors;
    },
    close: () => embedder.close(),
  };
}
