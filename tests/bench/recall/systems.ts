/** What is measured: the engine's recall in each of its modes, and plainer searches over the same turns. */
import { create, insertMultiple, search } from '@orama/orama';
import MiniSearch from 'minisearch';
import type { RecallQuery } from '../../../engine/api';
import type { Embedder } from '../../../engine/embed';
import { recall } from '../../../engine/recall';
import { type Weights, WEIGHTS } from '../../../engine/recall/constants';
import { searchStems, wordsOf } from '../../../engine/recall/stem';
import type { Store } from '../../../engine/store';
import type { Haystack } from './haystack';

export interface Asked {
  text: string;
  now: Date;
}

/** Answers with turns of the haystack by their number, best first, {@link DEPTH} at most. */
export type Ask = (question: Asked) => Promise<number[]>;

export interface System {
  name: string;
  /** Makes it ready to be asked about a haystack. `store` holds it and may get tables of its own. */
  over(haystack: Haystack, store: Store, embedder: Embedder): Promise<Ask>;
}

/** Turns taken from each: sessions are ranked by the best of these. */
export const DEPTH = 100;

const engine = (name: string, mode: NonNullable<RecallQuery['mode']>, weights: Partial<Weights> = {}): System => ({
  name,
  over:
    async (_haystack, store, embedder) =>
    async ({ text, now }) => {
      const all = { ...WEIGHTS, ...weights };
      const { hits } = await recall(store, embedder, { text, mode, limit: DEPTH }, undefined, now, all);
      return hits.map((hit) => Number(hit.message_external_id));
    },
});

export const ENGINE: System[] = [engine('words', 'words'), engine('vectors', 'meaning'), engine('fused', 'full')];

const NO_NEIGHBOURS = { neighbour: 0, answerNeighbour: 0, secondNeighbour: 0 };

/** The fused search without one ingredient each, and without all of them. */
export const ABLATIONS: System[] = [
  engine('all', 'full'),
  engine('without neighbouring turns', 'full', NO_NEIGHBOURS),
  engine('without the second neighbours', 'full', { secondNeighbour: 0 }),
  engine('question and answer lifted like others', 'full', { answerNeighbour: WEIGHTS.neighbour }),
  engine('words’ scores as they are', 'full', { wordsPower: 1 }),
  engine('without more for who asks of themselves', 'full', { userAsked: 1 }),
  engine('without the person named', 'full', { person: 0, personAgain: 0 }),
  engine('without what is said of oneself', 'full', { ofSelf: 0 }),
  engine('without what is liked', 'full', { liked: 0 }),
  engine('without the conversation', 'full', { conversation: 0 }),
  engine('without times in the text', 'full', { tellsTime: 0, dated: 0 }),
  engine('without turns that ask', 'full', { asks: 0 }),
  engine('without the named time', 'full', { date: 0 }),
  engine('plain fusion', 'full', {
    wordsPower: 1,
    ...NO_NEIGHBOURS,
    userAsked: 1,
    person: 0,
    personAgain: 0,
    conversation: 0,
    tellsTime: 0,
    dated: 0,
    ofSelf: 0,
    liked: 0,
    asks: 0,
    date: 0,
  }),
];

function textOf({ header, turn }: Haystack['turns'][number]): string {
  return `${header}: ${turn.text}`;
}

/** Its own BM25+ with the stop words and the stemmer that its documentation shows as `processTerm`; any word may match. */
const miniSearch: System = {
  name: 'MiniSearch',
  over: async ({ turns }) => {
    const index = new MiniSearch<{ id: number; text: string }>({
      fields: ['text'],
      processTerm: (term) => [...searchStems(term)][0] ?? null,
    });
    index.addAll(turns.map((turn, id) => ({ id, text: textOf(turn) })));
    return async ({ text }) =>
      index
        .search([...searchStems(text)].join(' '), { combineWith: 'OR', processTerm: (term) => term })
        .slice(0, DEPTH)
        .map((hit) => hit.id as number);
  },
};

