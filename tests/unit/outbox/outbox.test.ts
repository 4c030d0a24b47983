import 'fake-indexeddb/auto'; // Node has no IndexedDB; the real ones are used in tests/browser
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CapturedPage } from '../../../engine/capture/types';
import { createMemoryOutbox, openOutbox } from '../../../engine/outbox';
import { openCopies } from '../../../engine/outbox/copies';

function page(id: string, markdown = 'words'): CapturedPage {
  return {
    kind: 'page',
    origin: 'page',
    id,
    url: `https://example.org/${id}`,
    title: id,
    author: null,
    site_name: null,
    language: null,
    published_at: null,
    captured_at: '2026-11-01T10:00:00Z',
    markdown,
    note: null,
    metadata: {},
  };
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

const kinds = {
  memory: async () => createMemoryOutbox({ capacity: 3 }),
  IndexedDB: () => openOutbox({ entries: 3, bytes: 10_000 }),
  'IndexedDB with copies': () => {
    const bucket = new IDBFactory();
    return openOutbox({ entries: 3, bytes: 10_000 }, () => openCopies(bucket));
  },
};

describe.each(Object.entries(kinds))('outbox in %s', (_name, open) => {
  it('gives entries back in the order they were acknowledged, until they are stored', async () => {
    const outbox = await open();
    const seqs = [await outbox.add(page('a')), await outbox.add(page('b'))];
    expect((await outbox.peek(10)).map((entry) => entry.capture.id)).toEqual(['a', 'b']);
    expect(await outbox.size()).toEqual({ waiting: 2, full: false });
    await outbox.markStored([seqs[0] as number]);
    expect((await outbox.peek(10)).map((entry) => entry.capture.id)).toEqual(['b']);
    await outbox.markStored(seqs);
    await outbox.markStored(seqs);
    expect(await outbox.size()).toEqual({ waiting: 0, full: false });
  });

  it('refuses beyond its bound with outbox_full, and takes again once there is room', async () => {
    const outbox = await open();
    const first = await outbox.add(page('a'));
    await outbox.add(page('b'));
    await outbox.add(page('c'));
    await expect(outbox.add(page('d'))).rejects.toMatchObject({ code: 'outbox_full' });
    expect(await outbox.size()).toEqual({ waiting: 3, full: true });
    await outbox.markStored([first]);
    await outbox.add(page('d'));
    expect((await outbox.peek(10)).map((entry) => entry.capture.id)).toEqual(['b', 'c', 'd']);
  });

  it('lets go of single entries, waiting or stored', async () => {
    const outbox = await open();
    const [a, b] = [await outbox.add(page('a')), await outbox.add(page('b')), await outbox.add(page('c'))];
    await outbox.markStored([b]);
    await outbox.remove([a, b, 99]);
    expect((await outbox.peek(10)).map((entry) => entry.capture.id)).toEqual(['c']);
    expect(await outbox.size()).toEqual({ waiting: 1, full: false });
    expect(await outbox.replay()).toBe(0);
    await outbox.add(page('d'));
    await outbox.add(page('e'));
    expect(await outbox.size()).toEqual({ waiting: 3, full: true });
  });

  it('keeps stored entries until a snapshot holds them, and can give them again', async () => {
    const outbox = await open();
    await outbox.markStored([await outbox.add(page('a'))]);
    await outbox.pruneStored(new Date(Date.now() - 60_000));
    expect(await outbox.replay()).toBe(1);
    expect((await outbox.peek(10)).map((entry) => entry.capture.id)).toEqual(['a']);
    await outbox.markStored([(await outbox.peek(1))[0]?.seq as number]);
    await outbox.pruneStored(new Date(Date.now() + 60_000));
    expect(await outbox.replay()).toBe(0);
  });

  it('loses every entry of a document that is purged, stored or waiting', async () => {
    const outbox = await open();
    await outbox.markStored([await outbox.add(page('a', 'secret'))]);
    await outbox.add(page('a', 'secret again'));
    await outbox.add(page('b'));
    await outbox.purge('web', 'a');
    await outbox.replay();
    expect((await outbox.peek(10)).map((entry) => entry.capture.id)).toEqual(['b']);
    expect(await outbox.size()).toEqual({ waiting: 1, full: false });
  });
});

it('an outbox in IndexedDB is bounded in bytes too', async () => {
  const outbox = await openOutbox({ entries: 100, bytes: 5_000 });
  await outbox.add(page('a', 'x'.repeat(3_000)));
  await expect(outbox.add(page('b', 'x'.repeat(3_000)))).rejects.toMatchObject({ code: 'outbox_full' });
});

it('an outbox in IndexedDB is still there when it is opened again', async () => {
  const first = await openOutbox();
  const seq = await first.add(page('a'));
  first.close();
  const second = await openOutbox();
  expect((await second.peek(1))[0]?.capture.id).toBe('a');
  expect(await second.add(page('b'))).toBeGreaterThan(seq);
});

describe('an outbox whose database the browser lost', () => {
  const bucket = { factory: new IDBFactory() };
  const open = () => openOutbox(undefined, () => openCopies(bucket.factory));
  const waiting = async () => {
    const outbox = await open();
    const ids = (await outbox.peek(10)).map((entry) => entry.capture.id);
    const { waiting: count } = await outbox.size();
    outbox.close();
    expect(count).toBe(ids.length);
    return ids;
  };
  beforeEach(() => {
    bucket.factory = new IDBFactory();
  });

  it('has what waited from the copies, and neither what was stored nor what was deleted', async () => {
    const outbox = await open();
    const stored = await outbox.add(page('stored'));
    for (const id of ['deleted', 'a', 'removed', 'b']) await outbox.add(page(id));
    await outbox.markStored([stored]);
    await outbox.purge('web', 'deleted');
    await outbox.remove([4]);
    outbox.close();
    globalThis.indexedDB = new IDBFactory();
    expect(await waiting()).toEqual(['a', 'b']);
    expect(await waiting()).toEqual(['a', 'b']);
    globalThis.indexedDB = new IDBFactory();
    expect(await waiting()).toEqual(['a', 'b']);
  });

  it('takes nothing twice where nothing was lost, and goes on without copies that were', async () => {
    const outbox = await open();
    await outbox.add(page('a'));
    outbox.close();
    expect(await waiting()).toEqual(['a']);
    bucket.factory = new IDBFactory();
    expect(await waiting()).toEqual(['a']);
  });

  it('does with one copy where the browser refuses the other', async () => {
    const outbox = await openOutbox(undefined, () => Promise.reject(new Error('no buckets')));
    await outbox.add(page('a'));
    expect((await outbox.peek(1))[0]?.capture.id).toBe('a');
    outbox.close();
  });

  it('leaves no copy of what it refused', async () => {
    const outbox = await openOutbox({ entries: 1, bytes: 10_000 }, () => openCopies(bucket.factory));
    const seq = await outbox.add(page('a'));
    await expect(outbox.add(page('b'))).rejects.toMatchObject({ code: 'outbox_full' });
    await outbox.markStored([seq]);
    outbox.close();
    globalThis.indexedDB = new IDBFactory();
    expect(await waiting()).toEqual([]);
  });
});
