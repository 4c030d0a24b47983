import 'fake-indexeddb/auto'; // Node has no IndexedDB; the real ones are used in tests/browser
import { IDBFactory } from 'fake-indexeddb';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CapturedConversation, ListedConversation, SiteHistory } from '../../../engine/capture';
import { EngineError } from '../../../engine/errors';
import {
  createHistory,
  type History,
  type Known,
  LEASE_MS,
  openLedger,
  RateLimitedError,
  workOff,
} from '../../../engine/history';

const START = Date.parse('2026-11-21T10:00:00Z');

function listed(id: string, minutesAgo: number | null): ListedConversation {
  const updated_at = minutesAgo === null ? null : new Date(START - minutesAgo * 60_000).toISOString();
  return { id, title: `About ${id}`, updated_at, archived: false, starred: false, project: null };
}

function captured(id: string, updated_at: string | null): CapturedConversation {
  return {
    kind: 'conversation',
    site: 'chatgpt',
    id,
    url: null,
    title: null,
    created_at: null,
    updated_at,
    captured_at: new Date(START).toISOString(),
    strategy: 'json-tree',
    coverage: 'all',
    complete: true,
    messages: [],
    metadata: {},
  };
}

/** A site with several lists, a browser with tabs, a store; and a clock. */
function world(lists: ListedConversation[][], { pageSize = 3, wholeLists = true } = {}) {
  const state = {
    now: START,
    lists,
    tabs: new Set([1, 2, 3]),
    /** What was acknowledged, in order. */
    kept: [] as string[],
    delivered: [] as CapturedConversation[],
    store: new Map<string, Known>(),
    asked: [] as string[],
    /** What the next requests come to, by id or `list`. */
    faults: new Map<string, Error[]>(),
    history: null as unknown as History,
  };
  const fault = (what: string) => {
    const error = state.faults.get(what)?.shift();
    if (error) throw error;
  };
  const site: SiteHistory = {
    async list(cursor) {
      state.asked.push(`list ${cursor ?? ''}`);
      fault('list');
      const [list = 0, offset = 0] = (cursor ?? '0:0').split(':').map(Number);
      const all = state.lists[list] ?? [];
      const following = list + 1 < state.lists.length ? `${list + 1}:0` : null;
      return {
        conversations: all.slice(offset, offset + pageSize),
        next: offset + pageSize < all.length ? `${list}:${offset + pageSize}` : following,
        ...(wholeLists ? { next_list: following } : {}),
      };
    },
    async read(id) {
      state.asked.push(id);
      fault(id);
      return captured(id, state.lists.flat().find((one) => one.id === id)?.updated_at ?? null);
    },
  };
  return {
    state,
    site,
    reads: () => state.asked.filter((what) => !what.startsWith('list')),
    /** The background is killed: nothing but what is on disk is left. */
    async restart() {
      const ledger = await openLedger();
      state.history = createHistory({
        ledger,
        now: () => state.now,
        known: async (_site, ids) => ids.flatMap((id) => state.store.get(id) ?? []),
        isOpen: async (tab) => state.tabs.has(tab),
      });
    },
    view: async () => (await state.history.views()).find(({ site: name }) => name === 'chatgpt'),
    /** A content script works until there is nothing to do, or for so many tasks. */
    async work(tab = 1, tasks = Number.POSITIVE_INFINITY, instance = `tab${tab}`) {
      const stop = new AbortController();
      let given = 0;
      await workOff(
        {
          async task() {
            if (++given > tasks) return { do: 'nothing' };
            return state.history.task('chatgpt', { tab, instance });
          },
          renew: (lease) => state.history.renew('chatgpt', lease),
          listed: (lease, cursor, page) => state.history.listed('chatgpt', lease, cursor, page),
          async deliver(conversation) {
            state.kept.push(conversation.id);
            state.delivered.push(conversation);
            return 'kept';
          },
          read: (lease, id, outcome) => state.history.read('chatgpt', lease, id, outcome),
          failed: (lease, id, failure) => state.history.failed('chatgpt', lease, id, failure),
          release: (lease) => state.history.release('chatgpt', lease),
          async sleep(ms, signal) {
            // a heartbeat's wait ends with the task; only waits of the work itself move the clock
            if (ms === 25_000) {
              await new Promise((_, reject) => {
                signal.addEventListener('abort', () => {
                  reject(new EngineError('aborted', 'over'));
                });
              });
            }
            signal.throwIfAborted();
            state.now += ms;
          },
        },
        () => site,
        stop.signal,
      );
    },
  };
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

const MAIN = [listed('a', 10), listed('b', 20), listed('c', 40), listed('d', 50), listed('e', 60)];
const ARCHIVED = [listed('x', 30), listed('b', 20), listed('y', 3_000)];

describe('bringing in the past', () => {
  it('lists everything, then reads the newest first, each once, and is done', async () => {
    const w = world([MAIN, ARCHIVED]);
    await w.restart();
    await w.state.history.start('chatgpt');
    await w.work();
    expect(w.state.kept).toEqual(['a', 'b', 'x', 'c', 'd', 'e', 'y']);
    expect(await w.view()).toMatchObject({ state: 'done', listed: 7, kept: 7, already: 0, failed: 0, working: false });
  });

  it('says what only the list said, and keeps none of it once a conversation is read', async () => {
    const w = world([[{ ...listed('a', 10), starred: true, archived: true }]]);
    await w.restart();
    await w.state.history.start('chatgpt');
    await w.work(1, 1);
    const ledger = await openLedger();
    expect((await ledger.items('chatgpt', ['a']))[0]?.facts?.title).toBe('About a');
    await w.work();
    expect(w.state.delivered).toMatchObject([{ title: 'About a', metadata: { starred: true, archived: true } }]);
    expect((await ledger.items('chatgpt', ['a']))[0]).toMatchObject({ state: 'done', facts: null });
    ledger.close();
  });

  it('keeps the order of the list where the site names no times', async () => {
    const w = world([['p', 'q', 'r', 's'].map((id) => listed(id, null))]);
    await w.restart();
    await w.state.history.start('chatgpt');
    await w.work();
    expect(w.state.kept).toEqual(['p', 'q', 'r', 's']);
  });

  it('passes over what the store has whole, and what the user deleted', async () => {
    const w = world([MAIN]);
    await w.restart();
    const at = (minutes: number) => new Date(START - minutes * 60_000).toISOString();
    w.state.store.set('a', { external_id: 'a', updated_at: at(10), complete: true, forgotten: false });
    w.state.store.set('b', { external_id: 'b', updated_at: at(25), complete: true, forgotten: false }); // older than listed
    w.state.store.set('c', { external_id: 'c', updated_at: at(40), complete: false, forgotten: false });
    w.state.store.set('d', { external_id: 'd', updated_at: null, complete: false, forgotten: true });
    await w.state.history.start('chatgpt');
    await w.work();
    expect(w.reads()).toEqual(['b', 'c', 'e']);
    expect(await w.view()).toMatchObject({ listed: 5, kept: 3, already: 2 });
  });

  it('passes over what was opened and came in while it waited for its turn', async () => {
    const w = world([MAIN]);
    await w.restart();
    await w.state.history.start('chatgpt');
    await w.work(1, 3);
    w.state.store.set('c', {
      external_id: 'c',
      updated_at: new Date(START).toISOString(),
      complete: true,
      forgotten: false,
    });
    await w.work();
    expect(w.reads()).not.toContain('c');
    expect(await w.view()).toMatchObject({ state: 'done', kept: 4, already: 1 });
  });

  it('goes on where it was after the background was killed and the tab closed, at every step', async () => {
    for (let tasks = 0; tasks < 10; tasks++) {
      globalThis.indexedDB = new IDBFactory();
      const w = world([MAIN, ARCHIVED]);
      await w.restart();
      await w.state.history.start('chatgpt');
      await w.work(1, tasks);
      w.state.tabs.delete(1);
      await w.restart();
      await w.work(2);
      expect([...w.state.kept].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'x', 'y']);
      expect(await w.view()).toMatchObject({ state: 'done', listed: 7, kept: 7 });
    }
  });

  it('reads again only the one whose acknowledgement nobody heard', async () => {
    const w = world([MAIN]);
    await w.restart();
    await w.state.history.start('chatgpt');
    await w.work(1, 3);
    // tab 2 gets a task, reads, delivers, and dies before it says so
    w.state.tabs.delete(1);
    const task = await w.state.history.task('chatgpt', { tab: 2, instance: 'dying' });
    if (task.do !== 'read') throw new Error(task.do);
    await w.site.read(task.id);
    w.state.kept.push(task.id);
    w.state.tabs.delete(2);
    await w.work(3);
    const twice = w.state.kept.filter((id, index) => w.state.kept.indexOf(id) !== index);
    expect(twice).toEqual([task.id]);
    expect(new Set(w.state.kept).size).toBe(5);
  });

  it('gives work to one tab, until that is closed, loaded anew or silent too long', async () => {
    const w = world([MAIN]);
    await w.restart();
    const { history } = w.state;
    await history.start('chatgpt');
    const first = { tab: 1, instance: 'one' };
    expect((await history.task('chatgpt', first)).do).toBe('list');
    expect((await history.task('chatgpt', { tab: 2, instance: 'two' })).do).toBe('nothing');
    expect((await history.task('chatgpt', { tab: 1, instance: 'loaded anew' })).do).toBe('list');
    w.state.tabs.delete(1);
    const second = await history.task('chatgpt', { tab: 2, instance: 'two' });
    if (second.do !== 'list') throw new Error(second.do);
    w.state.now += LEASE_MS - 1;
    expect(await history.renew('chatgpt', second.lease)).toBe(true);
    w.state.now += LEASE_MS;
    expect((await history.task('chatgpt', { tab: 3, instance: 'three' })).do).toBe('list');
    expect(await history.renew('chatgpt', second.lease)).toBe(false);
    // what the first says now is no longer heard
    await history.listed('chatgpt', second.lease, null, { conversations: [listed('late', 1)], next: null });
    expect(await w.view()).toMatchObject({ state: 'listing', listed: 0 });
  });

  it('waits as long as the site asks, and then goes on without having lost its place', async () => {
    const w = world([MAIN]);
    await w.restart();
    await w.state.history.start('chatgpt');
    w.state.faults.set('b', [
      new RateLimitedError('slower', START + 3_600_000),
      new RateLimitedError('slower', START + 7_200_000),
    ]);
    await w.work(1, 4);
    expect(await w.view()).toMatchObject({ waits_until: '2026-11-21T11:00:00.000Z', kept: 1 });
    await w.restart();
    await w.work();
    expect(w.state.now).toBeGreaterThanOrEqual(START + 7_200_000);
    expect(w.state.kept).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await w.view()).toMatchObject({ state: 'done', failed: 0, waits_until: null });
  });

  it('does not ask without end when a site names a time that is over', async () => {
    const w = world([MAIN]);
    await w.restart();
    await w.state.history.start('chatgpt');
    w.state.faults.set(
      'a',
      Array.from({ length: 5 }, () => new RateLimitedError('slower', START - 1)),
    );
    await w.work();
    expect(w.state.now).toBeGreaterThanOrEqual(START + 5 * 5_000);
    expect(await w.view()).toMatchObject({ state: 'done', kept: 5 });
  });

  it('pauses and says why when nobody is signed in, and goes on when told to', async () => {
    const w = world([MAIN]);
    await w.restart();
    await w.state.history.start('chatgpt');
    w.state.faults.set('c', [new EngineError('not_signed_in', '401')]);
    await w.work();
    expect(await w.view()).toMatchObject({ state: 'paused', reason: 'not_signed_in', kept: 2, working: false });
    await w.work();
    expect(w.state.kept).toHaveLength(2);
    await w.state.history.resume('chatgpt');
    await w.work();
    expect(await w.view()).toMatchObject({ state: 'done', reason: null, kept: 5, failed: 0 });
  });

  it('tries what cannot be read after all the others, three times, and says how many it were', async () => {
    const w = world([MAIN]);
    await w.restart();
    await w.state.history.start('chatgpt');
    const unreadable = () => new EngineError('bad_input', 'not JSON');
    w.state.faults.set('a', [unreadable(), unreadable(), unreadable(), unreadable()]);
    w.state.faults.set('b', [unreadable()]);
    w.state.faults.set('d', [new EngineError('not_found', '404')]);
    await w.work();
    expect(w.state.kept).toEqual(['c', 'e', 'b']);
    expect(w.reads().filter((id) => id === 'a')).toHaveLength(3);
    expect(await w.view()).toMatchObject({ state: 'done', kept: 3, failed: 1, gone: 1 });
  });

  it('stops asking when nothing of the site can be read any more', async () => {
    const many = Array.from({ length: 40 }, (_, n) => listed(`n${n}`, n));
    const w = world([many], { pageSize: 20 });
    await w.restart();
    await w.state.history.start('chatgpt');
    for (const { id } of many) w.state.faults.set(id, [new EngineError('bad_input', 'HTML')]);
    await w.work();
    expect(await w.view()).toMatchObject({ state: 'paused', reason: 'cannot_read', kept: 0 });
    expect(w.reads()).toHaveLength(5);
  });

  it('forgetting everything ends the run and leaves nothing that was listed', async () => {
    const w = world([MAIN]);
    await w.restart();
    const { history } = w.state;
    await history.start('chatgpt');
    await w.work(1, 3);
    await history.setEvery('chatgpt', 1);
    await history.forget();
    expect(await w.view()).toMatchObject({ state: 'off', listed: 0, kept: 0, every_hours: null });
    expect((await history.task('chatgpt', { tab: 1, instance: 'tab1' })).do).toBe('nothing');
  });

  it('a pause or a stop takes the lease away; a stop can be started again without reading anything twice', async () => {
    const w = world([MAIN]);
    await w.restart();
    const { history } = w.state;
    await history.start('chatgpt');
    await w.work(1, 3);
    const task = await history.task('chatgpt', { tab: 1, instance: 'tab1' });
    if (task.do !== 'read') throw new Error(task.do);
    await history.pause('chatgpt');
    expect(await history.renew('chatgpt', task.lease)).toBe(false);
    // it was acknowledged all the same: that is not forgotten
    w.state.kept.push(task.id);
    await history.read('chatgpt', task.lease, task.id, 'kept');
    expect(await w.view()).toMatchObject({ state: 'paused', kept: w.state.kept.length });
    await history.resume('chatgpt');
    await history.stop('chatgpt');
    expect((await history.task('chatgpt', { tab: 1, instance: 'tab1' })).do).toBe('nothing');
    for (const id of w.state.kept)
      w.state.store.set(id, {
        external_id: id,
        updated_at: new Date(START).toISOString(),
        complete: true,
        forgotten: false,
      });
    await history.start('chatgpt');
    await w.work();
    expect([...w.state.kept].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await w.view()).toMatchObject({ state: 'done' });
  });

  it('a part of the list that is reported twice, because nobody heard the answer, counts once', async () => {
    const w = world([MAIN]);
    await w.restart();
    const { history } = w.state;
    await history.start('chatgpt');
    const task = await history.task('chatgpt', { tab: 1, instance: 'tab1' });
    if (task.do !== 'list') throw new Error(task.do);
    const part = await w.site.list(null);
    await history.listed('chatgpt', task.lease, null, part);
    await history.listed('chatgpt', task.lease, part.next, await w.site.list(part.next));
    expect(await w.view()).toMatchObject({ state: 'reading', listed: 5 });
    const again = await world([MAIN, ARCHIVED]).site.list(null);
    await history.listed('chatgpt', task.lease, null, again);
    expect(await w.view()).toMatchObject({ state: 'reading', listed: 5 });
    // and while it is still being listed: the place in the list is not lost
    await history.stop('chatgpt');
    await history.start('chatgpt');
    const anew = await history.task('chatgpt', { tab: 1, instance: 'tab1' });
    if (anew.do !== 'list') throw new Error(anew.do);
    await history.listed('chatgpt', anew.lease, null, { conversations: [], next: '0:3' });
    await history.listed('chatgpt', anew.lease, '0:3', { conversations: [], next: '1:0' });
    await history.listed('chatgpt', anew.lease, null, { conversations: [], next: '0:3' });
    expect(await history.task('chatgpt', { tab: 1, instance: 'tab1' })).toMatchObject({ do: 'list', cursor: '1:0' });
  });

  it('a list that leads back to itself ends', async () => {
    const w = world([MAIN]);
    await w.restart();
    await w.state.history.start('chatgpt');
    const task = await w.state.history.task('chatgpt', { tab: 1, instance: 'tab1' });
    if (task.do !== 'list') throw new Error(task.do);
    await w.state.history.listed('chatgpt', task.lease, null, { conversations: [], next: 'x' });
    await w.state.history.listed('chatgpt', task.lease, 'x', { conversations: [], next: 'x' });
    expect(await w.view()).toMatchObject({ state: 'reading' });
  });
});

