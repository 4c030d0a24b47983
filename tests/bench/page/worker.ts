/**
 * The engine's own code (store on OPFS, embedder in a worker of its own, recall) on an invented collection, in the
 * same browser and under the same isolation as in the extension, and beside it what else one could search with.
 */
import { expose } from 'comlink';
import MiniSearch from 'minisearch';
import { connectEmbedder, type Embedder } from '../../../engine/embed';
import { recall } from '../../../engine/recall';
import { openStore, type Store } from '../../../engine/store';
import { fillConversation } from '../recall-fill';
import { createCorpus, type Made } from './corpus';

const PER_DOCUMENT = 50;
const baseUrl = new URL('/', self.location.href).href;

/** p50 and p95 in milliseconds. */
export type Spread = [number, number];

export interface RecallTimes {
  chunks: number;
  words: Spread;
  /** Words and meaning, without the time of the question's embedding. */
  engine: Spread;
  embedding: Spread;
  whole: Spread;
}

export interface PeerTimes {
  chunks: number;
  minisearch: Spread;
  minisearch_build_ms: number;
  cosine_scan: Spread;
}

let store: Store | null = null;
let embedder: Embedder | null = null;
const corpus = createCorpus(1);
const made: Made[] = [];

const bench = {
  /** Milliseconds to a store that answers, and to an embedder that is ready. */
  async open(): Promise<{ store_ms: number; embedder_ms: number; isolated: boolean; storage: string }> {
    const started = performance.now();
    store = await openStore({ storage: 'opfs', directory: 'bench', dataDirectory: `${baseUrl}data-dir.tar.gz` });
    await store.query('select 1');
    const storeMs = performance.now() - started;
    const begun = performance.now();
    embedder = connectEmbedder({ spawn: spawnEmbedder });
    await ready(embedder);
    await embedder.embed(['ready?'], 'query');
    return {
      store_ms: storeMs,
      embedder_ms: performance.now() - begun,
      isolated: self.crossOriginIsolated,
      storage: store.storage,
    };
  },

  /** Adds passages until there are `size`; milliseconds it took. */
  async fill(size: number): Promise<number> {
    const [to, model] = opened();
    const started = performance.now();
    while (made.length < size) {
      const from = made.length;
      for (let i = 0; i < PER_DOCUMENT; i++) made.push(corpus.passage());
      const turns = Array.from({ length: PER_DOCUMENT }, (_, i) => ({
        id: String(i),
        speaker: i % 2 ? 'assistant' : 'user',
        role: i % 2 ? ('assistant' as const) : ('user' as const),
        text: '',
        date: '',
        created_at: new Date(Date.UTC(2024, 0, 1) + (from + i) * 600_000).toISOString(),
      }));
      await fillConversation(
        to,
        { id: `d${from}`, turns, questions: [] },
        made.slice(from).map((passage, turn) => ({ turn, context: 'An invented conversation', ...passage })),
        model.modelId,
      );
    }
    // as the engine does on idle
    await to.maintain('checkpoint');
    await to.maintain('vacuum');
    return performance.now() - started;
  },

  async recallTimes(count: number): Promise<RecallTimes> {
    const [from, model] = opened();
    const ask = createCorpus(made.length + 1);
    for (let i = 0; i < 5; i++) await recall(from, model, { text: ask.question() });
    const words: number[] = [];
    const engine: number[] = [];
    const embedding: number[] = [];
    const whole: number[] = [];
    for (let i = 0; i < count; i++) {
      const text = ask.question();
      words.push((await recall(from, model, { text, mode: 'words' })).took_ms);
      const { took_ms, embed_ms, used_meaning } = await recall(from, model, { text: ask.question() });
      if (!used_meaning) throw new Error('a recall did not use meaning');
      engine.push(took_ms - embed_ms);
      embedding.push(embed_ms);
      whole.push(took_ms);
    }
    return {
      chunks: made.length,
      words: spread(words),
      engine: spread(engine),
      embedding: spread(embedding),
      whole: spread(whole),
    };
  },

  /** MiniSearch on the same texts, a loop over all vectors in JavaScript on the same vectors. */
  peerTimes(count: number): PeerTimes {
    const started = performance.now();
    const index = new MiniSearch<{ id: number; text: string }>({ fields: ['text'] });
    index.addAll(made.map(({ text }, id) => ({ id, text })));
    const built = performance.now() - started;
    const vectors = new Float32Array(made.length * 384);
    made.forEach(({ vector }, i) => {
      vectors.set(vector, i * 384);
    });
    const ask = createCorpus(made.length + 2);
    const minisearch: number[] = [];
    const scan: number[] = [];
    for (let i = 0; i < count + 5; i++) {
      const text = ask.question();
      const { vector } = ask.passage();
      const before = performance.now();
      index.search(text).slice(0, 20);
      const between = performance.now();
      nearest(vectors, vector, 20);
      if (i < 5) continue; // warm-up
      minisearch.push(between - before);
      scan.push(performance.now() - between);
    }
    return {
      chunks: made.length,
      minisearch: spread(minisearch),
      minisearch_build_ms: built,
      cosine_scan: spread(scan),
    };
  },

  /** Passages of about 128 tokens per second, on this many WASM threads. */
  embedRate(threads: number): Promise<number> {
    const worker = new Worker(new URL('./embed-rate.ts', import.meta.url), { type: 'module' });
    return new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<{ rate: number } | { error: string }>) => {
        if ('rate' in data) resolve(data.rate);
        else reject(new Error(data.error));
      };
      worker.onerror = (event) => {
        reject(new Error(event.message));
      };
      worker.postMessage({ threads, baseUrl });
    }).finally(() => {
      worker.terminate();
    });
  },

  async close(): Promise<void> {
    await embedder?.close();
    await store?.close();
  },
};

export type BenchWorker = typeof bench;

function opened(): [Store, Embedder] {
  if (!store || !embedder) throw new Error('open() comes first');
  return [store, embedder];
}

function ready(one: Embedder): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const state = one.state();
      if (state.state === 'ready') resolve();
      if (state.state === 'unavailable') reject(new Error(state.error));
    };
    one.onState(look);
    look();
  });
}

function spawnEmbedder(): Promise<MessagePort> {
  const worker = new Worker(new URL('../../../engine/embed/worker.ts', import.meta.url), { type: 'module' });
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ type: 'boot', port: port2, baseUrl }, [port2]);
  return Promise.resolve(port1);
}

function nearest(vectors: Float32Array, query: Float32Array, count: number): number[] {
  const best: Array<[score: number, at: number]> = [];
  for (let at = 0, base = 0; base < vectors.length; at++, base += 384) {
    let score = 0;
    for (let i = 0; i < 384; i++) score += (vectors[base + i] as number) * (query[i] as number);
    if (best.length < count || score > (best.at(-1) as [number, number])[0]) {
      best.push([score, at]);
      best.sort((a, b) => b[0] - a[0]);
      best.length = Math.min(best.length, count);
    }
  }
  return best.map(([, at]) => at);
}

function spread(times: number[]): Spread {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (p: number) => sorted[Math.floor(p * (sorted.length - 1))] as number;
  return [at(0.5), at(0.95)];
}

expose(bench);
