/** The models themselves, over a database in use. */
import { openAsBlob, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EmbedderView, Engine } from '../../../engine/api';
import { startNodeEmbedder } from '../../../engine/embed/node';
import { createEngine } from '../../../engine/engine';
import { memoryShelf } from '../../../engine/privacy';
import { openStore } from '../../../engine/store';
import { ALL_MINILM_L6_V2 as MINILM, E5_SMALL_V2 as E5, filesOf } from '../../../models';
import { conversation, message } from '../ingest/captures';
import { dataDirectory } from '../store/prebuilt';
import { filesInMemory } from './spaces';

const MODELS = process.env.COMMONPLACE_MODELS ?? '';
const FOLDER = join(MODELS, MINILM.id);

const SAID = [
  'We rented a cabin by the lake for the first two weeks of August.',
  'The landlord keeps the deposit because of the scratches in the floor.',
  'Feed the sourdough starter every evening with rye flour.',
  'The ligament in my knee is torn, so there is no running until May.',
  'The server stops with a segmentation fault when the cache is full.',
  'Her train from Vienna arrives at half past nine.',
];
/** Each shares no word of meaning with what answers it. */
const ASKED: ReadonlyArray<readonly [string, number]> = [
  ['Where do we spend the vacation?', 0],
  ['How do I keep my bread culture alive?', 2],
  ['What is wrong with my leg?', 3],
];

describe.skipIf(!existsSync(join(FOLDER, 'onnx')))('all-MiniLM-L6-v2, added from its folder', () => {
  let engine: Engine;
  beforeAll(async () => {
    const directory = await dataDirectory();
    engine = createEngine({
      store: () => openStore({ storage: 'memory', dataDirectory: directory }),
      embedder: null,
      privacy: memoryShelf(),
      embedders: { files: filesInMemory(), start: (model) => startNodeEmbedder(MODELS, { model }) },
    });
    const filler = Array.from({ length: 120 }, (_, n) =>
      message(`f${n}`, `Remark ${n} about the minutes of meeting ${n}.`),
    );
    await engine.ingest([conversation([...SAID.map((text, n) => message(`m${n}`, text)), ...filler])]);
    await engine.idle();
  });
  afterAll(() => engine.close());

  const finds = async () => {
    for (const [text, place] of ASKED) {
      const { hits, used_meaning } = await engine.recall({ text, mode: 'meaning', limit: 3 });
      expect(used_meaning).toBe(true);
      expect(hits[0]?.passage).toBe(SAID[place]);
    }
  };

  test('is copied, known by its sums, and answers once everything was read again; until then the other one does', async () => {
    const given = await Promise.all(
      filesOf(MINILM, 'q8').map(async ({ path }) => ({
        path: `${MINILM.id}/${path}`,
        file: await openAsBlob(join(FOLDER, path)),
      })),
    );
    const told: Array<[number, number]> = [];
    const added = (await engine.addEmbedder(given, (done, all) => told.push([done, all]))) as EmbedderView;
    expect(added).toMatchObject({ id: MINILM.id, here: true, use: null });
    expect(told.at(-1)?.[0]).toBe(told.at(-1)?.[1]);

    await finds();
    await engine.chooseEmbedder(MINILM.id);
    await engine.ingest([conversation([message('l0', 'The cat is afraid of thunder.')], { id: 'later' })]);
    for (let seen = 0; (await engine.status()).reembedding !== null; seen++) {
      await finds();
      await new Promise((resolve) => setTimeout(resolve, 100)); // searches go first: without a rest between them nothing else runs
      expect(seen).toBeLessThan(500);
    }
    await engine.idle();
    expect((await engine.status()).embedder).toMatchObject({ state: 'ready', model_id: 'all-minilm-l6-v2/q8/1' });
    await finds();
    const late = await engine.recall({ text: 'pet scared by a storm', mode: 'meaning', limit: 1 });
    expect(late.hits[0]?.passage).toBe('The cat is afraid of thunder.');
    expect((await engine.embedders())?.find(({ id }) => id === E5.id)?.use).toBeNull();
  });
});
