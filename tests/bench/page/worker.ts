/**
 * The engine's own code (store on OPFS, ingest, vector index, recall; the embedder in a worker of its own) on an invented
 * collection, in the same browser and under the same isolation as in the extension.
 */
import { wasmBytes } from './wasm-memory';
import { expose } from 'comlink';
import type { CapturedConversation } from '../../../engine/capture/types';
import { ingest } from '../../../engine/ingest';
import { recall } from '../../../engine/recall';
import { openStore, type Store } from '../../../engine/store';
import { coarse, coarseColumn, renewIndexes, vectorIndexes } from '../../../engine/vectors';
import { embedAll } from '../../harness/jobs';
import { createCorpus, randomFrom, type Made } from './corpus';
import { startEmbedder } from './embedder';
import { CHECKPOINT_AT, type FillTimes, fillTo, MODEL, PER_DOCUMENT } from './fill';
import { knownVectors } from './known-vectors';
import { shared, spread, type Spread } from './measure';

export type { FillTimes, Spread };

const baseUrl = new URL('/', self.location.href).href;
/** As many as recall takes (VECTOR_CANDIDATES). */
const CANDIDATES = 150;

export interface RecallTimes {
  words: Spread;
  meaning: Spread;
  /** Words and meaning, without the time of the question's embedding. */
  fused: Spread;
}

export interface CaptureRate {
  /** Passages stored a second by the engine's own ingest, and vectors by its job, the model's time left out. */
  passages: number;
  vectors: number;
  /** A conversation of ten messages, p50 and p95. */
  capture: Spread;
}

let store: Store | null = null;
const opened = (): Store => {
  if (!store) throw new Error('open() comes first');
  return store;
};

const embedder = knownVectors();

async function ask(asked: Made, mode: 'words' | 'meaning' | 'full') {
  embedder.give(() => asked.vector);
  const found = await recall(opened(), embedder, { text: asked.text, mode });
  if (mode !== 'words' && !found.used_meaning) throw new Error('a recall did not use meaning');
  return found;
}

