import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Engine, Retention } from '../../../engine/api';
import type { CapturedPage } from '../../../engine/capture/types';
import { createEngine, type EngineOptions } from '../../../engine/engine';
import { createMemoryOutbox } from '../../../engine/outbox';
import { openStore, type Store } from '../../../engine/store';
import { conversation, message, page } from '../ingest/captures';
import { dataDirectory } from '../store/prebuilt';

const START = Date.parse('2026-06-01T12:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const FOREVER: Retention = { conversation: null, page: null, visit: null, note: null };

let store: Store;
let now = START;
const at = (offset: number) => new Date(START + offset).toISOString();

beforeAll(async () => {
  store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
});
afterAll(async () => {
  await store.close();
});
beforeEach(async () => {
  now = START;
  await store.exec('truncate document, forgotten, forget_receipt, retention, job cascade');
});

/** The store of all tests, which an engine that closes leaves open. */
const shared = (more: Partial<Store> = {}): Store => ({
  ...store,
  snapshotTakenAt: null,
  close: async () => {},
  ...more,
});

async function withEngine(options: Partial<EngineOptions>, work: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = createEngine({
    store: async () => shared(),
    embedder: null,
    clock: () => new Date(now),
    ...options,
  });
  try {
    await work(engine);
  } finally {
    await engine.close();
  }
}

/** A conversation of two messages, said and captured at that moment. */
const chat = (id: string, when: number, more: Parameters<typeof conversation>[1] = {}) =>
  conversation([message(`${id}-1`, `About ${id}`, { created_at: at(when) })], {
    id,
    title: id,
    url: `https://chatgpt.com/c/${id}`,
    created_at: at(when),
    captured_at: at(when),
    ...more,
  });
const kept = (url: string, when: number, more: Partial<CapturedPage> = {}) =>
  page({ id: url, url, title: url, captured_at: at(when), ...more });
const visited = (url: string, when: number) => kept(url, when, { origin: 'visit' as CapturedPage['origin'] });

const titles = async (engine: Engine) => (await engine.timeline({})).map(({ title }) => title).sort();
const rows = async (table: string) => (await store.query(`select 1 from ${table}`)).length;

describe('what a scope takes', () => {
  test('the last hour is what came in since then: not a conversation that was only opened, all of one that went on', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([
        chat('new', -10 * MINUTE),
        chat('old', -2 * DAY),
        chat('opened', -2 * DAY),
        chat('gone on', -2 * DAY),
        kept('https://example.org/a', -5 * MINUTE),
      ]);
      await engine.ingest([
        chat('opened', -2 * DAY, { captured_at: at(-MINUTE) }),
        conversation(
          [message('gone on-1', 'About gone on', { created_at: at(-2 * DAY) }), message('gone on-2', 'More of it')],
          { id: 'gone on', title: 'gone on', captured_at: at(-MINUTE) },
        ),
      ]);
      const hour = { captured_after: at(-HOUR) };
      expect(await engine.countForget(hour)).toEqual({
        documents: 3,
        messages: 4,
        by_kind: { conversation: 2, page: 1 },
        older: 1,
      });
      expect(await engine.forget(hour)).toMatchObject({ documents: 3, messages: 4 });
      expect(await titles(engine)).toEqual(['old', 'opened']);
    });
  });

  test('a host is every page of it, with or without www., and of no other', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([
        kept('https://example.org/a', 0),
        kept('https://www.example.org:8443/b', 0),
        kept('https://user@EXAMPLE.org/c', 0),
        kept('https://notexample.org/', 0),
        kept('https://example.org.evil.test/', 0),
        kept('https://other.test/?u=https://example.org/', 0),
        kept('https://sub.example.org/', 0),
      ]);
      expect(await engine.countForget({ host: 'WWW.example.org' })).toMatchObject({ documents: 3, older: 0 });
      await engine.forget({ host: 'example.org:8443' });
      expect(await titles(engine)).toEqual([
        'https://example.org.evil.test/',
        'https://notexample.org/',
        'https://other.test/?u=https://example.org/',
        'https://sub.example.org/',
      ]);
    });
  });

  test('a site and a time narrow each other', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([chat('new', -MINUTE), chat('old', -DAY * 2), kept('https://example.org/a', -MINUTE)]);
      await engine.forget({ source: 'chatgpt', captured_after: at(-HOUR) });
      expect(await titles(engine)).toEqual(['https://example.org/a', 'old']);
      await engine.forget({ host: 'example.org', captured_after: at(-HOUR) });
      expect(await titles(engine)).toEqual(['old']);
    });
  });

  test('a scope that names nothing or no time is refused, and deletes nothing', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([chat('a', 0)]);
      await expect(engine.forget({ captured_after: 'yesterday' })).rejects.toMatchObject({ code: 'bad_input' });
      await expect(engine.forget({} as never)).rejects.toMatchObject({ code: 'bad_input' });
      expect(await titles(engine)).toEqual(['a']);
    });
  });
});

