import { afterEach, describe, expect, it } from 'vitest';
import { MIGRATIONS, type Migration } from '../../../engine/store/migrate';
import { openOn } from '../../../engine/store/open';
import { memoryShelf, type Shelf } from '../../../engine/store/shelf';
import { poolShelf } from '../../../engine/store/shelf-pool';
import { rolling } from '../../../engine/store/snapshot';
import type { Store } from '../../../engine/store/store';
import { addDocument, texts } from './acceptance';
import { PowerLossCabinet } from './power-loss';
import { dataDirectory } from './prebuilt';

const HOUR = 3_600_000;
const copy = (at: number, bytes = 1) => ({ taken_at: new Date(at).toISOString(), bytes });

describe('which snapshots are kept', () => {
  it.each([
    ['every two minutes', 2 / 60],
    ['every twenty minutes', 1 / 3],
    ['every five hours', 5],
    ['every two days', 48],
  ])('taken %s for a month, are the newest two and such of an hour, a day and a week ago', (_often, hours) => {
    const start = Date.parse('2026-01-01T00:00:00Z');
    const step = hours * HOUR;
    let kept: Array<ReturnType<typeof copy>> = [];
    for (let now = start; now < start + 31 * 24 * HOUR; now += step) {
      kept = rolling([copy(now), ...kept], now);
      expect(kept.length).toBeLessThanOrEqual(8);
      const age = kept.map(({ taken_at }) => now - Date.parse(taken_at));
      expect(age.slice(0, 2)).toEqual(now === start ? [0] : [0, step]);
      for (const limit of [HOUR, 24 * HOUR, 7 * 24 * HOUR]) {
        if (now - start < limit) continue;
        const grown = age.find((one) => one >= limit) ?? Number.POSITIVE_INFINITY;
        // never older than twice the age it stands for, or than it can be when they are taken so seldom
        expect(grown).toBeLessThanOrEqual(2 * limit + step);
      }
    }
  });

  it('are the newest two, whatever they weigh, and of the others what has room', () => {
    const now = Date.parse('2026-02-01T00:00:00Z');
    const huge = 400 * 1024 * 1024;
    const kept = rolling(
      [0, 0.5, 2, 30, 200].map((hours) => copy(now - hours * HOUR, huge)),
      now,
    );
    expect(kept).toHaveLength(3);
  });
});