/** English with its stemmer, without stop words, and with `threshold: 1`, by which any word may match. */
const orama: System = {
  name: 'Orama',
  over: async ({ turns }) => {
    const index = create({
      schema: { text: 'string' } as const,
      components: { tokenizer: { language: 'english', stemming: true } },
    });
    await insertMultiple(
      index,
      turns.map((turn, id) => ({ id: String(id), text: textOf(turn) })),
    );
    return async ({ text }) => {
      // its tokenizer stems them; the stop words are left out here as for the others
      const words = [...wordsOf(text)].filter((word) => searchStems(text).has(word.stem));
      const found = await search(index, { term: words.map((w) => w.text).join(' '), threshold: 1, limit: DEPTH });
      return found.hits.map((hit) => Number(hit.id));
    };
  },
};

/** Postgres' own full text search: any word, ranked by ts_rank_cd. */
const tsvector: System = {
  name: 'tsvector',
  over: async ({ turns }, store) => {
    await store.exec(`drop table if exists plain_turn;
      create table plain_turn (id integer primary key, words tsvector not null);
      create index on plain_turn using gin (words)`);
    for (let from = 0; from < turns.length; from += 500) {
      const part = turns.slice(from, from + 500);
      await store.query(
        `insert into plain_turn select n, to_tsvector('english', t) from unnest($1::int[], $2::text[]) as v (n, t)`,
        [part.map((_, i) => from + i), part.map(textOf)],
      );
    }
    return async ({ text }) => {
      const rows = await store.query<{ id: number }>(
        `select id from plain_turn, cast(replace(plainto_tsquery('english', $1)::text, '&', '|') as tsquery) q
         where words @@ q order by ts_rank_cd(words, q) desc, id limit ${DEPTH}`,
        [text],
      );
      return rows.map((row) => row.id);
    };
  },
};

/** Robertson and Zaragoza 2009, with k1 1.2 and b 0.75, over stems without stop words. */
const bm25: System = {
  name: 'BM25 by turn',
  over: async ({ turns }) => {
    const postings = new Map<string, Map<number, number>>();
    const lengths = turns.map((turn, id) => {
      let length = 0;
      for (const { stem } of wordsOf(textOf(turn))) {
        length++;
        const places = postings.get(stem) ?? new Map<number, number>();
        postings.set(stem, places);
        places.set(id, (places.get(id) ?? 0) + 1);
      }
      return length;
    });
    const mean = lengths.reduce((sum, n) => sum + n, 0) / Math.max(turns.length, 1);
    return async ({ text }) => {
      const scores = new Map<number, number>();
      for (const stem of searchStems(text)) {
        const places = postings.get(stem) ?? new Map<number, number>();
        const rarity = Math.log(1 + (turns.length - places.size + 0.5) / (places.size + 0.5));
        for (const [id, n] of places) {
          const norm = 1.2 * (0.25 + (0.75 * (lengths[id] as number)) / mean);
          scores.set(id, (scores.get(id) ?? 0) + (rarity * n * 2.2) / (n + norm));
        }
      }
      return best(scores);
    };
  },
};

/** Each turn whole as one vector of the engine's model, with the name before it where people talk; all compared. */
const vectors: System = {
  name: 'vectors by turn',
  over: async ({ turns }, _store, embedder) => {
    const made: Float32Array[] = [];
    for (let from = 0; from < turns.length; from += 64) {
      made.push(
        ...(await embedder.embed(
          turns.slice(from, from + 64).map(({ turn }) => (turn.role ? turn.text : `${turn.speaker}: ${turn.text}`)),
          'passage',
        )),
      );
    }
    return async ({ text }) => {
      const [question] = (await embedder.embed([text], 'query')) as [Float32Array];
      return best(
        new Map(made.map((v, id) => [id, v.reduce((sum, x, i) => sum + x * (question[i] as number), 0)] as const)),
      );
    };
  },
};

function best(scores: Map<number, number>): number[] {
  return [...scores]
    .sort(([a, x], [b, y]) => y - x || a - b)
    .slice(0, DEPTH)
    .map(([id]) => id);
}

export const BASELINES: System[] = [miniSearch, orama, tsvector, bm25, vectors];
