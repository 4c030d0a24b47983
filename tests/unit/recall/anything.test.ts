import { resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '../../../engine/embed';
import { startNodeEmbedder } from '../../../engine/embed/node';
import { ingest } from '../../../engine/ingest';
import { recall } from '../../../engine/recall';
import { openStore, type Store } from '../../../engine/store';

let store: Store;
let embedder: Embedder;

const AT = '2026-05-01T10:00:00.000Z';
const SAID = [
  'The red cabin by the lake 🎉 costs 120 a night; see https://example.org/cabins?id=5&x=%20y',
  'const x = "foo bar"; // drop table chunk; select * from document where id = \'1\' -- ok',
  'שלום, דיברנו על הבקתה האדומה ליד האגם',
  '我们上周讨论了湖边的小屋。',
];

beforeAll(async () => {
  embedder = startNodeEmbedder(resolve('models'), { threads: 1 });
  store = await openStore({ storage: 'memory' });
  await ingest(store, [
    {
      kind: 'conversation',
      site: 'chatgpt',
      id: 'one',
      url: 'https://chatgpt.com/c/one',
      title: 'A lake',
      created_at: AT,
      updated_at: AT,
      captured_at: AT,
      strategy: 'json-tree',
      coverage: 'all',
      complete: true,
      messages: SAID.map((markdown, i) => ({
        id: String(i),
        parent_id: i === 0 ? null : String(i - 1),
        role: 'user',
        author: null,
        model: null,
        created_at: AT,
        markdown,
        finished: true,
        on_active_branch: true,
        attachments: [],
        metadata: {},
      })),
      metadata: {},
    },
  ]);
  await embedder.embed(['ready?'], 'query');
}, 60_000);
afterAll(async () => {
  await store.close();
  await embedder.close();
});

const ask = (text: string, model: Embedder | null = null) => recall(store, model, { text });

describe('whatever is asked', () => {
  it.each([
    ['nothing', '', 0],
    ['blanks', ' \n\t\u00a0', 0],
    ['10,000 letters', 'x'.repeat(10_000), 0],
    ['10,000 characters of words', 'cabin lake '.repeat(1_000), 1],
    ['an emoji that is there', '🎉', 1],
    ['emoji that are not', '🦀👩‍👩‍👧‍👦', 0],
    ['letters from right to left', 'הבקתה האדומה', 1],
    ['marks of direction', '\u202ecabin\u202c \u200f\u200b', 1],
    ['SQL', "'; drop table chunk; -- cabin", 2],
    ['operators and nothing else', 'from:chatgpt kind:chat', 4],
    ['operators that leave out everything', '-from:chatgpt cabin', 0],
    ['an operator with half a value', 'from:" cabin', 1],
    ['half a letter', '\ud83c\udf89\ud83c cabin', 1],
    ['control characters', 'red\u0007cabin\u0000 \u001b', 1],
    ['an unbalanced quotation mark', '"red cabin', 1],
    ['function words', 'the of and is', 0],
    ['digits', '120', 1],
    ['an address', 'https://example.org/cabins?id=5&x=%20y', 1],
    ['code', 'const x = "foo bar"; // select * from document', 1],
    ['signs of patterns', '.*+?^${}()|[]\\ -( "(" % _ &', 0],
    ['one letter of another script', '湖', 1],
  ])('%s: as much as there is, and no error', async (_what, text, least) => {
    const { hits } = await ask(text);
    if (least === 0) expect(hits).toEqual([]);
    else expect(hits.length).toBeGreaterThanOrEqual(least);
    await ask(text, embedder);
  });

  it('is answered: with hits whose marks lie in their passages, in order', async () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 30, unit: 'binary' }),
      fc.string({ maxLength: 12, unit: 'grapheme' }),
      fc.constantFrom(
        'cabin', 'cabni', 'last week', 'from:chatgpt', '-from:web', 'site:chatgpt.com', 'on:2026-05-01', 'before:', '-lake', '"red cabin"', '"', '-"', '\ud83c', '\0', "'", '\\', '$1', '%', '湖边', '🎉', 'role:me', '1.5', "l'eau", 'İ', 'ﬁ', 'ß', '\u0301', '::', '||', 'null', 'e\u0301'.repeat(30)), // prettier-ignore
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 12 }),
        fc.constantFrom('words', 'full', 'meaning' as const),
        fc.oneof(fc.constantFrom(0, -1, NaN, Infinity, 1.5, 1e9), fc.integer()),
        async (pieces, mode, limit) => {
          const { hits, understood } = await recall(store, null, {
            text: pieces.join(' '),
            mode,
            limit,
          });
          expect(understood.text.isWellFormed()).toBe(true);
          expect(hits.length).toBeLessThanOrEqual(100);
          for (const { passage, highlights, score } of hits) {
            expect(Number.isFinite(score)).toBe(true);
            let at = 0;
            for (const [from, to] of highlights) {
              expect(from).toBeGreaterThanOrEqual(at);
              expect(to).toBeGreaterThan(from);
              at = to;
            }
            expect(at).toBeLessThanOrEqual(passage.length);
          }
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  it('is given up between two steps when nobody waits for it any more', async () => {
    const statements: string[] = [];
    const abort = new AbortController();
    const watched: Store = Object.create(store, {
      transaction: {
        value: (work: Parameters<Store['transaction']>[0]) => {
          // abandoned while it waits for its turn
          abort.abort();
          return store.transaction((tx) =>
            work({
              exec: (sql) => (statements.push(sql), tx.exec(sql)),
              query: (sql, params) => (statements.push(sql), tx.query(sql, params)),
            }),
          );
        },
      },
    }) as Store;
    const waiting = recall(watched, null, { text: 'cabin' }, abort.signal);
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    expect(statements).toEqual([]);
  });
});