describe('keeping up to date', () => {
  it('is due by itself, lists only until nothing is new in each list, and reads what changed', async () => {
    const w = world([Array.from({ length: 12 }, (_, n) => listed(`m${n}`, 10 + n)), ARCHIVED]);
    await w.restart();
    const { history } = w.state;
    await history.setEvery('chatgpt', 6);
    expect(await history.due()).toEqual([]); // never started: nothing is read unasked
    await history.start('chatgpt');
    await w.work();
    expect(await history.due()).toEqual([]);
    expect(await history.nextDue()).toBe(w.state.now + 6 * 3_600_000);

    w.state.now += 6 * 3_600_000;
    const later = (id: string) => ({ ...listed(id, 0), updated_at: new Date(w.state.now - 1_000).toISOString() });
    const [main = [], archived = []] = w.state.lists;
    w.state.lists = [[later('m5'), later('new'), ...main.filter(({ id }) => id !== 'm5')], archived];
    w.state.asked = [];
    expect(await history.due()).toEqual(['chatgpt']);
    await w.work();
    expect(w.reads().sort()).toEqual(['m5', 'new']);
    expect(w.state.asked.filter((what) => what.startsWith('list'))).toEqual(['list ', 'list 0:3', 'list 1:0']);
    expect(await w.view()).toMatchObject({ state: 'done', kept: 2 });
  });

  it('lists to the end where the site cannot say where its lists begin', async () => {
    const w = world([Array.from({ length: 9 }, (_, n) => listed(`m${n}`, 10 + n))], { wholeLists: false });
    await w.restart();
    await w.state.history.setEvery('chatgpt', 1);
    await w.state.history.start('chatgpt');
    await w.work();
    w.state.asked = [];
    w.state.now += 3_600_000;
    await w.state.history.due();
    await w.work();
    expect(w.state.asked).toEqual(['list ', 'list 0:3', 'list 0:6']);
  });

  it('after a stop in the middle, the next update still reads what had not been read', async () => {
    const w = world([MAIN]);
    await w.restart();
    const { history } = w.state;
    await history.setEvery('chatgpt', 1);
    await history.start('chatgpt');
    await w.work(1, 3);
    await history.stop('chatgpt');
    w.state.now += 3_600_000;
    expect(await history.due()).toEqual(['chatgpt']);
    await w.work();
    expect(new Set(w.state.kept).size).toBe(5);
  });

  it('refuses other rhythms than 1 to 24 hours', async () => {
    const w = world([MAIN]);
    await w.restart();
    for (const hours of [0, 25, 1.5, Number.NaN])
      await expect(w.state.history.setEvery('chatgpt', hours)).rejects.toMatchObject({ code: 'bad_input' });
  });
});