const bench = {
  /** Milliseconds to a store that answers, made or opened again. */
  async open(): Promise<{ store_ms: number; isolated: boolean; storage: string }> {
    const started = performance.now();
    store = await openStore({ storage: 'opfs', directory: 'bench', dataDirectory: `${baseUrl}data-dir.tar.gz` });
    await store.query('select 1');
    return { store_ms: performance.now() - started, isolated: self.crossOriginIsolated, storage: store.storage };
  },

  /** Adds passages until there are `size`. */
  fill: (have: number, size: number): Promise<FillTimes> => fillTo(opened(), have, size),

  async times(size: number, count: number): Promise<RecallTimes> {
    // as it is the next day: a database that has grown is given more memory when it is opened
    await opened().close();
    await bench.open();
    const corpus = createCorpus(size + 2);
    const times = { words: [] as number[], meaning: [] as number[], full: [] as number[] };
    for (let i = 0; i < count + 5; i++) {
      for (const mode of ['words', 'meaning', 'full'] as const) {
        const { took_ms, embed_ms } = await ask(corpus.asked(), mode);
        if (i >= 5) times[mode].push(took_ms - embed_ms); // the first ones warm up
      }
    }
    return { words: spread(times.words), meaning: spread(times.meaning), fused: spread(times.full) };
  },

  /** Of the true ten nearest, the part that is among the best ten candidates. */
  async nearest(size: number, questions: number): Promise<number> {
    const from = opened();
    const corpus = createCorpus(size + 3);
    const asked = Array.from({ length: questions }, () => corpus.asked());
    const [index] = (await vectorIndexes(from, MODEL)).slice(-1);
    const given: number[][] = [];
    for (const { vector } of asked) {
      const literal = `'[${Array.from(vector, (x) => x.toFixed(5)).join(',')}]'::halfvec`;
      given.push(
        await from.transaction(async (tx) => {
          await tx.exec(
            `set local enable_seqscan = off; set local enable_sort = off; set local hnsw.ef_search = ${CANDIDATES}`,
          );
          const order = index ? `${coarseColumn(index)} <~> ${coarse(index, literal)}` : `vector <=> ${literal}`;
          const rows = await tx.query<{ place: number }>(
            `with near as materialized (
              select chunk_id, vector <=> ${literal} as distance from embedding
              where model_id = '${MODEL}' and index_id = ${index?.id ?? 0} order by ${order} limit ${CANDIDATES})
            select substring(c.context from 'conversation (\\d+)')::int as place from (select * from near order by distance limit 10) ten
            join chunk c on c.id = ten.chunk_id`,
          );
          return rows.map(({ place }) => place);
        }),
      );
    }
    return shared(size, asked, given);
  },

  /** What the engine's own ingest and embedding job take in a store of this size. Leaves it a little larger. */
  async captureRate(count: number): Promise<CaptureRate> {
    const to = opened();
    const corpus = createCorpus(5);
    const random = randomFrom(6);
    const times: number[] = [];
    const messages = 10;
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      await ingest(to, [
        conversation(
          `c${i}-${random()}`,
          Array.from({ length: messages }, () => corpus.passage().text),
        ),
      ]);
      times.push(performance.now() - started);
    }
    embedder.give(() => corpus.passage().vector);
    const started = performance.now();
    await embedAll(to, embedder);
    const embedding = performance.now() - started;
    const seconds = times.reduce((sum, time) => sum + time, 0) / 1000;
    return {
      passages: (count * messages) / seconds,
      vectors: (count * messages) / (embedding / 1000),
      capture: spread(times),
    };
  },

  /** Deletes every second conversation with what hangs on it. Milliseconds of the deletion and of the vacuum after it. */
  async deleteHalf(): Promise<{ delete_ms: number; vacuum_ms: number }> {
    const from = opened();
    const started = performance.now();
    for (;;) {
      const gone = await from.query(
        `delete from document where id = any(array(
          select id from document where substring(title from '^d(\\d+)$')::int / ${PER_DOCUMENT} % 2 = 1 limit 4)) returning 1`,
      );
      if (gone.length === 0) break;
      if ((await from.walBytes()) > CHECKPOINT_AT) await from.maintain('checkpoint');
    }
    const deleted = performance.now();
    await from.maintain('vacuum');
    return { delete_ms: deleted - started, vacuum_ms: performance.now() - deleted };
  },

  /** Makes the index of vectors anew, as the engine does with the next embedding when so much was deleted. Milliseconds. */
  async renewIndex(): Promise<number> {
    const started = performance.now();
    await renewIndexes(opened(), MODEL, async () => undefined);
    return performance.now() - started;
  },

  /** Milliseconds from nothing in memory to the first answer by words and meaning; the model is not waited for. */
  async restart(size: number): Promise<number> {
    const asked = createCorpus(size + 4).asked();
    const started = performance.now();
    await bench.open();
    await ask(asked, 'full');
    return performance.now() - started;
  },

  wasmBytes,

  /** A question of ten words, in the embedder's own worker as the extension runs it. */
  async embeddingTimes(count: number): Promise<{ ready_ms: number; question: Spread }> {
    const started = performance.now();
    const model = await startEmbedder();
    await model.embed(['ready?'], 'query');
    const readyMs = performance.now() - started;
    const random = randomFrom(9);
    const times: number[] = [];
    for (let i = 0; i < count + 5; i++) {
      const text = Array.from({ length: 10 }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ');
      const before = performance.now();
      await model.embed([text], 'query');
      if (i >= 5) times.push(performance.now() - before);
    }
    await model.close();
    return { ready_ms: readyMs, question: spread(times) };
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
    await store?.close();
    store = null;
  },
};

export type BenchWorker = typeof bench;

const WORDS =
  'which cabin did we book near the lake for our summer trip and what was its price when she asked about a new job in march how long does it take to bake bread at home with little salt'.split(
    ' ',
  );

function conversation(id: string, texts: string[]): CapturedConversation {
  const at = new Date(Date.UTC(2026, 0, 1)).toISOString();
  return {
    kind: 'conversation',
    site: 'chatgpt',
    id,
    url: `https://chatgpt.com/c/${id}`,
    title: 'An invented conversation',
    created_at: at,
    updated_at: at,
    captured_at: at,
    strategy: 'json-tree',
    coverage: 'all',
    complete: true,
    messages: texts.map((markdown, i) => ({
      id: `${id}-${i}`,
      parent_id: i === 0 ? null : `${id}-${i - 1}`,
      role: i % 2 ? 'assistant' : 'user',
      author: null,
      model: null,
      created_at: at,
      markdown,
      finished: true,
      on_active_branch: true,
      attachments: [],
      metadata: {},
    })),
    metadata: {},
  };
}

expose(bench);
