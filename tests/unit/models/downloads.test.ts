import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { EngineError } from '../../../engine/errors';
import { type DownloadHooks, type Downloads, openDownloads } from '../../../engine/models';
import type { Fetching, OfferedModel } from '../../../engine/models';
import { memoryShelf, type PrivacyShelf } from '../../../engine/privacy';
import { MODEL_ENTRIES, type ModelEntry } from '../../../models/downloads';
import { createModelHub, type HubFile, type ModelHub } from '../../harness/model-hub';
import { memoryStorage, type MemoryStorage } from './storage';

const RANGE = 256 * 1024;
const MODEL = random(5 * RANGE + 1_234);
const FILES: HubFile[] = [
  { path: 'onnx/model.onnx', bytes: MODEL },
  { path: 'config.json', bytes: new TextEncoder().encode('{"hidden_size":384}') },
  { path: 'README.md', bytes: new TextEncoder().encode('# not asked for') },
];

const ENTRY: ModelEntry = {
  id: 'small',
  name: 'Small',
  purpose: 'embed',
  runs_on: 'processor',
  repository: 'owner/small',
  revision: 'main',
  files: [{ path: 'config.json' }, { path: /^onnx\/.+\.onnx$/u }],
  bytes: 1_400_000,
  memory_bytes: null,
  licence: 'MIT',
  library: null,
};

function random(length: number, seed = 7): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state >> 16;
  });
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface Setup {
  hub: ModelHub;
  downloads: Downloads;
  storage: MemoryStorage;
  shelf: PrivacyShelf;
  told: OfferedModel[];
  fetched: Fetching[];
  /** The same hub asked by another engine. */
  again(storage?: MemoryStorage): Downloads;
}

const ending: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  await Promise.all(ending.splice(0).map((end) => end()));
});

async function setUp(
  options: {
    files?: HubFile[];
    entries?: ModelEntry[];
    hooks?: DownloadHooks;
    storage?: MemoryStorage;
    /** More than a busy machine takes for a request, unless a test waits for a stall. */
    stallMs?: number;
  } = {},
): Promise<Setup> {
  const { files = FILES, entries = [ENTRY], storage = memoryStorage(), hooks, stallMs = 30_000 } = options;
  const hub = createModelHub(Object.fromEntries(entries.map(({ repository }) => [repository, files])));
  const server: Server = createServer(hub.site);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const shelf = memoryShelf();
  const told: OfferedModel[] = [];
  const fetched: Fetching[] = [];
  const again = (where = storage) => {
    const downloads = openDownloads({
      storage: where,
      shelf,
      entries,
      clock: () => new Date(),
      onChange: (model) => told.push(model),
      onFetch: async (fetching) => void fetched.push(fetching),
      hub: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      patience: { stallMs, attempts: 3, backoffMs: 5, longestMs: 5_000 },
      rangeBytes: RANGE,
      ...(hooks ? { hooks } : {}),
    });
    ending.push(() => downloads.close());
    return downloads;
  };
  const downloads = again();
  ending.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { hub, downloads, storage, shelf, told, fetched, again };
}

