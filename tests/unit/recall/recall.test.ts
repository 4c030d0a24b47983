import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '../../../engine/embed';
import { startNodeEmbedder } from '../../../engine/embed/node';
import { parseQuery, recall } from '../../../engine/recall';
import { showPassage } from '../../../engine/recall/passage';
import { runPlanned, runPrepared } from '../../../engine/recall/run';
import { searchStatement } from '../../../engine/recall/sql';
import { TERMS } from '../../../engine/recall/words-index';
import { searchStems } from '../../../engine/recall/stem';
import { searchTerms } from '../../../engine/words';
import { openStore, type Store } from '../../../engine/store';

let store: Store;
let embedder: Embedder;
const NOW = new Date('2026-06-15T12:00:00Z');

interface Said {
  role?: string;
  author?: string | null;
  at?: string;
  text: string;
  finished?: boolean;
  active?: boolean;
}

async function keep(
  document: { kind?: string; source?: string; url?: string; title?: string; forget?: boolean },
  said: Said[],
) {
  const [{ id }] = (await store.query<{ id: string }>(
    `insert into document (kind, source, external_id, url, title, captured_at, happened_at, content_hash, forget_id)
     values ($1, $2, uuidv7()::text, $3, $4, $5, $5, '', case when $6 then uuidv7() end) returning id`,
    [
      document.kind ?? 'conversation',
      document.source ?? 'chatgpt',
      document.url ?? null,
      document.title ?? null,
      said[0]?.at ?? '2026-05-01T10:00:00Z',
      document.forget ?? false,
    ],
  )) as [{ id: string }];
  for (const [position, turn] of said.entries()) {
    const [{ id: message }] = (await store.query<{ id: string }>(
      `insert into message (document_id, external_id, role, author, markdown, created_at, position, finished, on_active_branch, content_hash)
       values ($1, $2, $3, $4, $5, $6, $2::text::int, $7, $8, '') returning id`,
      [
        id,
        String(position),
        turn.role ?? 'user',
        turn.author ?? null,
        turn.text,
        turn.at ?? '2026-05-01T10:00:00Z',
        turn.finished ?? true,
        turn.active ?? true,
      ],
    )) as [{ id: string }];
    for (const [ordinal, text] of turn.text.split('¶').entries()) {
      const [{ id: chunk }] = (await store.query<{ id: string }>(
        `insert into chunk (document_id, message_id, level, ordinal, text, context, token_count, content_hash, made_by, terms)
         values ($1, $2, 1, $3, $4, $5, 1, '', 1, $6) returning id`,
        [id, message, ordinal, text, document.title ?? '', searchTerms(`${document.title ?? ''}\n${text}`, 'en')],
      )) as [{ id: string }];
      const [vector] = await embedder.embed([text], 'passage');
      await store.query(`insert into embedding (chunk_id, model_id, vector) values ($1, $2, $3)`, [
        chunk,
        embedder.modelId,
        `[${(vector as Float32Array).join(',')}]`,
      ]);
    }
  }
  return id;
}

beforeAll(async () => {
  embedder = startNodeEmbedder(resolve('models'));
  store = await openStore({ storage: 'memory' });
  await keep({ title: 'Lake house', url: 'https://chatgpt.com/c/1' }, [
    { text: 'Which cabin did we book for the August holiday by the lake?', at: '2026-05-02T10:00:00Z' },
    { role: 'assistant', text: 'You booked the red cabin at Lake Orrin for two weeks.', at: '2026-05-02T10:01:00Z' },
    { text: 'A draft that was regenerated about the cabin', active: false },
    { role: 'assistant', text: 'A half-streamed answer about the cabin', finished: false },
  ]);
  await keep({ title: 'Postgres upgrade' }, [
    { text: 'The migration of the database failed because the disk was full.', at: '2026-03-10T10:00:00Z' },
    {
      role: 'assistant',
      author: 'Dana Roe',
      text: 'Free some space. Then run the migration again and check the row counts.¶Another passage on migrations and disks.',
      at: '2026-03-10T10:05:00Z',
    },
  ]);
  await keep({ kind: 'page', source: 'web', url: 'https://blog.example.org/soup', title: 'A soup' }, [
    {
      role: 'user',
      text: 'Simmer the lentils with cumin for half an hour. 🎉 Serve with **fresh** bread and a squeeze of lemon on the side.',
      at: '2026-06-14T09:00:00Z',
    },
  ]);
  await keep({ title: 'Gone', forget: true }, [{ text: 'The cabin that was forgotten.' }]);
}, 60_000);
afterAll(async () => {
  await store.close();
  await embedder.close();
});