describe('the turn to ask', () => {
  it('belongs to one tab at a time; what a person waits for goes next', async () => {
    const w = world([MAIN]);
    await w.restart();
    const { history } = w.state;
    expect(await history.takeTurn('chatgpt', 1, 'h1', false)).toEqual({ granted: true });
    expect(await history.takeTurn('chatgpt', 2, 'h2', true)).toHaveProperty('wait_ms');
    await w.restart(); // a killed background still knows whose turn it is
    expect(await w.state.history.takeTurn('chatgpt', 2, 'h2', true)).toHaveProperty('wait_ms');
    await w.state.history.endTurn('chatgpt', 'h1', START + 60_000);
    expect(await w.state.history.takeTurn('chatgpt', 1, 'h3', false)).toHaveProperty('wait_ms');
    expect(await w.state.history.takeTurn('chatgpt', 2, 'h2', true)).toEqual({ granted: true });
    w.state.tabs.delete(2); // closed with the turn
    w.state.now += 5_000;
    expect(await w.state.history.takeTurn('chatgpt', 1, 'h3', false)).toEqual({ granted: true });
    await w.state.history.start('chatgpt');
    expect(await w.view()).toMatchObject({ state: 'listing' });
  });
});

describe('whatever happens in whatever order', () => {
  const event = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('work' as const),
        tab: fc.integer({ min: 1, max: 3 }),
        tasks: fc.integer({ min: 1, max: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'kill' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'pause' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'resume' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'stop' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'start' as const }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), tab: fc.integer({ min: 1, max: 3 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('fault' as const),
        id: fc.constantFrom('a', 'b', 'x', 'list'),
        code: fc.constantFrom(
          'rate_limited' as const,
          'timeout' as const,
          'not_signed_in' as const,
          'bad_input' as const,
        ),
      }),
    },
  );

  it('everything is kept in the end, and no conversation is read again that was kept', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
        globalThis.indexedDB = new IDBFactory();
        const w = world([MAIN, ARCHIVED]);
        await w.restart();
        await w.state.history.start('chatgpt');
        const store = () => {
          for (const id of w.state.kept)
            w.state.store.set(id, {
              external_id: id,
              updated_at: new Date(START).toISOString(),
              complete: true,
              forgotten: false,
            });
        };
        for (const one of events) {
          const { history } = w.state;
          if (one.do === 'work') {
            w.state.tabs.add(one.tab);
            await w.work(one.tab, one.tasks);
          } else if (one.do === 'kill') await w.restart();
          else if (one.do === 'close') {
            w.state.tabs.delete(one.tab);
            await history.tabGone(one.tab);
          } else if (one.do === 'fault') w.state.faults.set(one.id, [new EngineError(one.code, 'invented')]);
          else await history[one.do]('chatgpt');
          store();
          const view = await w.view();
          if (!view) throw new Error('no view');
          expect(view.kept + view.already + view.failed + view.gone).toBeLessThanOrEqual(view.listed);
        }
        w.state.faults.clear();
        w.state.tabs = new Set([3]);
        for (let round = 0; round < 3; round++) {
          await w.state.history.resume('chatgpt');
          await w.state.history.start('chatgpt');
          w.state.now += LEASE_MS;
          await w.work(3);
          store();
        }
        expect(await w.view()).toMatchObject({ state: 'done' });
        expect([...w.state.kept].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'x', 'y']);
      }),
      { numRuns: 60 },
    );
  });
});