describe('a deletion', () => {
  test('can be undone for a day, and ends sooner when it is told so, alone', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([chat('a', 0), chat('b', 0)]);
      const [a, b] = [await engine.forget({ source: 'chatgpt' }), await engine.forget({ everything: true })];
      expect(a.documents).toBe(2);
      await engine.undoForget(a.id);
      const again = await engine.forget({ captured_after: at(-HOUR) });
      now += 23 * HOUR;
      await engine.idle();
      expect(await rows('document')).toBe(2);
      await engine.endUndo([again.id, 'nothing of the kind']);
      await engine.idle();
      expect(await rows('document')).toBe(0);
      await expect(engine.undoForget(again.id)).rejects.toMatchObject({ code: 'not_found' });
      await engine.undoForget(b.id); // was empty, and is still there
    });
  });

  test('that was purged by its receipt leaves others undoable', async () => {
    await withEngine({}, async (engine) => {
      const { document_ids } = await engine.ingest([chat('a', 0), chat('b', 0)]);
      const [a, b] = await Promise.all(document_ids.map(async (id) => engine.forget({ document_ids: [id ?? ''] })));
      expect(await engine.purgeForgotten([a?.id ?? ''])).toBe(1);
      await engine.undoForget(b?.id ?? '');
      expect(await titles(engine)).toEqual(['b']);
    });
  });

  test('of an earlier life of the engine, whose panel may have been killed, is purged soon after the next start', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([chat('a', 0)]);
      await engine.forget({ everything: true });
    });
    await withEngine({}, async (engine) => {
      await engine.idle();
      expect(await rows('document')).toBe(1);
      now += 10 * MINUTE;
      await engine.idle();
      expect(await rows('document')).toBe(0);
    });
  });

  test('is known as one before it is final, and "keep it again" brings back what can still be undone', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([chat('a', 0), chat('b', 0)]);
      const where = { source: 'chatgpt', external_id: 'a' };
      const receipt = await engine.forget({ everything: true });
      expect(await engine.wasForgotten(where)).toBe(true);
      await engine.allowAgain(where);
      expect(await engine.wasForgotten(where)).toBe(false);
      expect(await titles(engine)).toEqual(['a']);
      await engine.purgeForgotten([receipt.id]);
      expect(await titles(engine)).toEqual(['a']);
    });
  });
});