describe('a snapshot', () => {
  const open: Store[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((store) => store.close()));
  });
  async function opened(shelf: Shelf, migrations: readonly Migration[] = MIGRATIONS): Promise<Store> {
    const store = await openOn(shelf, { dataDirectory: await dataDirectory() }, migrations);
    open.push(store);
    return store;
  }

  it('says what going back to it would do, and going back does that', async () => {
    const store = await opened(memoryShelf());
    await addDocument(store, 'same', ['same']);
    await addDocument(store, 'changed', ['before']);
    await addDocument(store, 'deleted', ['deleted']);
    await store.snapshot();
    await store.exec(`
      delete from document where external_id = 'deleted';
      update document set content_hash = 'other' where external_id = 'changed';
      update message set markdown = 'after' where markdown = 'before';
    `);
    await addDocument(store, 'new', ['new']);
    await store.snapshot();
    const [, old] = await store.snapshots();
    const name = old?.name ?? '';
    expect(await store.lookAtSnapshot(name)).toEqual({ back: 1, away: 1, changed: 1, same: 1 });
    await store.goBack(name);
    expect((await texts(store)).toSorted()).toEqual(['before', 'deleted', 'same']);
    expect(await store.lookAtSnapshot(name)).toEqual({ back: 0, away: 0, changed: 0, same: 3 });
  });

  it('that is broken is refused, and the database goes on', async () => {
    const shelf = memoryShelf();
    const store = await opened(shelf);
    await addDocument(store, 'here', ['here']);
    const report = await store.snapshot();
    const name = report?.name ?? '';
    const broken = await shelf.writer(name);
    await broken.append(new TextEncoder().encode('{"commonplace_snapshot":1}\n'));
    await broken.finish();
    await expect(store.lookAtSnapshot(name)).rejects.toMatchObject({ code: 'store_corrupt' });
    await expect(store.goBack(name)).rejects.toMatchObject({ code: 'store_corrupt' });
    await expect(store.goBack('snapshot-00000099')).rejects.toMatchObject({ code: 'not_found' });
    expect(await texts(store)).toEqual(['here']);
  });

  it('that is old is written anew without what was deleted for good', async () => {
    const shelf = memoryShelf();
    const store = await opened(shelf);
    await addDocument(store, 'stays', ['stays']);
    await addDocument(store, 'goes', ['goes for good']);
    const first = await store.snapshot();
    await store.exec(`update document set title = 'x'`);
    await store.snapshot();
    // as if the first had been taken a week ago
    const index = JSON.parse(new TextDecoder().decode((await shelf.read('snapshots')) ?? new Uint8Array())) as {
      snapshots: Array<{ name: string; taken_at: string }>;
    };
    const old = index.snapshots.find(({ name }) => name === first?.name);
    if (old) old.taken_at = new Date(Date.now() - 8 * 24 * HOUR).toISOString();
    await shelf.write('snapshots', new TextEncoder().encode(JSON.stringify(index)));
    const { id = '' } =
      (await store.query<{ id: string }>(`select id from document where external_id = 'goes'`))[0] ?? {};
    await store.markPurged([id]);
    await store.query('delete from document where id = $1', [id]);
    await store.snapshot();
    const kept = await store.snapshots();
    expect(kept.map(({ rows }) => rows.message)).toEqual([1, 1, 1, 1]);
    for (const name of await shelf.names()) {
      if (!name.startsWith('snapshot-')) continue;
      let text = '';
      for await (const piece of shelf.reader(name)) text += new TextDecoder().decode(piece);
      expect(text).not.toContain('goes for good');
    }
    await store.goBack(kept.at(-1)?.name ?? '');
    expect(await texts(store)).toEqual(['stays']);
  });

  it('is taken one at a time, and looked at and marked between', async () => {
    const shelf = poolShelf(new PowerLossCabinet(), () => Promise.resolve(() => undefined));
    const store = await opened(shelf);
    await addDocument(store, 'stays', ['stays']);
    await addDocument(store, 'goes', ['goes for good']);
    const first = (await store.snapshot())?.name ?? '';
    const { id = '' } =
      (await store.query<{ id: string }>(`select id from document where external_id = 'goes'`))[0] ?? {};
    await store.exec(`update document set title = 'x'`);
    // as when a file is brought in while a deletion is made final and somebody looks at the copies
    const taken = store.snapshot();
    const marked = store.markPurged([id]).then(() => store.query('delete from document where id = $1', [id]));
    const looked = store.lookAtSnapshot(first);
    const again = store.snapshot();
    await marked;
    expect([await taken, await looked, await again]).toMatchObject([{ rows: { document: 2 } }, {}, {}]);
    expect(await looked).toMatchObject({ changed: 0 });
    await store.snapshot();
    for (const { name } of await store.snapshots())
      expect(await store.lookAtSnapshot(name)).toEqual({ back: 0, away: 0, changed: 0, same: 1 });
    await store.goBack((await store.snapshots()).at(-1)?.name ?? '');
    expect(await texts(store)).toEqual(['stays']);
  });

  it('is taken before the database is brought to a newer schema', async () => {
    const shelf = poolShelf(new PowerLossCabinet(), () => Promise.resolve(() => undefined));
    const newer = { version: MIGRATIONS.length + 1, name: 'test only', sql: "update message set markdown = 'lost'" };
    const before = await opened(shelf);
    await addDocument(before, 'old', ['as it was']);
    await before.close();
    const after = await opened(shelf, [...MIGRATIONS, newer]);
    expect(await texts(after)).toEqual(['lost']);
    const [taken] = await after.snapshots();
    expect(taken?.rows.message).toBe(1);
    await expect(after.lookAtSnapshot(taken?.name ?? '')).resolves.toMatchObject({ same: 1 });
    let text = '';
    for await (const piece of shelf.reader(taken?.name ?? '')) text += new TextDecoder().decode(piece);
    expect(text).toContain('as it was');
  });
});
