import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Capture, CapturedMessage, Coverage } from '../../../engine/capture/types';
import { ingest, rechunk, staleDocuments } from '../../../engine/ingest';
import type { Store } from '../../../engine/store';
import { conversation, message, page } from './captures';
import { withStore } from '../store/with-store';

let store: Store;
withStore((opened) => {
  store = opened;
}, 'document, forgotten, forget_receipt, job cascade');

interface ChunkRow {
  id: string;
  text: string;
  context: string;
  level: number;
  message: string | null;
}

const chunks = () =>
  store.query<ChunkRow>(
    `select c.id, c.text, c.context, c.level, m.external_id as message from chunk c left join message m on m.id = c.message_id
    where c.level = 1 order by m.position, c.ordinal`,
  );
const messages = () =>
  store.query<{
    external_id: string;
    position: number;
    on_active_branch: boolean;
    markdown: string;
    finished: boolean;
  }>('select external_id, position, on_active_branch, markdown, finished from message order by document_id, position');

/** Every table as it is, row by row. */
async function dump(): Promise<unknown> {
  const tables = ['document', 'message', 'chunk', 'embedding', 'forgotten'];
  return Promise.all(tables.map((table) => store.query(`select * from ${table} as t order by t::text`)));
}

const later = (seconds: number) => new Date(Date.parse('2026-05-02T10:00:00.000Z') + seconds * 1000).toISOString();

