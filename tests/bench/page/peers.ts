/**
 * What else a page could search with, each in a worker and a browser of its own, on the texts and vectors that the engine
 * gets: MiniSearch, Orama, voy, EntityDB, and a loop over all vectors.
 */
import { create, insertMultiple, load, save, search, type AnyOrama } from '@orama/orama';
import { expose } from 'comlink';
import MiniSearch from 'minisearch';
import type { EntityDB } from '#peers/entity-db';
import type { Voy } from '#peers/voy';
import voyBinary from '#peers/voy.wasm?url';
import { createCorpus, DIMENSIONS, type Made } from './corpus';
import { exactNearest, shared, spread, type Spread } from './measure';

interface Peer {
  /** Takes the collection piece by piece: a peer keeps only what it searches. */
  build(passages: Iterable<Made>, size: number): Promise<void>;
  /** Places of the best passages in the collection, best first. */
  search(asked: Made, count: number): Promise<number[]>;
  /** Writes what is needed to go on after a restart; absent where searches read the disk anyway. */
  save?(): Promise<void>;
  load(): Promise<void>;
}

const file = async (options?: FileSystemGetFileOptions) =>
  (await navigator.storage.getDirectory()).getFileHandle('index', options);

async function write(content: string | ArrayBufferView<ArrayBuffer>): Promise<void> {
  const stream = await (await file({ create: true })).createWritable();
  await stream.write(content);
  await stream.close();
}

const read = async () => (await file()).getFile();

const miniSearchOptions = { fields: ['text'] };

function miniSearch(): Peer {
  let index = new MiniSearch<{ id: number; text: string }>(miniSearchOptions);
  return {
    async build(passages) {
      let id = 0;
      for (const { text } of passages) index.add({ id: id++, text });
    },
    search: async ({ text }, count) =>
      index
        .search(text)
        .slice(0, count)
        .map(({ id }) => id as number),
    save: async () => write(JSON.stringify(index)),
    async load() {
      index = MiniSearch.loadJSON(await (await read()).text(), miniSearchOptions);
    },
  };
}

/** `hybrid` is its search by words and vector together; `fulltext` the same without the vectors in memory. */
function orama(mode: 'hybrid' | 'fulltext'): Peer {
  const make = (): AnyOrama =>
    create({
      schema: mode === 'hybrid' ? { text: 'string', vector: `vector[${DIMENSIONS}]` } : { text: 'string' },
    }) as AnyOrama;
  let index = make();
  return {
    async build(passages) {
      let batch: object[] = [];
      const flush = async () => {
        await insertMultiple(index, batch as never[], batch.length);
        batch = [];
      };
      let id = 0;
      for (const { text, vector } of passages) {
        batch.push({ id: String(id++), text, ...(mode === 'hybrid' && { vector: Array.from(vector) }) });
        if (batch.length === 500) await flush();
      }
      await flush();
    },
    async search({ text, vector }, count) {
      const words = { term: text, limit: count, threshold: 1 };
      const { hits } = await search(
        index,
        mode === 'hybrid'
          ? { ...words, mode, vector: { value: Array.from(vector), property: 'vector' }, similarity: 0.5 }
          : words,
      );
      return hits.map(({ id }) => Number(id));
    },
    save: async () => write(JSON.stringify(save(index))),
    async load() {
      index = make();
      load(index, JSON.parse(await (await read()).text()) as never);
    },
  };
}

function voy(): Peer {
  let index: Voy | null = null;
  const library = async () => {
    const bindings = await import('#peers/voy');
    const { instance } = await WebAssembly.instantiateStreaming(fetch(voyBinary), {
      './voy_search_bg.js': bindings as never,
    });
    bindings.__wbg_set_wasm(instance.exports);
    return bindings;
  };
  return {
    async build(passages) {
      const { Voy } = await library();
      const embeddings = Array.from(passages, ({ vector }, id) => ({
        id: String(id),
        title: '',
        url: '',
        embeddings: Array.from(vector),
      }));
      index = new Voy({ embeddings });
    },
    search: async ({ vector }, count) => (index as Voy).search(vector, count).neighbors.map(({ id }) => Number(id)),
    save: async () => write((index as Voy).serialize()),
    async load() {
      const { Voy } = await library();
      index = Voy.deserialize(await (await read()).text());
    },
  };
}