const ask = (text: string, more: object = {}) => recall(store, embedder, { text, ...more }, undefined, NOW);

const byTerms = (text: string) => ({ index: TERMS, text, stems: text.split(' ') });

describe('recall', () => {
  it('finds by words, marks them in the passage and says which', async () => {
    const { hits, used_meaning } = await ask('cabins', { mode: 'words' });
    expect(used_meaning).toBe(false);
    expect(hits.map((hit) => hit.title)).toEqual(['Lake house', 'Lake house']);
    for (const hit of hits) {
      expect(hit.highlights.map(([from, to]) => hit.passage.slice(from, to))).toEqual(['cabin']);
      expect(hit.reasons).toContainEqual({ kind: 'words', terms: ['cabin'] });
    }
  });

  it('answers a question that quotes what stands nowhere in these words', async () => {
    expect((await ask('"red cabins of Orrin"')).hits).toEqual([]);
    const { hits } = await ask('How long did we book the cabin that is called "red cabins of Orrin"?');
    expect(hits[0]?.title).toBe('Lake house');
  });

  it('finds by a word that is still being typed, where a title has it', async () => {
    for (const [text, title] of [
      ['upgr', 'Postgres upgrade'],
      ['postg', 'Postgres upgrade'],
      ['cumin sou', 'A soup'],
      ['HOUS', 'Lake house'],
    ] as const) {
      const { hits, understood } = await ask(text, { mode: 'words' });
      expect([text, hits[0]?.title, understood.corrected]).toEqual([text, title, []]);
      expect(hits[0]?.reasons.map(({ kind }) => kind)).toContain('words');
    }
    // not one of two letters, one with something behind it, a sign that a regular expression knows, or what was deleted
    for (const text of ['up', 'upgr?', 'u.gr', 'gon']) {
      expect((await ask(text, { mode: 'words' })).hits).toEqual([]);
    }
    expect((await ask('upgr', { mode: 'words', literal: true })).hits).toEqual([]);
  });

  it.each([
    ['planned, conditions early', runPlanned, true],
    ['planned', runPlanned, false],
    ['prepared', runPrepared, false],
  ] as const)('scores words by the text itself, also in a store of a few rows (%s)', async (_, run, early) => {
    const asked = parseQuery({ text: 'cabin lake migration' }, NOW);
    const { hits } = await run(store, searchStatement(asked, byTerms('cabin lake migrat'), null, 20, early));
    expect(hits.length).toBeGreaterThan(3);
    for (const row of hits) {
      const [direct] = await store.query<{ score: number }>(
        `select -(terms <@> to_bm25query('cabin lake migrat', 'chunk_terms')) as score from chunk where id = $1`,
        [row.chunk_id],
      );
      expect(row.words).toBeCloseTo(direct?.score ?? NaN, 4);
    }
  });

  it('answers a prepared question as a planned one, with meaning and a named time', async () => {
    for (const text of ['cabin yesterday', 'which disk was full in march', 'soup']) {
      const [vector] = await embedder.embed([text], 'query');
      const meaning = { vector: `[${(vector as Float32Array).join(',')}]`, modelId: embedder.modelId };
      const statement = searchStatement(parseQuery({ text }, NOW), byTerms(text), meaning, 20, false);
      expect(await runPrepared(store, statement)).toEqual(await runPlanned(store, statement));
    }
  });

  it.each(["cabin's", "cabin'); delete from document; --", "cabin \\'); delete from document; --", 'cabin $1 \\'])(
    'gives %s to the prepared statement as it stands',
    async (words) => {
      const statement = searchStatement(parseQuery({ text: 'cabin' }, NOW), byTerms(words), null, 20, false);
      const found = await runPrepared(store, statement);
      expect(found.hits.map((row) => row.title)).toContain('Lake house');
      expect(found).toEqual(await runPlanned(store, statement));
    },
  );

  it('finds by meaning where no word is the same', async () => {
    const { hits, used_meaning } = await ask('vacation accommodation near water');
    expect(used_meaning).toBe(true);
    expect(hits[0]?.title).toBe('Lake house');
    expect(hits[0]?.reasons.some((reason) => reason.kind === 'meaning')).toBe(true);
  });

  it('shows the match in a text of endless short sentences, which would take minutes to divide whole', () => {
    const filler = '/\n'.repeat(200_000);
    const { passage, highlights } = showPassage(`${filler}The red cabin.\n${filler}`, searchStems('cabin'));
    expect(highlights.map(([from, to]) => passage.slice(from, to))).toEqual(['cabin']);
    expect(passage).toContain('The red cabin.');
    expect(passage.length).toBeLessThanOrEqual(280);
  });

  it('shows neither what was forgotten nor other branches nor unfinished answers', async () => {
    const { hits } = await ask('cabin');
    expect(hits.filter((hit) => /forgotten|regenerated|half-streamed/.test(hit.passage))).toEqual([]);
  });

  it('gives one hit a message, its best passage', async () => {
    const { hits } = await ask('migration disk');
    const messages = hits.map((hit) => hit.message_id);
    expect(new Set(messages).size).toBe(messages.length);
  });

  it.each([
    ['from:web soup bread', ['A soup']],
    ['kind:page bread', ['A soup']],
    ['site:example.org bread', ['A soup']],
    ['site:ample.org bread', []],
    ['role:assistant cabin', ['Lake house']],
    ['cabin -red', ['Lake house']],
    ['"disk was full"', ['Postgres upgrade']],
    ['"disk  WAS full" from:web', []],
    ['migration after:2026-04-01', []],
    ['migration on:2026-03-10 role:user', ['Postgres upgrade']],
    ['migration before:2026-03-10', []],
  ])('takes the operators of %s as hard filters', async (text, titles) => {
    const { hits } = await ask(text, { mode: 'words' });
    expect(hits.map((hit) => hit.title)).toEqual(titles);
    const full = await ask(text);
    expect(new Set(full.hits.map((hit) => hit.title))).toEqual(expect.objectContaining(new Set(titles)));
    if (titles.length === 0 && !text.includes('migration') && !text.includes('bread')) expect(full.hits).toEqual([]);
  });

  it('lists what the filters let through, newest first, when there is nothing else to search by', async () => {
    const { hits } = await ask('kind:conversation role:user');
    expect(hits.map((hit) => hit.title)).toEqual(['Lake house', 'Postgres upgrade']);
    expect((await ask('', { filters: { sources: ['web'] } })).hits.map((hit) => hit.title)).toEqual(['A soup']);
  });

  it('prefers, but does not require, the time that is named', async () => {
    const { hits } = await ask('what did I write in March about the database');
    expect(hits[0]?.title).toBe('Postgres upgrade');
    expect(hits[0]?.reasons).toContainEqual({ kind: 'date', text: 'March' });
    expect(hits.length).toBeGreaterThan(2);
  });

  it('prefers what the person says whom the question names, by the first name or by all of it', async () => {
    await keep({ title: 'Friends' }, [
      { author: 'Ottilie Brandt', text: 'The kite broke in the storm.' },
      { author: 'Per', text: 'The kite broke in the storm!' },
    ]);
    for (const [question, author] of [
      ['which kite did per break', 'Per'],
      ['which kite did Ottilie break', 'Ottilie Brandt'],
      ['kite of ottilie brandt', 'Ottilie Brandt'],
    ] as const) {
      const { hits } = await ask(question, { mode: 'words' });
      expect(hits[0]?.author, question).toBe(author);
    }
  });

  it('lifts a question by its answer, and not by the answer before it', async () => {
    await keep({ title: 'Glaze' }, [
      { text: 'alpha: is porcelain suitable?' },
      { role: 'assistant', text: 'nothing about that' },
      { text: 'gamma: is porcelain suitable?' },
      { role: 'assistant', text: 'Porcelain is suitable at 1,280 degrees in a slow kiln.' },
      { text: 'omega: is porcelain suitable?' },
    ]);
    const { hits } = await ask('porcelain suitable', { mode: 'words' });
    const score = (start: string) => hits.find((hit) => hit.passage.startsWith(start))?.score ?? 0;
    expect(score('gamma')).toBeGreaterThan(score('alpha'));
    expect(score('omega')).toBeCloseTo(score('alpha'), 4);
  });

  it('names the person asked for', async () => {
    const { hits } = await ask('what did Dana say about space');
    expect(hits[0]?.reasons).toContainEqual({ kind: 'person', name: 'Dana Roe' });
  });

  it('does not take a tool for a person', async () => {
    await keep({ title: 'Looked up' }, [{ role: 'tool', author: 'web search', text: 'Nine results on quokkas.' }]);
    const { hits } = await ask('search for quokkas', { mode: 'words' });
    expect(hits[0]?.title).toBe('Looked up');
    expect(hits[0]?.reasons.map(({ kind }) => kind)).toEqual(['words']);
  });

  it('shows what was kept twice once, the newest, and as many hits as are asked for', async () => {
    const text = 'Which varnish suits the marimba bars of padauk, and how many coats do they take in winter?';
    for (const [title, at] of [
      ['first', '2026-01-01T10:00:00Z'],
      ['last', '2026-04-01T10:00:00Z'],
      ['middle', '2026-02-01T10:00:00Z'],
    ] as const) {
      await keep({ title }, [
        { text, at },
        { role: 'assistant', text: `Marimba, as asked in the ${title} one.`, at },
      ]);
    }
    const asked = (await ask('varnish for marimba bars of padauk', { mode: 'words' })).hits;
    expect(asked.filter((hit) => hit.passage === text).map((hit) => hit.title)).toEqual(['last']);
    expect((await ask('marimba', { mode: 'words', limit: 4 })).hits).toHaveLength(4);
  });

  it('prefers the conversation that has all the words, if apart', async () => {
    await keep({ title: 'One of them' }, [{ text: 'The theremin stands in the hall.' }]);
    await keep({ title: 'Both' }, [
      { text: 'The theremin stands in the yard.' },
      { role: 'assistant', text: 'Good.' },
      { text: 'Then we fixed the humidifier.' },
    ]);
    const { hits } = await ask('theremin humidifier', { mode: 'words' });
    const places = hits.filter((hit) => hit.passage.includes('theremin')).map((hit) => hit.title);
    expect(places).toEqual(['Both', 'One of them']);
  });

  it('knows how rare a word is', async () => {
    const statement = searchStatement(
      parseQuery({ text: 'cabin' }, NOW),
      byTerms('theremin cabin unheardof'),
      null,
      1,
      false,
    );
    const [rare, known, never] = (await runPrepared(store, statement)).rarities;
    expect(rare).toBeGreaterThan(known as number);
    expect(known).toBeGreaterThan(0);
    expect(Math.abs(never as number)).toBe(0);
  });

  it('points into a page with a text fragment and to a conversation with its plain address', async () => {
    const page = (await ask('lemon bread', { mode: 'words' })).hits[0];
    expect(page?.original_url).toMatch(/^https:\/\/blog\.example\.org\/soup#:~:text=/);
    expect(decodeURIComponent(page?.original_url ?? '')).not.toContain('**');
    expect((await ask('red cabin', { mode: 'words' })).hits[0]?.original_url).toBe('https://chatgpt.com/c/1');
  });

  it.each([
    ['nothing', '', 0],
    ['blanks', ' \n\t ', 0],
    ['signs', '()[]{}*&|!:', 0],
    ['an emoji that is there', '🎉', 1],
    ['an emoji that is not', '🦀🦀', 0],
    ['one half of an emoji', '\ud83c', 0],
    ['SQL', `'; drop table chunk; -- cabin`, 2],
    ['text query signs', `cabin & (lake | ) ! <-> :*`, 2],
    ['the zero character', 'ca\0bin red\0', 1],
    ['an unclosed quotation mark', '"red cabin', 2],
    ['an empty quotation', '"" cabin', 2],
    ['operators without values', 'kind: from: after: cabin', 2],
    ['operators with nonsense', 'kind:zebra after:never role:king cabin', 2],
    ['10,000 characters', 'cabin lake '.repeat(1000), 2],
    ['regular expression signs', '"a.*(b" -[x', 0],
    ['only stop words', 'the of and', 0],
  ])('answers %s without an error', async (_name, text, count) => {
    expect((await ask(text, { mode: 'words' })).hits).toHaveLength(count);
    await ask(text);
    await ask(text, { limit: -5 });
    await ask(text, { limit: NaN });
  });

  it('goes on with words while the embedder is not ready', async () => {
    const loading: Embedder = { ...embedder, modelId: 'x', state: () => ({ state: 'loading', model_id: 'x' }) };
    const { hits, used_meaning } = await recall(store, loading, { text: 'cabin' });
    expect([hits.length, used_meaning]).toEqual([2, false]);
  });

  it('never compares vectors of another model', async () => {
    const other: Embedder = {
      ...embedder,
      modelId: 'e5-small-v2/q4/1',
      state: () => ({ state: 'ready', model_id: 'e5-small-v2/q4/1', device: 'cpu', dtype: 'q4' }),
      embed: (...args) => embedder.embed(...args),
    };
    expect((await recall(store, other, { text: 'vacation accommodation near water' })).hits).toEqual([]);
  });

  it('stops when the signal fires', async () => {
    const abort = new AbortController();
    abort.abort();
    await expect(recall(store, embedder, { text: 'cabin' }, abort.signal)).rejects.toMatchObject({ code: 'aborted' });
  });
});