async function settled(downloads: Downloads, id = ENTRY.id): Promise<OfferedModel> {
  for (;;) {
    const model = (await downloads.list()).find((one) => one.id === id);
    if (model && model.state !== 'running' && model.state !== 'waiting') return model;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function until(downloads: Downloads, accept: (model: OfferedModel) => boolean): Promise<OfferedModel> {
  for (;;) {
    const [model] = await downloads.list();
    if (model && accept(model)) return model;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const run = async ({ downloads }: Setup) => {
  await downloads.start(ENTRY.id);
  return settled(downloads);
};
const bytesOf = (storage: MemoryStorage) => storage.files.get('small/onnx/model.onnx');
/** Of the file that is there; comparing its bytes one by one takes seconds. */
const sumOf = (storage: MemoryStorage) => sha256(bytesOf(storage) ?? new Uint8Array());
/** Requests for the bytes of the model, without those for lists and addresses. */
const forModel = (hub: ModelHub) => hub.asked.filter((asked) => asked.startsWith('GET /files/owner/small/onnx'));

describe('a model that is fetched', () => {
  test('is pinned to a commit and its sums, comes in ranges, the smallest file first, and is checked', async () => {
    const setup = await setUp();
    expect(await setup.downloads.list('embed')).toMatchObject([{ id: 'small', state: 'none', bytes: ENTRY.bytes, done: 0 }]);
    expect(await setup.downloads.list('answer')).toEqual([]);
    const all = MODEL.length + 19;
    expect(await run(setup)).toMatchObject({ state: 'done', bytes: all, done: all, failure: null, sums: 'hub' });
    const { commit } = setup.hub.repositories.get('owner/small') ?? {};
    expect(await setup.downloads.pinned('small')).toMatchObject({
      commit,
      files: [
        { path: 'config.json', whole: true, sha256: sha256(FILES[1]?.bytes as Uint8Array) },
        { path: 'onnx/model.onnx', whole: true, sha256: sha256(MODEL), git: null },
      ],
    });
    expect(setup.hub.asked.slice(0, 3)).toEqual([
      'GET /api/models/owner/small/revision/main',
      `GET /api/models/owner/small/tree/${commit}`,
      `GET /owner/small/resolve/${commit}/config.json bytes=0-18`,
    ]);
    expect(forModel(setup.hub)).toHaveLength(6);
    const files = await setup.downloads.files('small');
    expect([...files.keys()]).toEqual(['config.json', 'onnx/model.onnx']);
    expect(sha256(new Uint8Array((await files.get('onnx/model.onnx')?.arrayBuffer()) ?? []))).toBe(sha256(MODEL));
    expect(setup.fetched).toEqual([{ host: expect.stringContaining('127.0.0.1') as string, model: 'Small', bytes: ENTRY.bytes }]);
    expect(setup.told.at(-1)).toMatchObject({ state: 'done' });
  });

  test('comes over many pages of a list, and over a server without ranges', async () => {
    const setup = await setUp();
    setup.hub.pageLength = 1;
    setup.hub.ranges = false;
    setup.hub.faults = [null, { kind: 'cut', after: 300_000 }];
    expect(await run(setup)).toMatchObject({ state: 'done' });
    expect(forModel(setup.hub)).toHaveLength(2);
    expect(sumOf(setup.storage)).toBe(sha256(MODEL));
  });

  test('goes on after cut connections, stalls and trouble of the server, where it was', async () => {
    const setup = await setUp({ stallMs: 400 });
    setup.hub.faults = [
      null,
      { kind: 'cut', after: 100_000 },
      { kind: 'status', status: 503 },
      { kind: 'stall', after: 65_536 },
      { kind: 'cut', after: 0 },
      null,
      { kind: 'status', status: 500 },
    ];
    expect(await run(setup)).toMatchObject({ state: 'done', failure: null });
    expect(sumOf(setup.storage)).toBe(sha256(MODEL));
    // nothing is asked twice but what did not come
    expect(forModel(setup.hub).slice(1, 4).map((asked) => asked.split('=')[1])).toEqual([
      '100000-262143',
      '100000-262143',
      '165536-262143',
    ]);
  });

  test('waits as long as it is asked to, says until when, and stops where that is too long', async () => {
    const setup = await setUp();
    setup.hub.faults = [null, { kind: 'status', status: 429, headers: { 'retry-after': '1' } }];
    expect(await run(setup)).toMatchObject({ state: 'done', waits_until: null });
    expect(setup.told.some(({ waits_until }) => waits_until !== null)).toBe(true);

    await setup.downloads.remove('small');
    setup.hub.faults = [null, { kind: 'status', status: 429, headers: { 'retry-after': '3600' } }];
    expect(await run(setup)).toMatchObject({ state: 'paused', failure: { code: 'rate_limited' }, done: 19 });
    expect(await run(setup)).toMatchObject({ state: 'done' });
  });

  test('ends in words when nobody answers, and keeps what came', async () => {
    const setup = await setUp();
    setup.hub.faults = [null, null, ...Array.from({ length: 3 }, () => ({ kind: 'cut', after: 0 }) as const)];
    const model = await run(setup);
    expect(model).toMatchObject({ state: 'paused', done: 19 + RANGE, failure: { code: 'provider_unreachable' } });
    expect(model.failure?.remedy).toContain('online');
    expect(await run(setup)).toMatchObject({ state: 'done', failure: null });
    expect(sumOf(setup.storage)).toBe(sha256(MODEL));
  });

  test('says what its hub does not have', async () => {
    const missing = await setUp();
    missing.hub.repositories.set('owner/small', { commit: 'a'.repeat(40), files: FILES.slice(1) });
    expect(await run(missing)).toMatchObject({ state: 'paused', failure: { code: 'model_missing' } });
    missing.hub.repositories.delete('owner/small');
    expect((await run(missing)).failure?.message).toContain('does not have owner/small');
    expect(missing.storage.files.size).toBe(0);
  });
});

describe('bytes that are not those of the model', () => {
  test('end it with the file, what was expected and what came; the file is fetched from its beginning', async () => {
    const setup = await setUp();
    setup.hub.faults = [null, null, { kind: 'wrong' }];
    const { state, failure, done } = await run(setup);
    expect({ state, done, code: failure?.code }).toEqual({ state: 'paused', done: 19, code: 'model_invalid' });
    expect(failure?.message).toContain(`onnx/model.onnx is not the file that it should be: expected sha256 ${sha256(MODEL)}, got `);
    expect(await run(setup)).toMatchObject({ state: 'done' });
    expect(sumOf(setup.storage)).toBe(sha256(MODEL));
  });

  test('of a small file are found by Git’s id of it', async () => {
    const setup = await setUp();
    setup.hub.faults = [{ kind: 'wrong' }];
    expect((await run(setup)).failure).toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('config.json is not the file that it should be: expected Git’s id'.replace('’', "'")) as string,
    });
  });

  test('too many, or of a file of another length, are not written', async () => {
    for (const kind of ['long', 'other length'] as const) {
      const setup = await setUp();
      setup.hub.faults = [null, null, { kind }];
      expect(await run(setup)).toMatchObject({ state: 'paused', done: 19, failure: { code: 'model_invalid' } });
      expect(bytesOf(setup.storage)).toHaveLength(0);
    }
  });

  test('of two versions are not put together: the file begins anew, and is given up when that goes on', async () => {
    const setup = await setUp();
    setup.hub.faults = [null, null, { kind: 'version', etag: '"new"', wrong: true }];
    expect(await run(setup)).toMatchObject({ state: 'done' });
    expect(sumOf(setup.storage)).toBe(sha256(MODEL));

    await setup.downloads.remove('small');
    setup.hub.faults = [null, ...['b', 'c', 'd'].flatMap((etag) => [null, { kind: 'version', etag } as const])];
    expect((await run(setup)).failure).toMatchObject({ code: 'model_invalid' });
  });

  test('are not followed when the hub itself names another file than the one that is known', async () => {
    const files = [{ path: 'config.json' }, { path: 'onnx/model.onnx', sha256: 'b'.repeat(64) }];
    const setup = await setUp({ entries: [{ ...ENTRY, files }] });
    const { failure } = await run(setup);
    expect(failure?.message).toBe(
      `onnx/model.onnx is not the file that it should be: expected sha256 ${'b'.repeat(64)}, got ${sha256(MODEL)}.`,
    );
    expect(forModel(setup.hub)).toEqual([]);
  });

  test('are not asked about where commit, sizes and sums are known', async () => {
    const setup = await setUp();
    const { commit = '' } = setup.hub.repositories.get('owner/small') ?? {};
    const known = { path: 'onnx/model.onnx', bytes: MODEL.length, sha256: sha256(MODEL) };
    const other = await setUp({ entries: [{ ...ENTRY, revision: commit, files: [known] }] });
    expect(await run(other)).toMatchObject({ state: 'done', sums: 'package' });
    expect(other.hub.asked.filter((asked) => asked.includes('/api/'))).toEqual([]);
  });
});

describe('a download', () => {
  test('is paused, goes on where it was, and keeps to its commit whatever the hub says meanwhile', async () => {
    const setup = await setUp();
    setup.hub.slow = 10;
    await setup.downloads.start('small');
    await until(setup.downloads, ({ done }) => done > RANGE);
    const { done, commit } = await setup.downloads.pause('small');
    const lists = setup.hub.asked.filter((asked) => asked.includes('/api/')).length;
    expect(await settled(setup.downloads)).toMatchObject({ state: 'paused', failure: null });
    setup.hub.slow = 0;
    expect(await run(setup)).toMatchObject({ state: 'done', commit });
    expect(setup.hub.asked.filter((asked) => asked.includes('/api/'))).toHaveLength(lists);
    const after = forModel(setup.hub).map((asked) => Number(/=(\d+)/u.exec(asked)?.[1]));
    expect(after.filter((start) => start < done - 19 - RANGE)).toHaveLength(new Set(after.filter((start) => start < done - 19 - RANGE)).size);
    expect(sumOf(setup.storage)).toBe(sha256(MODEL));
  });

  test('goes on by itself after a kill, with what was on the disk, read again for its sum', async () => {
    const setup = await setUp();
    setup.hub.slow = 10;
    await setup.downloads.start('small');
    await until(setup.downloads, ({ done }) => done > 2 * RANGE);
    const disk = setup.storage.copy(); // what a killed browser leaves
    const there = bytesOf(disk)?.length ?? 0;
    const state = await setup.shelf.get('downloads');
    await setup.downloads.close();
    await setup.shelf.put('downloads', state);
    setup.hub.slow = 0;
    setup.hub.asked.length = 0;
    const next = setup.again(disk);
    await next.wake();
    expect(await settled(next)).toMatchObject({ state: 'done' });
    const starts = forModel(setup.hub).map((asked) => Number(/=(\d+)/u.exec(asked)?.[1]));
    expect(starts[0]).toBe(there);
    expect(sumOf(disk)).toBe(sha256(MODEL));
  });

  test('whose beginning was damaged on the disk is found out', async () => {
    const setup = await setUp();
    setup.hub.slow = 5;
    await setup.downloads.start('small');
    await until(setup.downloads, ({ done }) => done > RANGE);
    await setup.downloads.pause('small');
    const half = bytesOf(setup.storage);
    if (half) half[1_000] = (half[1_000] ?? 0) ^ 1;
    setup.hub.slow = 0;
    expect((await run(setup)).failure).toMatchObject({ code: 'model_invalid' });
    expect(await run(setup)).toMatchObject({ state: 'done' });
  });

  test('fetches again what was lost of a model that is paused', async () => {
    const setup = await setUp();
    setup.hub.faults = [null, { kind: 'status', status: 403 }];
    expect(await run(setup)).toMatchObject({ state: 'paused', done: 19 });
    setup.storage.files.delete('small/config.json');
    expect(await run(setup)).toMatchObject({ state: 'done' });
    expect(setup.storage.files.has('small/config.json')).toBe(true);
  });

  test('waits for the one before; deleting that lets it begin, and leaves nothing', async () => {
    const second = { ...ENTRY, id: 'second', name: 'Second', repository: 'owner/second' };
    const setup = await setUp({ entries: [ENTRY, second] });
    setup.hub.slow = 10;
    await setup.downloads.start('small');
    await setup.downloads.start('second');
    await until(setup.downloads, ({ done }) => done > RANGE);
    expect((await setup.downloads.list()).map(({ state }) => state)).toEqual(['running', 'waiting']);
    expect(await setup.downloads.remove('small')).toMatchObject({ state: 'none', done: 0, commit: null });
    expect([...setup.storage.files.keys()].filter((key) => key.startsWith('small/'))).toEqual([]);
    setup.hub.slow = 0;
    expect(await settled(setup.downloads, 'second')).toMatchObject({ state: 'done' });
  });

  test('is not begun when there is no room, and ends in words with what came when the disk is full in between', async () => {
    const setup = await setUp();
    setup.storage.said = 1_000_000;
    const refused = await run(setup);
    expect(refused.failure).toMatchObject({ code: 'store_full', message: expect.stringContaining('no room') as string });
    expect(forModel(setup.hub)).toEqual([]);

    setup.storage.said = 10e9;
    setup.storage.capacity = 2 * RANGE;
    const full = await run(setup);
    expect(full).toMatchObject({ state: 'paused', failure: { code: 'store_full' } });
    expect(full.done).toBeGreaterThan(RANGE);
    expect(full.failure?.message).toMatch(/The disk is full: \d MB of \d MB came and are kept/u);
    setup.storage.capacity = 10e9;
    expect(await run(setup)).toMatchObject({ state: 'done' });
    expect(sumOf(setup.storage)).toBe(sha256(MODEL));
  });

  test('of much more than was said is asked for again', async () => {
    const setup = await setUp({ entries: [{ ...ENTRY, bytes: 1_000_000 }] });
    expect(await run(setup)).toMatchObject({ state: 'paused', done: 0, failure: { code: 'consent_needed' } });
    expect(forModel(setup.hub)).toEqual([]);
    expect(await run(setup)).toMatchObject({ state: 'done' });
  });

  test('is held against what is to run it before the large files, handed over, and deleted with it', async () => {
    const calls: string[] = [];
    let fits = false;
    const hooks: DownloadHooks = {
      async check(_, files, path) {
        calls.push(`check ${path} of ${files.size}`);
        if (!fits) throw new EngineError('bad_input', 'It is no model of ours.');
      },
      async take(entry, files) {
        calls.push(`take ${entry.id} ${[...files.keys()].join(' ')}`);
        return true;
      },
      async remove({ id }) {
        calls.push(`remove ${id}`);
      },
    };
    const setup = await setUp({ hooks });
    expect((await run(setup)).failure).toMatchObject({ code: 'bad_input' });
    expect(forModel(setup.hub)).toEqual([]);
    fits = true;
    expect(await run(setup)).toMatchObject({ state: 'done', done: MODEL.length + 19 });
    expect(setup.storage.files.size).toBe(0);
    expect(await setup.downloads.bytes()).toBe(0);
    await setup.downloads.remove('small');
    expect(calls).toEqual([
      'check config.json of 1',
      'check config.json of 1',
      'check onnx/model.onnx of 2',
      'take small config.json onnx/model.onnx',
      'remove small',
    ]);
  });
});

test('the models that are offered have ids of their own, that can name a folder', () => {
  const ids = MODEL_ENTRIES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[\w.-]+$/u);
});