describe('what waited when everything was forgotten', () => {
  test('is stored hidden, comes back with Undo, and goes with the rest; what was said after stays', async () => {
    const outbox = createMemoryOutbox();
    await withEngine({ outbox }, async (engine) => {
      await engine.ingest([chat('stored', -DAY)]);
      await outbox.add(chat('waited', -MINUTE));
      const receipt = await engine.forget({ everything: true });
      await engine.drainOutbox();
      expect(await titles(engine)).toEqual([]);
      await engine.undoForget(receipt.id);
      expect(await titles(engine)).toEqual(['stored', 'waited']);

      await outbox.add(chat('waited again', -MINUTE));
      const second = await engine.forget({ everything: true });
      await outbox.add(chat('after', MINUTE));
      await engine.purgeForgotten([second.id]);
      expect(await titles(engine)).toEqual(['after']);
      expect(await rows('document')).toBe(1);
      expect(await engine.wasForgotten({ source: 'chatgpt', external_id: 'waited again' })).toBe(true);
    });
  });

  test('comes under the last hour and under a site alike, and only what they are about', async () => {
    const outbox = createMemoryOutbox();
    await withEngine({ outbox }, async (engine) => {
      await outbox.add(chat('of the hour', -MINUTE));
      await outbox.add(chat('of before', -3 * HOUR));
      const hour = await engine.forget({ captured_after: at(-HOUR) });
      await engine.drainOutbox();
      expect(await titles(engine)).toEqual(['of before']);
      await outbox.add(kept('https://example.org/', -MINUTE * 90));
      const site = await engine.forget({ source: 'chatgpt' });
      await engine.endUndo([hour.id, site.id]);
      await engine.idle();
      expect(await titles(engine)).toEqual(['https://example.org/']);
      expect(await rows('forget_receipt')).toBe(0);
    });
  });

  test('does not come back when its page hands it over only after the deletion was made final; what was said after does', async () => {
    const outbox = createMemoryOutbox();
    await withEngine({ outbox }, async (engine) => {
      for (const [scope, covered] of [
        [{ everything: true }, chat('of all', -MINUTE)],
        [{ source: 'chatgpt' }, chat('of the site', -2 * MINUTE)],
        [{ host: 'WWW.example.org' }, kept('https://example.org/late', -3 * MINUTE)],
        [{ captured_after: at(-HOUR) }, chat('of the hour', -4 * MINUTE)],
      ] as const) {
        const receipt = await engine.forget(scope);
        await engine.purgeForgotten([receipt.id]);
        await outbox.add(covered);
      }
      await outbox.add(chat('after', MINUTE));
      await outbox.add(kept('https://example.org/after', MINUTE));
      await engine.drainOutbox();
      expect(await titles(engine)).toEqual(['after', 'https://example.org/after']);
      // A file that is read on purpose is as old as it is.
      await engine.ingest([chat('from a file', -DAY)]);
      expect(await titles(engine)).toContain('from a file');
    });
  });

  test('comes under nothing but what the deletion was about', async () => {
    const outbox = createMemoryOutbox();
    await withEngine({ outbox }, async (engine) => {
      const scopes = [{ source: 'claude' }, { host: 'example.com' }, { captured_after: at(-HOUR) }];
      for (const scope of scopes) await engine.purgeForgotten([(await engine.forget(scope)).id]);
      await outbox.add(chat('of before the hour', -2 * HOUR));
      await outbox.add(kept('https://example.org/', -2 * HOUR));
      const undone = await engine.forget({ everything: true });
      await engine.undoForget(undone.id);
      await engine.drainOutbox();
      expect(await titles(engine)).toEqual(['https://example.org/', 'of before the hour']);
      expect((await store.query<{ source_hash: string }>('select source_hash from forgotten')).length).toBe(3);
    });
  });

  test('goes too when it cannot be stored, with databases that were set aside', async () => {
    const outbox = createMemoryOutbox();
    await outbox.add(conversation([], { id: 'broken', captured_at: 'never' }));
    await outbox.add(chat('a', -MINUTE));
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    const discardSetAside = vi.fn(async () => {});
    await withEngine({ outbox, store: async () => shared({ discardSetAside }) }, async (engine) => {
      await engine.drainOutbox();
      expect(await outbox.size()).toMatchObject({ waiting: 1 });
      const one = await engine.forget({ source: 'chatgpt' });
      await engine.purgeForgotten([one.id]);
      expect(await outbox.size()).toMatchObject({ waiting: 1 });
      expect(discardSetAside).not.toHaveBeenCalled();
      await engine.forget({ everything: true });
      await engine.purgeForgotten();
      expect(await outbox.size()).toMatchObject({ waiting: 0 });
      expect(await engine.status()).toMatchObject({ outbox_refused: 0 });
      expect(await outbox.replay()).toBe(0);
      expect(discardSetAside).toHaveBeenCalledTimes(1);
    });
    error.mockRestore();
  });
});

