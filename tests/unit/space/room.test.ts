import { afterEach, describe, expect, test, vi } from 'vitest';
import { createEngine } from '../../../engine/engine';
import { createMemoryOutbox } from '../../../engine/outbox';
import { type Disk, FULL_BELOW, LOW_BELOW, watchRoom } from '../../../engine/space';
import { openStore } from '../../../engine/store';
import { openOn } from '../../../engine/store/open';
import { poolShelf } from '../../../engine/store/shelf-pool';
import { conversation, message } from '../ingest/captures';
import { documentRow } from '../store/acceptance';
import { PowerLossCabinet } from '../store/power-loss';
import { dataDirectory } from '../store/prebuilt';

afterEach(() => {
  vi.useRealTimers();
});

function disk(free: number | null): Disk & { free: number | null } {
  const one = {
    free,
    estimate: () => Promise.resolve({ free: one.free, used: 0 }),
    folder: () => Promise.resolve(0),
    sweep: () => Promise.resolve(),
  };
  return one;
}

const fakeTime = () =>
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], shouldAdvanceTime: true });

describe('room', () => {
  test('is told before it is gone, and there is none before the disk is full to the last byte', async () => {
    fakeTime();
    const one = disk(LOW_BELOW);
    const room = watchRoom(one, { onChange: () => {}, onRoom: () => {} });
    const states = [];
    for (const free of [LOW_BELOW, LOW_BELOW - 1, FULL_BELOW, FULL_BELOW - 1, null]) {
      one.free = free;
      await vi.advanceTimersByTimeAsync(6_000);
      states.push((await room.look()).state);
    }
    expect(states).toEqual(['ok', 'low', 'low', 'full', 'ok']);
    room.close();
  });

  test('that a write did not find is none until a write may be tried again', async () => {
    fakeTime();
    const heard: string[] = [];
    const room = watchRoom(disk(LOW_BELOW), {
      onChange: () => heard.push('change'),
      onRoom: () => heard.push('room'),
    });
    await room.need();
    const { EngineError } = await import('../../../engine/errors');
    room.failed(new EngineError('query_failed', 'something else'));
    await room.need();
    room.failed(new EngineError('store_full', 'no room'));
    await expect(room.need()).rejects.toMatchObject({ code: 'store_full' });
    await vi.advanceTimersByTimeAsync(31_000);
    expect(heard).toEqual(['change', 'change', 'room']);
    await room.need();
    room.close();
  });

  test('that is gone keeps captures in the outbox, and they are stored when there is some again', async () => {
    const outbox = createMemoryOutbox();
    const one = disk(FULL_BELOW - 1);
    const store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
    fakeTime();
    const engine = createEngine({ store: () => Promise.resolve(store), embedder: null, outbox, disk: one });
    await outbox.add(conversation([message('m1', 'Where do teapots come from?')]));
    await expect(engine.drainOutbox()).rejects.toMatchObject({ code: 'store_full' });
    expect(await engine.status()).toMatchObject({ documents: 0, outbox_waiting: 1, room: { state: 'full' } });
    one.free = LOW_BELOW;
    await vi.advanceTimersByTimeAsync(31_000);
    await vi.waitFor(
      async () => {
        expect(await engine.status()).toMatchObject({ documents: 1, outbox_waiting: 0, room: { state: 'ok' } });
      },
      { timeout: 60_000 },
    );
    await engine.close();
  });

  test('that runs out in the middle of a commit costs nothing that was acknowledged, and Postgres’ death is told', async () => {
    const cabinet = new PowerLossCabinet();
    const shelf = () => poolShelf(cabinet, () => Promise.resolve(() => undefined));
    const deaths: string[] = [];
    const store = await openOn(shelf(), {
      dataDirectory: await dataDirectory(),
      onDeath: (words) => deaths.push(words),
    });
    cabinet.at('database-1').fillAfter(300_000);
    const acknowledged: string[] = [];
    for (let n = 0; n < 400 && deaths.length === 0; n++) {
      await store.query(...documentRow(`n-${n}`)).then(
        () => acknowledged.push(`n-${n}`),
        () => undefined,
      );
    }
    expect(deaths).toEqual([expect.stringContaining('No space left')]);
    await store.close();
    cabinet.kill();
    cabinet.at('database-1').fillAfter(Infinity);
    const again = await openOn(shelf(), {});
    expect(again.opened.state).toBe('ready');
    const rows = await again.query<{ external_id: string }>('select external_id from document');
    expect(rows.map((row) => row.external_id)).toEqual(expect.arrayContaining(acknowledged));
    expect(acknowledged.length).toBeGreaterThan(0);
    await again.close();
  });
});
