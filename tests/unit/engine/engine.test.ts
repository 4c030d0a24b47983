import { describe, expect, test, vi } from 'vitest';
import type { EmbedderState, Engine, EngineEvent } from '../../../engine/api';
import { createEngine, type EngineOptions } from '../../../engine/engine';
import { EngineError } from '../../../engine/errors';
import { createMemoryOutbox } from '../../../engine/outbox';
import type { Store } from '../../../engine/store';
import { conversation, message, page } from '../ingest/captures';
import { fakeEmbedder } from '../jobs/fake-embedder';
import { withStore } from '../store/with-store';

let store: Store;
withStore((opened) => {
  store = opened;
}, 'document, forgotten, forget_receipt, job cascade');

/** The store of all tests, which an engine that closes leaves open. */
const shared = (more: Partial<Store> = {}): Store => ({
  ...store,
  snapshotTakenAt: null,
  close: async () => {},
  ...more,
});

async function withEngine(options: Partial<EngineOptions>, work: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = createEngine({ store: async () => shared(), embedder: null, ...options });
  try {
    await work(engine);
  } finally {
    await engine.close();
  }
}

const bread = () =>
  conversation([
    message('m1', 'How warm should the levain be?'),
    message('m2', 'Keep it at 26 degrees.', { role: 'assistant', model: 'gpt-5' }),
  ]);