describe('retention', () => {
  const everyKind = () => [
    chat('chat of today', -HOUR),
    chat('chat of winter', -120 * DAY),
    kept('https://example.org/kept', -120 * DAY),
    visited('https://example.org/read', -120 * DAY),
    visited('https://example.org/read today', -HOUR),
  ];

  test('keeps everything until told otherwise', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest(everyKind());
      expect(await engine.retention()).toEqual(FOREVER);
      now += 400 * DAY;
      await engine.idle();
      expect(await rows('document')).toBe(5);
    });
  });

  test('says what it would delete, deletes that and nothing else, each kind by its own number of days', async () => {
    const outbox = createMemoryOutbox();
    const markPurged = vi.fn(async () => {});
    await withEngine({ outbox, store: async () => shared({ markPurged }) }, async (engine) => {
      for (const capture of everyKind()) await outbox.add(capture);
      await engine.drainOutbox();
      const wanted = { ...FOREVER, conversation: 90, visit: 30 };
      expect(await engine.countRetention(wanted)).toEqual({
        documents: 2,
        messages: 2,
        by_kind: { conversation: 1, page: 1 },
        older: 0,
      });
      expect(await rows('document')).toBe(5);
      await engine.setRetention(wanted);
      expect(await engine.retention()).toEqual(wanted);
      await engine.idle();
      const left = ['chat of today', 'https://example.org/kept', 'https://example.org/read today'];
      expect(await titles(engine)).toEqual(left);
      expect(await rows('document')).toBe(3);
      expect(await rows('forget_receipt')).toBe(0);
      expect(markPurged).toHaveBeenCalledTimes(1);
      expect(await outbox.replay()).toBe(3);
    });
  });

  test('goes on every day', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([chat('a', 0)]);
      await engine.setRetention({ ...FOREVER, conversation: 30 });
      await engine.idle();
      now += 29 * DAY;
      await engine.idle();
      expect(await titles(engine)).toEqual(['a']);
      now += 2 * DAY;
      await engine.idle();
      expect(await rows('document')).toBe(0);
    });
  });

  test('leaves no mark: what is old is passed over when it is read again, and taken when it lives again', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([chat('a', -120 * DAY)]);
      await engine.setRetention({ ...FOREVER, conversation: 90 });
      await engine.idle();
      expect(await rows('forgotten')).toBe(0);
      expect(await engine.wasForgotten({ source: 'chatgpt', external_id: 'a' })).toBe(false);
      expect(await engine.ingest([chat('a', -120 * DAY, { captured_at: at(0) }), chat('b', 0)])).toMatchObject({
        expired: 1,
        forgotten: 0,
        document_ids: [null, expect.any(String)],
      });
      expect(await titles(engine)).toEqual(['b']);
      await engine.ingest([chat('a', -120 * DAY, { captured_at: at(0), updated_at: at(-MINUTE) })]);
      expect(await titles(engine)).toEqual(['a', 'b']);
    });
  });

  test('leaves what can still be undone to Undo', async () => {
    await withEngine({}, async (engine) => {
      await engine.ingest([chat('a', -120 * DAY)]);
      const receipt = await engine.forget({ everything: true });
      await engine.setRetention({ ...FOREVER, conversation: 90 });
      await engine.idle();
      await engine.undoForget(receipt.id);
      expect(await titles(engine)).toEqual(['a']);
    });
  });

  test('refuses what is no number of days, and stays as it was', async () => {
    await withEngine({}, async (engine) => {
      await engine.setRetention({ ...FOREVER, note: 365 });
      for (const days of [0, -1, 1.5, Number.NaN, 10 ** 9]) {
        await expect(engine.setRetention({ ...FOREVER, page: days })).rejects.toMatchObject({ code: 'bad_input' });
      }
      expect(await engine.retention()).toEqual({ ...FOREVER, note: 365 });
    });
  });
});
