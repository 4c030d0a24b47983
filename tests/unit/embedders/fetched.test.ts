/** An embedder that is fetched and not brought: by a hub's protocol, with the weights themselves. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../engine/api';
import { createEngine } from '../../../engine/engine';
import { memoryShelf } from '../../../engine/privacy';
import { sha256 } from '../../../engine/sha256';
import { openStore } from '../../../engine/store';
import { ALL_MINILM_L6_V2 as MINILM, filesOf } from '../../../models';
import { MODEL_ENTRIES } from '../../../models/downloads';
import { createModelHub } from '../../harness/model-hub';
import { memoryStorage } from '../models/storage';
import { dataDirectory } from '../store/prebuilt';
import { filesInMemory, space } from './spaces';

const FOLDER = join(process.env.COMMONPLACE_MODELS ?? '', MINILM.id);

test('what can be fetched of an embedder is known to the last byte: the hub is asked for nothing else', () => {
  const entries = MODEL_ENTRIES.filter(({ purpose }) => purpose === 'embed');
  expect(entries.map(({ id }) => id)).toEqual(['all-minilm-l6-v2', 'multilingual-e5-small']);
  for (const { revision, files, bytes } of entries) {
    expect(revision).toMatch(/^[0-9a-f]{40}$/u);
    expect(files.every(({ sha256: sum }) => sum !== undefined)).toBe(true);
    expect(files.reduce((sum, file) => sum + (file.bytes ?? NaN), 0)).toBe(bytes);
  }
});

describe.skipIf(!existsSync(join(FOLDER, 'onnx')))('an embedder from a hub', () => {
  const files = filesOf(MINILM, 'q8').map(({ path }) => ({
    path,
    bytes: new Uint8Array(existsSync(FOLDER) ? readFileSync(join(FOLDER, path)) : []),
  }));
  const hub = createModelHub({ [MINILM.source]: files });
  const server = createServer(hub.site);
  const storage = memoryStorage();
  const added = filesInMemory();
  let engine: Engine;

  beforeAll(async () => {
    const at = hub.repositories.get(MINILM.source);
    if (at && MINILM.revision) at.commit = MINILM.revision;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    // the folder at hand has another tokenizer than the published one, which does the same
    const entries = await Promise.all(
      MODEL_ENTRIES.filter(({ id }) => id === MINILM.id).map(async (entry) => ({
        ...entry,
        files: await Promise.all(
          files.map(async ({ path, bytes }) => ({ path, bytes: bytes.length, sha256: await sha256(bytes) })),
        ),
      })),
    );
    const directory = await dataDirectory();
    engine = createEngine({
      store: () => openStore({ storage: 'memory', dataDirectory: directory }),
      embedder: null,
      privacy: memoryShelf(),
      embedders: { files: added, start: space },
      downloads: { storage, entries, hub: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    });
  });
  afterAll(async () => {
    await engine.close();
    server.close();
  });

  const minilm = async () => (await engine.embedders())?.find(({ id }) => id === MINILM.id);
  const offered = async () => (await engine.models('embed'))[0];

  test('can be chosen once it came whole, lies in one place, and can be fetched again after it was removed', async () => {
    expect((await minilm())?.here).toBe(false);
    expect(await offered()).toMatchObject({ id: MINILM.id, state: 'none', done: 0 });
    await engine.fetchModel(MINILM.id);
    await expect.poll(async () => (await offered())?.state, { timeout: 60_000 }).toBe('done');
    expect((await minilm())?.here).toBe(true);
    expect(storage.files.size).toBe(0);
    expect(added.stored.size).toBe(files.length);
    await engine.chooseEmbedder(MINILM.id);
    await engine.idle();
    expect((await minilm())?.use).toBe('answering');

    await engine.chooseEmbedder('e5-small-v2');
    await engine.idle();
    await engine.removeEmbedder(MINILM.id);
    expect(added.stored.size).toBe(0);
    expect((await minilm())?.here).toBe(false);
    expect(await offered()).toMatchObject({ state: 'none', done: 0 });
  });
});