/** Whether a word is in any column of any table. */
async function tablesWith(word: string): Promise<string[]> {
  const tables = await store.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await store.query(`select 1 from "${name}" as t where t::text ilike $1 limit 1`, [`%${word}%`]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

describe('the engine', () => {
  test('answers the search that waits for its store before it looks after its jobs', async () => {
    const done: string[] = [];
    const noting = shared({
      query: (sql, params) => {
        done.push(sql);
        return store.query(sql, params);
      },
      transaction: (work) => {
        done.push('transaction');
        return store.transaction(work);
      },
    });
    let open = (_: Store): void => undefined;
    const opening = new Promise<Store>((resolve) => (open = resolve));
    await withEngine({ store: () => opening }, async (engine) => {
      const asked = engine.recall({ text: 'levain' });
      open(noting);
      await asked;
      const before = done.length;
      const jobs = () => store.query<{ kind: string }>('select kind from job order by kind');
      await expect.poll(async () => (await jobs()).map(({ kind }) => kind)).toContain('retain');
      expect(done.findIndex((sql) => /^update job\b/.test(sql))).toBeGreaterThanOrEqual(before);
    });
  });

  test('finds by words, lists and reads what it was given', async () => {
    await withEngine({}, async (engine) => {
      const capture = bread();
      Object.assign(capture.messages[1] ?? {}, { metadata: { thinking: 'Dough first.' } });
      const report = await engine.ingest([capture]);
      expect((await engine.recall({ text: 'levain' })).hits.map(({ passage }) => passage)).toEqual([
        'How warm should the levain be?',
      ]);
      const [summary] = await engine.timeline({});
      expect(summary).toMatchObject({
        id: report.document_ids[0],
        title: 'Sourdough',
        message_count: 2,
        excerpt: 'How warm should the levain be?',
        happened_at: '2026-05-01T10:00:00.000Z',
        complete: true,
      });
      const view = await engine.read(summary?.id ?? '');
      expect(view.messages.map(({ role, model, markdown }) => [role, model, markdown])).toEqual([
        ['user', null, 'How warm should the levain be?'],
        ['assistant', 'gpt-5', 'Keep it at 26 degrees.'],
      ]);
      expect(view.messages.map(({ thinking }) => thinking)).toEqual([null, 'Dough first.']);
      expect((await engine.find({ source: 'chatgpt', external_id: 'conversation-1' }))?.id).toBe(view.id);
      expect(await engine.find({ url: 'https://nowhere' })).toBeNull();
      await expect(engine.read('00000000-0000-7000-8000-000000000000')).rejects.toMatchObject({ code: 'not_found' });
      await expect(engine.read('x')).rejects.toMatchObject({ code: 'bad_input' });
      expect(await engine.stats()).toMatchObject({
        documents: 1,
        messages: 2,
        chunks: 2,
        by_source: [{ source: 'chatgpt', kind: 'conversation', documents: 1, messages: 2 }],
      });
    });
  });

  test('pages of a timeline miss nothing, even of one moment', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest(Array.from({ length: 25 }, (_, index) => page({ id: `p${index}`, title: `p${index}` })));
      const seen: string[] = [];
      let before: string | undefined;
      for (;;) {
        const rows = await engine.timeline({ limit: 10, ...(before === undefined ? {} : { before }) });
        if (rows.length === 0) break;
        seen.push(...rows.map(({ id }) => id));
        before = rows.at(-1)?.happened_at;
      }
      expect(new Set(seen).size).toBe(25);
    });
  });

  test('answers `opening` while the store opens; other calls wait', async () => {
    let open: (store: Store) => void = () => {};
    const opening = new Promise<Store>((resolve) => {
      open = resolve;
    });
    await withEngine({ store: () => opening }, async (engine) => {
      expect((await engine.status()).store).toEqual({ state: 'opening' });
      const ingested = engine.ingest([bread()]);
      open(shared());
      expect(await ingested).toMatchObject({ messages_added: 2 });
      expect((await engine.status()).store.state).toBe('ready');
    });
  });

  test('a store that cannot be opened is told by `status` and by every call', async () => {
    const fault = new EngineError('store_locked', 'held by another');
    await withEngine({ store: () => Promise.reject(fault) }, async (engine) => {
      await expect(engine.timeline({})).rejects.toMatchObject({ code: 'store_locked' });
      expect((await engine.status()).store).toEqual({
        state: 'failed',
        code: 'store_locked',
        message: 'held by another',
      });
    });
  });

  test('a closed engine rejects every call', async () => {
    const engine = createEngine({ store: async () => shared(), embedder: null });
    await engine.close();
    await expect(engine.recall({ text: 'x' })).rejects.toMatchObject({ code: 'engine_restarting' });
    await expect(engine.ingest([])).rejects.toMatchObject({ code: 'engine_restarting' });
  });

  test('an aborted call says so', async () => {
    await withEngine({}, async (engine) => {
      await expect(engine.ingest([bread()], AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    });
  });

  test('tells a listener the status at once, then what changed, until it unsubscribes', async () => {
    await withEngine({}, async (engine) => {
      const events: EngineEvent[] = [];
      const unsubscribe = await engine.subscribe((event) => events.push(event));
      expect(events).toMatchObject([{ type: 'status' }]);
      const { document_ids } = await engine.ingest([bread()]);
      expect(events).toContainEqual({ type: 'changed', document_ids });
      await vi.waitFor(() => {
        expect(events.at(-1)).toMatchObject({ type: 'status', status: { documents: 1 } });
      }, 20_000);
      unsubscribe();
      const count = events.length;
      await engine.ingest([page()]);
      expect(events).toHaveLength(count);
    });
  });
});

describe('the embedder', () => {
  test('gives every passage a vector, and meaning to recall', async () => {
    const embedder = fakeEmbedder();
    await withEngine({ embedder }, async (engine) => {
      await engine.ingest([bread()]);
      await engine.idle();
      expect(await engine.status()).toMatchObject({ chunks: 2, chunks_waiting: 0, embedder: { state: 'ready' } });
      expect((await engine.recall({ text: 'levain' })).used_meaning).toBe(true);
    });
  });

  test('that cannot be made leaves everything but meaning', async () => {
    await withEngine({ embedder: () => Promise.reject(new Error('no model')) }, async (engine) => {
      await engine.ingest([bread()]);
      await engine.idle();
      expect((await engine.recall({ text: 'levain' })).hits).toHaveLength(1);
      expect((await engine.status()).embedder).toMatchObject({ state: 'unavailable', error: 'Error: no model' });
    });
  });

  test('that comes late is used when it comes', async () => {
    const loading: EmbedderState = { state: 'loading', model_id: 'fake/1' };
    const embedder = fakeEmbedder(loading);
    let load = () => {};
    const loaded = new Promise<void>((resolve) => {
      load = resolve;
    });
    embedder.before = () => loaded;
    await withEngine({ embedder: async () => embedder }, async (engine) => {
      await engine.ingest([bread()]);
      expect((await engine.recall({ text: 'levain' })).used_meaning).toBe(false);
      expect(await engine.status()).toMatchObject({ chunks_waiting: 2, embedder: loading });
      embedder.setState({ state: 'ready', model_id: 'fake/1', device: 'cpu', dtype: 'q8' });
      load();
      await engine.idle();
      expect((await engine.status()).chunks_waiting).toBe(0);
    });
  });
});

describe('the outbox', () => {
  test('is drained in order, once, and only then let go', async () => {
    const outbox = createMemoryOutbox();
    await withEngine({ outbox }, async (engine) => {
      for (let index = 0; index < 40; index++) {
        await outbox.add(
          conversation([message('m', `Version ${index}`)], { captured_at: new Date(index * 1000).toISOString() }),
        );
      }
      expect(await engine.drainOutbox()).toBe(40);
      expect(await outbox.size()).toEqual({ waiting: 0, full: false });
      expect(await store.query('select markdown from message')).toEqual([{ markdown: 'Version 39' }]);
      expect(await engine.drainOutbox()).toBe(0);
    });
  });

  test('is taken again, stored entries too, by a database that holds nothing: one that was lost whole', async () => {
    const outbox = createMemoryOutbox();
    await outbox.markStored([await outbox.add(bread())]);
    await withEngine({ outbox }, async (engine) => {
      await engine.drainOutbox();
      expect((await engine.timeline({})).map(({ title }) => title)).toEqual([bread().title]);
    });
  });

  test('a kill after storing and before letting go stores nothing twice', async () => {
    const outbox = createMemoryOutbox();
    await outbox.add(bread());
    const killed = { ...outbox, markStored: () => Promise.reject(new Error('killed')) };
    await withEngine({ outbox: killed }, async (engine) => {
      await expect(engine.drainOutbox()).rejects.toThrow('killed');
    });
    await withEngine({ outbox }, async (engine) => {
      expect(await engine.drainOutbox()).toBe(1);
      expect(await engine.status()).toMatchObject({ documents: 1, messages: 2, chunks: 2, outbox_waiting: 0 });
    });
  });

  test('an entry that cannot be stored stays, and holds up nothing', async () => {
    const outbox = createMemoryOutbox();
    await outbox.add(bread());
    await outbox.add(conversation([], { id: 'broken', captured_at: 'never' }));
    for (let index = 0; index < 20; index++) await outbox.add(page({ id: `p${index}` }));
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    await withEngine({ outbox }, async (engine) => {
      expect(await engine.drainOutbox()).toBe(21);
      expect(await engine.status()).toMatchObject({ documents: 21, outbox_waiting: 1, outbox_refused: 1 });
      expect(error).toHaveBeenCalledTimes(1);
    });
    error.mockRestore();
  });

  test('a store that fails leaves everything waiting', async () => {
    const outbox = createMemoryOutbox();
    await outbox.add(bread());
    const full = shared({ transaction: () => Promise.reject(new EngineError('store_full', 'no space')) });
    await withEngine({ outbox, store: async () => full }, async (engine) => {
      await expect(engine.drainOutbox()).rejects.toMatchObject({ code: 'store_full' });
      expect((await outbox.size()).waiting).toBe(1);
    });
  });

  test('a restored database takes again what came after its snapshot, and cuts its messages anew', async () => {
    const outbox = createMemoryOutbox();
    await outbox.add(bread());
    await outbox.add(page());
    await withEngine({ outbox }, async (engine) => {
      await engine.drainOutbox();
    });
    // As after a restore: no chunks, and the page is missing.
    await store.exec(`delete from chunk; delete from document where kind = 'page'`);
    const waitingWhenConfirmed: number[] = [];
    const restored = shared({
      opened: { state: 'restored', storage: 'memory', actions: ['restored'], set_aside: null },
      async confirmRestored() {
        waitingWhenConfirmed.push((await outbox.size()).waiting);
      },
    });
    await withEngine({ outbox, store: async () => restored }, async (engine) => {
      expect(await engine.drainOutbox()).toBe(2);
      await engine.idle();
      expect(await engine.status()).toMatchObject({ documents: 2, chunks: 3, store: { state: 'restored' } });
    });
    expect(waitingWhenConfirmed).toEqual([2]);
  });
});

describe('forgetting', () => {
  const WORD = 'xyzzyquux';
  const secret = () =>
    conversation([message('m', `${WORD} said`, { author: WORD, metadata: { raw: WORD } })], {
      title: `On ${WORD}`,
      metadata: { raw: WORD },
    });
  const secretPage = () => page({ markdown: `${WORD}\n\n`.repeat(900), note: WORD, author: WORD, title: WORD });

  test('hides at once, everywhere, and can be undone', async () => {
    await withEngine({ embedder: fakeEmbedder() }, async (engine) => {
      const { document_ids } = await engine.ingest(
        [secret(), bread(), secretPage()].map((capture, index) => ({ ...capture, id: `${index}` })),
      );
      const ids = [document_ids[0] ?? '', document_ids[2] ?? ''];
      expect(await engine.countForget({ document_ids: ids })).toMatchObject({ documents: 2, messages: 2 });
      const receipt = await engine.forget({ document_ids: ids });
      expect(receipt).toMatchObject({ documents: 2, messages: 2 });
      expect((await engine.recall({ text: WORD, mode: 'words' })).hits).toEqual([]);
      expect(await engine.timeline({})).toHaveLength(1);
      await expect(engine.read(ids[0] ?? '')).rejects.toMatchObject({ code: 'not_found' });
      expect(await engine.find({ source: 'chatgpt', external_id: '0' })).toBeNull();
      expect(await engine.stats()).toMatchObject({ documents: 1, messages: 2 });
      await engine.undoForget(receipt.id);
      expect(await engine.timeline({})).toHaveLength(3);
      expect((await engine.recall({ text: WORD, mode: 'words' })).hits.length).toBeGreaterThan(0);
      await expect(engine.undoForget(receipt.id)).rejects.toMatchObject({ code: 'not_found' });
    });
  });

  test('leaves no trace in any table once purged: only a hash, so that it is not captured again', async () => {
    const outbox = createMemoryOutbox();
    const markPurged = vi.fn(async () => {});
    await withEngine(
      { outbox, embedder: fakeEmbedder(), store: async () => shared({ markPurged }) },
      async (engine) => {
        await outbox.add(secret());
        await outbox.add(secretPage());
        await engine.drainOutbox();
        await engine.idle();
        expect((await tablesWith(WORD)).sort()).toEqual(['chunk', 'document', 'message']);
        const [, vectors] = await Promise.all([
          engine.forget({ everything: true }),
          store.query('select 1 from embedding'),
        ]);
        expect(vectors.length).toBeGreaterThan(1);
        expect(await engine.purgeForgotten()).toBe(2);
        expect(await tablesWith(WORD)).toEqual([]);
        for (const table of ['document', 'message', 'chunk', 'embedding', 'forget_receipt']) {
          expect(await store.query(`select 1 from ${table}`)).toEqual([]);
        }
        expect(markPurged).toHaveBeenCalledTimes(1);
        expect(await outbox.replay()).toBe(0);
        expect(await engine.ingest([secret()])).toMatchObject({ forgotten: 1, document_ids: [null] });
        await engine.allowAgain({ source: 'chatgpt', external_id: 'conversation-1' });
        expect(await engine.ingest([secret()])).toMatchObject({ forgotten: 0, messages_added: 1 });
      },
    );
  });

  test('purges by itself when the undo time is over, and not before', async () => {
    let now = Date.parse('2026-06-01T00:00:00.000Z');
    await withEngine({ clock: () => new Date(now) }, async (engine) => {
      await engine.ingest([secret()]);
      await engine.forget({ source: 'chatgpt' });
      now += 24 * 3_600_000 - 1_000;
      await engine.idle();
      expect(await tablesWith(WORD)).toContain('message');
      now += 1_000;
      await engine.idle();
      expect(await tablesWith(WORD)).toEqual([]);
    });
  });

  test('what is captured while it can still be undone is neither shown nor lost', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([secret()]);
      const receipt = await engine.forget({ captured_after: '2026-05-01T00:00:00.000Z' });
      await engine.ingest([
        conversation([message('m', `${WORD} said`), message('n', 'Another turn')], {
          captured_at: '2026-05-03T10:00:00.000Z',
        }),
      ]);
      expect(await engine.timeline({})).toEqual([]);
      await engine.undoForget(receipt.id);
      expect(await engine.timeline({})).toMatchObject([{ message_count: 2 }]);
    });
  });
});