describe('ingest', () => {
  test('stores a conversation once, with passages under a header of title, speaker and day', async () => {
    const capture = conversation([
      message('m1', 'How warm should the levain be?', { created_at: '2026-05-01T10:00:00.000Z' }),
      message('m2', 'Keep it at 26 °C.', { role: 'assistant' }),
    ]);
    const report = await ingest(store, [capture]);
    expect(report).toMatchObject({ documents: 1, messages_added: 2, messages_updated: 0, messages_unchanged: 0 });
    expect(await chunks()).toMatchObject([
      { message: 'm1', text: 'How warm should the levain be?', context: 'Sourdough | You | Friday 1 May 2026' },
      { message: 'm2', text: 'Keep it at 26 °C.', context: 'Sourdough | ChatGPT | Friday 1 May 2026' },
    ]);
    const before = await dump();
    expect(await ingest(store, [capture])).toMatchObject({
      messages_added: 0,
      messages_updated: 0,
      messages_unchanged: 2,
    });
    expect(await dump()).toEqual(before);
  });

  test('taking any captures twice is taking them once', async () => {
    const anyMessage = fc
      .record({
        id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        text: fc.constantFrom('', 'short', 'A sentence here. '.repeat(150), '```\ncode\n```'),
        finished: fc.boolean(),
        active: fc.boolean(),
        role: fc.constantFrom<CapturedMessage['role']>('user', 'assistant'),
      })
      .map(({ id, text, finished, active, role }) => message(id, text, { finished, on_active_branch: active, role }));
    const anyCapture: fc.Arbitrary<Capture> = fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .record({
            id: fc.constantFrom('one', 'two'),
            title: fc.constantFrom(null, 'A title', 'Another'),
            coverage: fc.constantFrom<Coverage>('all', 'tail', 'some'),
            captured_at: fc.constantFrom(later(0), later(60), later(120)),
            messages: fc.uniqueArray(anyMessage, { selector: ({ id }) => id, maxLength: 5 }),
          })
          .map(({ messages: given, ...more }) => conversation(given, more)),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(null, 'a note').map((note) => page({ note })),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyCapture, { minLength: 1, maxLength: 4 }), async (captures) => {
        await store.exec('truncate document cascade');
        await ingest(store, captures);
        const last = captures.at(-1) as Capture;
        const once = await dump();
        await ingest(store, [last]);
        expect(await dump()).toEqual(once);
        expect(await staleDocuments(store, 10)).toEqual([]);
        const places = await store.query<{ ok: boolean }>(
          `select min(position) = 0 and max(position) = count(*) - 1 and count(distinct position) = count(*) as ok
          from message group by document_id`,
        );
        expect(places.every(({ ok }) => ok)).toBe(true);
        const wrong = await store.query(
          `select 1 from chunk c join message m on m.id = c.message_id where not (m.on_active_branch and m.finished)`,
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test('what was replaced leaves the search, and what is unfinished is not in it yet', async () => {
    await ingest(store, [conversation([message('q', 'Question'), message('a1', 'First answer')])]);
    await ingest(store, [
      conversation([message('q', 'Question'), message('a2', 'Second ans', { finished: false })], {
        captured_at: later(60),
      }),
    ]);
    expect((await chunks()).map(({ text }) => text)).toEqual(['Question']);
    expect((await messages()).map(({ external_id, on_active_branch }) => [external_id, on_active_branch])).toEqual([
      ['q', true],
      ['a2', true],
      ['a1', false],
    ]);
    await ingest(store, [
      conversation([message('q', 'Question'), message('a2', 'Second answer')], { captured_at: later(120) }),
    ]);
    expect((await chunks()).map(({ text }) => text)).toEqual(['Question', 'Second answer']);
  });

  test('a new title reaches the headers, and passages keep their ids and vectors', async () => {
    const given = [message('q', 'Question one. '.repeat(200)), message('a', 'Answer')];
    await ingest(store, [conversation(given, { title: null })]);
    await store.query(
      `insert into embedding select id, 'fake/1', array_fill(0.1::real, array[384])::halfvec(384) from chunk where level = 1`,
    );
    const before = await chunks();
    await ingest(store, [conversation(given, { title: 'Named later', captured_at: later(60) })]);
    const after = await chunks();
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(after.every(({ context }) => context.startsWith('Named later'))).toBe(true);
    expect(await store.query('select 1 from embedding')).toHaveLength(before.length);
  });

  test('text that grows keeps the passages that did not change', async () => {
    const first = 'The first part says this. '.repeat(60);
    await ingest(store, [conversation([message('a', first)])]);
    const before = await chunks();
    await ingest(store, [conversation([message('a', `${first}\n\nAnd more.`)], { captured_at: later(60) })]);
    const ids = new Set((await chunks()).map(({ id }) => id));
    expect(before.length).toBeGreaterThan(1);
    expect(before.slice(0, -1).every(({ id }) => ids.has(id))).toBe(true);
  });

  test('a poorer capture takes nothing away', async () => {
    await ingest(store, [
      conversation([message('q', 'Question', { model: 'gpt-5', created_at: later(-60) })], {
        title: 'Kept',
        url: 'https://kept',
      }),
    ]);
    await ingest(store, [
      conversation([message('q', 'Question')], {
        title: null,
        url: null,
        created_at: null,
        strategy: 'dom',
        coverage: 'some',
        captured_at: later(60),
      }),
    ]);
    const [row] = await store.query(
      'select d.title, d.url, d.created_at is not null as dated, m.model, m.created_at is not null as said from document d join message m on m.document_id = d.id',
    );
    expect(row).toEqual({ title: 'Kept', url: 'https://kept', dated: true, model: 'gpt-5', said: true });
  });

  test('a stop at any transaction leaves what the same capture completes', async () => {
    const capture = conversation(
      Array.from({ length: 30 }, (_, index) => message(`m${index}`, `Text ${index}. `.repeat(200))),
    );
    await ingest(store, [capture]);
    const whole = await dumpTexts();
    for (let stop = 1; ; stop++) {
      await store.exec('truncate document cascade');
      let left = stop;
      const stopping: Store = {
        ...store,
        query: (sql, params) => {
          if (/^\s*(insert|update|delete)/u.test(sql) && left-- <= 0) throw new Error('killed');
          return store.query(sql, params);
        },
        transaction: (work) => {
          if (left-- <= 0) throw new Error('killed');
          return store.transaction(work);
        },
      };
      const killed = await ingest(stopping, [capture]).then(
        () => false,
        () => true,
      );
      await ingest(store, [capture]);
      expect(await dumpTexts()).toEqual(whole);
      if (!killed) break;
      expect(stop).toBeLessThan(50);
    }
  });

  test('a deleted document is not captured again', async () => {
    const { forgottenHash } = await import('../../../engine/documents');
    await store.query('insert into forgotten (source_hash) values ($1)', [
      await forgottenHash('chatgpt', 'conversation-1'),
    ]);
    const report = await ingest(store, [
      conversation([message('q', 'Question')]),
      conversation([message('q', 'Q')], { id: 'other' }),
    ]);
    expect(report).toMatchObject({ documents: 1, forgotten: 1 });
    expect(report.document_ids[0]).toBeNull();
    expect(report.document_ids[1]).toEqual(expect.any(String));
  });

  test('what Postgres refuses in a text does not stop a capture', async () => {
    await ingest(store, [
      conversation([message('q\0', 'nul \0 and half a pair \ud83d.', { metadata: { 'k\0': ['\0', '\udc00'] } })], {
        title: '\0T',
      }),
    ]);
    expect((await messages())[0]?.markdown).toBe('nul  and half a pair \ufffd.');
  });

  test('a page is one message, and its note is found too', async () => {
    await ingest(store, [page({ note: 'For the weekend' })]);
    expect(await chunks()).toMatchObject([
      { message: 'page', text: 'Flour, water, salt.' },
      { message: null, text: 'For the weekend' },
    ]);
    await ingest(store, [page({ note: 'For Monday', captured_at: later(60) })]);
    expect((await chunks()).map(({ text }) => text)).toEqual(['Flour, water, salt.', 'For Monday']);
  });

  test('a conversation of 5,000 messages comes in short transactions', async () => {
    let longest = 0;
    const watched: Store = {
      ...store,
      transaction: (work) =>
        store.transaction((tx) =>
          work({
            ...tx,
            query: (sql, params = []) => {
              for (const value of params) if (Array.isArray(value)) longest = Math.max(longest, value.length);
              return tx.query(sql, params);
            },
          }),
        ),
    };
    const capture = conversation(
      Array.from({ length: 5_000 }, (_, index) => message(`m${index}`, `Message ${index}.`)),
    );
    expect(await ingest(watched, [capture])).toMatchObject({ messages_added: 5_000 });
    expect(await chunks()).toHaveLength(5_000);
    expect(longest).toBeLessThanOrEqual(400);
  });

  test('chunks of an older splitter are found and made anew', async () => {
    await ingest(store, [conversation([message('q', 'Question')]), page({ note: 'A note' })]);
    await store.exec(`update message set chunked_as = '0' || substr(chunked_as, 2); update chunk set made_by = 0`);
    const stale = await staleDocuments(store, 10);
    expect(stale).toHaveLength(2);
    await rechunk(store, stale);
    expect(await staleDocuments(store, 10)).toEqual([]);
    expect(await store.query('select 1 from chunk where made_by = 0')).toEqual([]);
  });

  test('a capture that cannot be one is refused, saying which and why', async () => {
    await expect(ingest(store, [conversation([], { captured_at: 'yesterday' })])).rejects.toMatchObject({
      code: 'bad_input',
      message: 'capture 1 (conversation), conversation-1: captured_at is not a time: yesterday',
    });
  });
});

/** Everything but ids. */
async function dumpTexts(): Promise<unknown> {
  return [
    await store.query(
      'select d.title, d.content_hash, m.external_id, m.position, m.markdown, m.chunked_as from document d join message m on m.document_id = d.id order by m.position',
    ),
    (await chunks()).map(({ text, context, message: of }) => [text, context, of]),
  ];
}