function entityDb(): Peer {
  let db: EntityDB | null = null;
  const open = async () => {
    const { EntityDB } = await import('#peers/entity-db');
    db = new EntityDB({ vectorPath: 'vector' });
  };
  return {
    async build(passages) {
      await open();
      let place = 0;
      for (const { vector } of passages) await (db as EntityDB).insertManualVectors({ vector, place: place++ });
    },
    async search({ vector }, count) {
      const found = await (db as EntityDB).queryManualVectors(vector, { limit: count });
      return found.map(({ place }) => place);
    },
    load: open,
  };
}

function scan(): Peer {
  let vectors = new Float32Array();
  return {
    async build(passages, size) {
      vectors = new Float32Array(size * DIMENSIONS);
      let at = 0;
      for (const { vector } of passages) {
        vectors.set(vector, at);
        at += DIMENSIONS;
      }
    },
    search: async ({ vector }, count) => exactNearest(vectors, vector, count),
    save: async () => write(vectors),
    async load() {
      vectors = new Float32Array(await (await read()).arrayBuffer());
    },
  };
}

const PEERS = {
  MiniSearch: miniSearch,
  'Orama, words': () => orama('fulltext'),
  'Orama, hybrid': () => orama('hybrid'),
  'voy-search': voy,
  EntityDB: entityDb,
  'loop over vectors': scan,
} satisfies Record<string, () => Peer>;

export type PeerName = keyof typeof PEERS;

let peer: Peer | null = null;
const running = () => {
  if (!peer) throw new Error('build() or restart() comes first');
  return peer;
};

const peers = {
  names: () => Object.keys(PEERS) as PeerName[],

  /** Milliseconds it took to build, without those of making up the collection. */
  async build(name: PeerName, size: number): Promise<number> {
    peer = PEERS[name]();
    let making = 0;
    function* passages() {
      const corpus = createCorpus(1);
      for (let i = 0; i < size; i++) {
        const before = performance.now();
        const passage = corpus.passage();
        making += performance.now() - before;
        yield passage;
      }
    }
    const started = performance.now();
    await peer.build(passages(), size);
    return performance.now() - started - making;
  },

  /** p50 and p95 of searches for twenty, after five to warm up; ends early after `budget` ms. */
  async times(size: number, count: number, budget: number): Promise<Spread> {
    const corpus = createCorpus(size + 2);
    const times: number[] = [];
    const started = performance.now();
    for (let i = 0; i < count + 5; i++) {
      const asked = corpus.asked();
      const before = performance.now();
      await running().search(asked, 20);
      const took = performance.now() - before;
      if (i >= 5 || took > budget / 20) times.push(took);
      if (performance.now() - started > budget && times.length > 0) break;
    }
    return spread(times);
  },

  /** Of the true ten nearest vectors, the part that is among the ten it gives. */
  async nearest(size: number, questions: number): Promise<number> {
    const given: number[][] = [];
    const corpus = createCorpus(size + 3);
    const asked = Array.from({ length: questions }, () => corpus.asked());
    for (const one of asked) given.push(await running().search(one, 10));
    return shared(size, asked, given);
  },

  async save(): Promise<void> {
    await running().save?.();
  },

  /** Milliseconds from nothing in memory to the first answer. */
  async restart(name: PeerName, size: number): Promise<number> {
    const asked = createCorpus(size + 4).asked();
    const started = performance.now();
    peer = PEERS[name]();
    await peer.load();
    await peer.search(asked, 20);
    return performance.now() - started;
  },
};

export type PeersWorker = typeof peers;

expose(peers);
