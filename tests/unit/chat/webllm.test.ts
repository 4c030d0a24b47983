import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LocalModels, openLocalModels } from '../../../engine/chat';
import { runtimeGenerator } from '../../../engine/chat/model-runtime';
import type { FolderFile } from '../../../engine/chat/types';
import { judgeAdapter, type WebLlm } from '../../../engine/chat/webllm';
import { libraryParameters, weightFiles } from '../../../engine/chat/webllm/folder';
import type { FromWebLlm, LoadWebLlm, ToWebLlm } from '../../../engine/chat/webllm/messages';
import { openWebLlm, type WebLlmWorker } from '../../../engine/chat/webllm/runtime';
import { EngineError } from '../../../engine/errors';
import { memoryShelf } from '../../../engine/privacy';
import type { ModelEntry } from '../../../models/downloads';
import { WEBLLM_LIBRARIES, WEBLLM_LIMITS, type WebLlmLibrary } from '../../../models/webllm';
import { ROOMY } from '../../harness/graphics-card';
import { collect, failing, generatorAcceptance, input } from './generator-acceptance';

const WORDS = ['Ana booked ', 'Hotel Lumen ', 'for two nights [1].'];
const LOAD: LoadWebLlm = { libraryUrl: 'library', weightsUrl: 'weights', contextTokens: 2048, thinks: false };

type Script = (message: ToWebLlm, say: (message: FromWebLlm) => void) => void;

/** Says {@link WORDS}, each a moment after the one before, and ends early when it is interrupted. */
function speaking(): Script {
  let interrupted = false;
  return (message, say) => {
    if (message.type === 'load') say({ type: 'loaded' });
    else if (message.type === 'interrupt') interrupted = true;
    else {
      interrupted = false;
      const next = (n: number) => {
        const words = WORDS[n];
        if (words === undefined || interrupted) say({ type: 'ended', reason: 'stop' });
        else {
          say({ type: 'words', words });
          setTimeout(next, 3, n + 1);
        }
      };
      setTimeout(next, 3, 0);
    }
  };
}

function worker(script: Script): WebLlmWorker & { ended: number } {
  const self: WebLlmWorker & { ended: number } = {
    ended: 0,
    onmessage: null,
    onerror: null,
    postMessage(message) {
      queueMicrotask(() => {
        script(message, (data) => {
          if (self.ended === 0) self.onmessage?.({ data } as MessageEvent<FromWebLlm>);
        });
      });
    },
    terminate() {
      self.ended++;
    },
  };
  return self;
}

function generator(script: () => Script) {
  const workers: Array<ReturnType<typeof worker>> = [];
  return {
    workers,
    ...runtimeGenerator({
      id: 'webllm:x',
      contextTokens: 2048,
      load: () => {
        const made = worker(script());
        workers.push(made);
        return openWebLlm(made, LOAD);
      },
    }),
  };
}

describe('a model on the GPU', () => {
  generatorAcceptance(() => generator(speaking));

  test('whose GPU errs ends with the words so far, gives the worker up, and is loaded anew for the next question', async () => {
    let faulty = true;
    const model = generator(() => {
      const say = speaking();
      return (message, tell) => {
        if (message.type !== 'complete' || !faulty) {
          say(message, tell);
          return;
        }
        tell({ type: 'words', words: 'Ana ' });
        tell({ type: 'failed', message: 'GPUValidationError: [Buffer] is invalid' });
        tell({ type: 'words', words: 'garbage' });
      };
    });
    const ask = () => model.generate(input(), new AbortController().signal);
    const { words, error } = await failing(ask());
    expect([words, error.code, error.message]).toEqual([
      'Ana ',
      'model_failed',
      'The model failed on the graphics card: GPUValidationError: [Buffer] is invalid',
    ]);
    expect(model.workers[0]?.ended).toBe(1);
    faulty = false;
    expect(await collect(ask())).toContain('Lumen');
    expect(model.workers).toHaveLength(2);
  });

  test('says in words that the GPU was lost, or that its memory is full', async () => {
    const saying = (message: string) =>
      failing(
        generator(() => (_, say) => {
          say({ type: 'failed', message });
        }).generate(input(), new AbortController().signal),
      );
    expect((await saying('the device was lost: driver reset')).error).toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('taken away') as string,
    });
    expect((await saying('GPUOutOfMemoryError: Out of memory')).error).toMatchObject({
      code: 'model_failed',
      remedy: expect.stringContaining('smaller') as string,
    });
  });

  test('keeps its weights when a prompt is too long for it', async () => {
    let long = true;
    const model = generator(() => {
      const say = speaking();
      return (message, tell) => {
        if (message.type === 'complete' && long) tell({ type: 'context_full', message: '3000 tokens' });
        else say(message, tell);
      };
    });
    const ask = () => model.generate(input(), new AbortController().signal);
    expect((await failing(ask())).error.code).toBe('context_full');
    long = false;
    expect(await collect(ask())).toContain('Lumen');
    expect(model.workers).toHaveLength(1);
  });
});

describe('this machine’s GPU', () => {
  test('is told from none, from one that is too small, and from one that is software', () => {
    expect(judgeAdapter(null)).toEqual({ state: 'none', name: '', short_of: [] });
    expect(judgeAdapter({ limits: ROOMY, info: { vendor: 'intel', architecture: 'gen-12lp' } })).toEqual({
      state: 'fits',
      name: 'intel gen-12lp',
      short_of: [],
    });
    expect(judgeAdapter({ limits: ROOMY, info: { vendor: 'google', architecture: 'swiftshader' } }).state).toBe(
      'software',
    );
    const small = judgeAdapter({ limits: { ...ROOMY, maxComputeWorkgroupStorageSize: 16_384 } });
    expect(small).toMatchObject({ state: 'too_small', short_of: ['maxComputeWorkgroupStorageSize 16384 < 32768'] });
  });
});

const MODELS = join(import.meta.dirname, '../../../models');
const [SMALLEST] = WEBLLM_LIBRARIES as [WebLlmLibrary];

describe.each(WEBLLM_LIBRARIES)('the library of $id', ({ library, weights_bytes, shape, ...rest }) => {
  const bytes = readFileSync(join(MODELS, library.path));
  const parameters = libraryParameters(bytes);
  const sides = (side: number | 'vocab_size') => (side === 'vocab_size' ? shape.vocabulary : side);

  test('reads as many bytes of weights as its row says', () => {
    const sum = parameters
      .map((one) => one.shape.map(sides).reduce((product, side) => product * side, one.dtype === 'float16' ? 2 : 4))
      .reduce((total, size) => total + size, 0);
    expect(sum).toBe(weights_bytes);
  });

  test('asks no more of a GPU than is checked before a model is loaded', () => {
    const kernels = bytes.toString('latin1').split('// Function: ').slice(1);
    expect(kernels.length).toBeGreaterThan(60);
    for (const kernel of kernels) {
      const code = /^[\t\n\r\x20-\x7e]*/u.exec(kernel)?.[0] ?? '';
      expect(code).not.toContain('enable f16');
      expect(code.match(/var<storage/gu)?.length ?? 0).toBeLessThanOrEqual(
        WEBLLM_LIMITS.maxStorageBuffersPerShaderStage,
      );
      const [, x = '1', y = '1', z = '1'] = /@workgroup_size\((\d+), (\d+), (\d+)\)/u.exec(code) ?? [];
      expect(Number(x) * Number(y) * Number(z)).toBeLessThanOrEqual(WEBLLM_LIMITS.maxComputeInvocationsPerWorkgroup);
    }
  });

  test('takes weights of its own names and shapes, and no others', () => {
    const records = parameters.map(({ name, shape: sized, dtype }) => {
      const own = sized.map(sides);
      return { name, shape: own, dtype, format: 'raw', nbytes: own.reduce((a, b) => a * b, 4), byteOffset: 0 };
    });
    const row = { library, weights_bytes, shape, ...rest };
    const manifest = (some: typeof records) =>
      JSON.stringify({
        records: some.map((one, n) => ({ dataPath: `s${n}.bin`, nbytes: one.nbytes, records: [one] })),
      });
    expect(weightFiles(row, parameters, manifest(records))).toHaveLength(parameters.length);
    expect(() => weightFiles(row, parameters, manifest(records.slice(1)))).toThrow(/is missing/u);
    const [first, ...others] = records;
    const turned = { ...(first as (typeof records)[0]), shape: first?.shape.toReversed() ?? [] };
    expect(() => weightFiles(row, parameters, manifest([turned, ...others]))).toThrow(/and not/u);
    const more = { ...turned, name: 'another' };
    expect(() => weightFiles(row, parameters, manifest([...records, more]))).toThrow(/parameters, and the library/u);
  });
});

describe('a folder of weights', () => {
  const json = (value: unknown) => new Blob([JSON.stringify(value)]);
  /** A library that reads one parameter. */
  const said = JSON.stringify({ model_type: 'llama', params: [{ name: 'w', shape: [4, 2], dtype: 'uint32' }] });
  const tiny = Buffer.concat([Buffer.from(new BigUint64Array([BigInt(said.length)]).buffer), Buffer.from(said)]);
  const { model_type, quantization, hidden_size, layers, vocabulary } = SMALLEST.shape;
  const config = {
    model_type,
    quantization,
    vocab_size: vocabulary,
    model_config: { hidden_size, num_hidden_layers: layers },
    tokenizer_files: ['tokenizer.json'],
  };
  const record = { name: 'w', shape: [4, 2], dtype: 'uint32', format: 'raw', nbytes: 32, byteOffset: 0 };
  const md5sum = '70bc8f4b72a86921468bf8e8441dce51'; // of 32 zeros

  function folder(more: Record<string, Blob | null> = {}, sum = md5sum): FolderFile[] {
    const files: Record<string, Blob | null> = {
      'mlc-chat-config.json': json(config),
      'tensor-cache.json': json({ records: [{ dataPath: 'a.bin', nbytes: 32, md5sum: sum, records: [record] }] }),
      'tokenizer.json': json({}),
      'a.bin': new Blob([new Uint8Array(32)]),
      'README.md': new Blob(['not taken']),
      ...more,
    };
    return Object.entries(files).flatMap(([path, file]) => (file ? [{ path: `model/${path}`, file }] : []));
  }

  function surroundings(room = Infinity): WebLlm & { kept: Map<string, number>; loads: LoadWebLlm[] } {
    const kept = new Map<string, number>();
    const loads: LoadWebLlm[] = [];
    return {
      kept,
      loads,
      weights: {
        async write(model, path, pieces) {
          let bytes = 0;
          for await (const piece of pieces) bytes += piece.length;
          if (bytes > room) throw new EngineError('store_full', 'full');
          kept.set(`${model}/${path}`, bytes);
        },
        list: async (model) =>
          [...kept.keys()].filter((key) => key.startsWith(model)).map((key) => key.slice(model.length + 1)),
        async remove(model) {
          for (const key of kept.keys()) if (key.startsWith(model)) kept.delete(key);
        },
      },
      url: (path) => `extension/${path}`,
      read: async () => new Uint8Array(tiny),
      open(load) {
        loads.push(load);
        return openWebLlm(worker(speaking()), load);
      },
      adapter: async () => ({ limits: ROOMY }),
    };
  }

  const open = (webllm: WebLlm): LocalModels =>
    openLocalModels({
      shelf: memoryShelf(),
      clock: () => new Date('2026-05-08T10:00:00.000Z'),
      llama: {
        files: { write: async () => {}, open: async () => new Blob([]), remove: async () => {} },
        open: () => Promise.reject(new Error('not this one')),
      },
      webllm,
    });
  const refusal = async (files: FolderFile[], webllm = surroundings()) => {
    const models = open(webllm);
    const error = await models
      .addFolder(files, () => {})
      .then(
        () => null,
        (cause: unknown) => EngineError.from(cause),
      );
    expect([await models.list(), [...webllm.kept]]).toEqual([[], []]);
    return `${error?.code}: ${error?.message}`;
  };

  test('is taken in once, answers by the library that reads it, and is gone when it is removed', async () => {
    const webllm = surroundings();
    const models = open(webllm);
    const told: Array<[number, number]> = [];
    const added = await models.addFolder(folder(), (done, all) => told.push([done, all]));
    expect(added).toMatchObject({ name: 'SmolLM2 135M', runs_on: 'gpu', known: false, licence: 'Apache-2.0' });
    expect(told.at(-1)).toEqual([added.bytes, added.bytes]);
    expect(await models.addFolder(folder(), () => {})).toEqual(added);
    expect([...webllm.kept.keys()].map((key) => key.split('/')[1])).toEqual([
      'mlc-chat-config.json',
      'tensor-cache.json',
      'tokenizer.json',
      'a.bin',
    ]);
    const generator = await models.generator(added.id);
    expect(await collect(generator.generate(input(), new AbortController().signal))).toContain('Lumen');
    expect(webllm.loads).toMatchObject([{ libraryUrl: `extension/${SMALLEST.library.path}`, contextTokens: 2048 }]);
    const report = await models.report(added.id);
    expect(report).toMatchObject({
      library: { id: SMALLEST.id, sha256: SMALLEST.library.sha256 },
      weights: { sha256: added.sha256, known: false },
      gpu: { state: 'fits' },
      limits: { maxBufferSize: WEBLLM_LIMITS.maxBufferSize * 2 },
      happened: { answers: 1, stopped: 0, last: { pieces: 3 }, failures: [] },
    });
    expect(JSON.stringify(report)).not.toContain('Lumen');
    await models.remove(added.id);
    expect([await models.list(), webllm.kept.size]).toEqual([[], 0]);
    await models.close();
  });

  test('that was fetched is held against its library as soon as its lists are there, and taken in like any other', async () => {
    const webllm = surroundings();
    const models = open(webllm);
    const { signal } = new AbortController();
    const entry = {
      id: 'small-mlc',
      name: 'Small',
      licence: 'MIT',
      runs_on: 'gpu',
      library: SMALLEST.id,
    } as ModelEntry;
    const fetched = (more: Record<string, Blob | null> = {}) =>
      new Map(folder(more).map(({ path, file }) => [path.replace('model/', ''), file]));
    const lists = fetched({ 'a.bin': null });
    await models.checkFetched(entry, new Map([['tokenizer.json', json({})]]), 'tokenizer.json');
    await models.checkFetched(entry, lists, 'tensor-cache.json');
    await expect(
      models.checkFetched({ ...entry, library: 'another' }, lists, 'tensor-cache.json'),
    ).rejects.toMatchObject({
      code: 'bad_input',
    });
    const shards = [{ dataPath: 'a.bin', nbytes: 32, records: [{ ...record, shape: [2, 4] }] }];
    const wrong = fetched({ 'tensor-cache.json': json({ records: shards }) });
    await expect(models.checkFetched(entry, wrong, 'tensor-cache.json')).rejects.toThrow(/uint32 \[2,4\] and not/u);

    expect(await models.takeFetched(entry, fetched(), new Map(), signal)).toBe(true);
    // killed before that was written down
    expect(await models.takeFetched(entry, fetched(), new Map(), signal)).toBe(true);
    expect(await models.list()).toMatchObject([{ id: 'webllm:small-mlc', runs_on: 'gpu', entry: 'small-mlc' }]);
    expect([...webllm.kept.keys()]).toContain('small-mlc/a.bin');
    await models.removeFetched('small-mlc');
    expect([await models.list(), webllm.kept.size]).toEqual([[], 0]);
    webllm.adapter = async () => null;
    expect([await models.offers({ runs_on: 'gpu' }), await models.offers({ runs_on: 'processor' })]).toEqual([
      false,
      true,
    ]);
  });

  test('with the manifest’s older name is taken in under the newer', async () => {
    const webllm = surroundings();
    const files = folder().map((one) => ({ ...one, path: one.path.replace('tensor-cache', 'ndarray-cache') }));
    const { id } = await open(webllm).addFolder(files, () => {});
    expect([...webllm.kept.keys()]).toContain(`${id.replace('webllm:', '')}/tensor-cache.json`);
  });

  test('that is not whole, damaged, of another model or too large leaves nothing behind', async () => {
    expect(await refusal([{ path: 'x/model.gguf', file: new Blob([]) }])).toMatch(
      /^bad_input: There is no mlc-chat-config/u,
    );
    expect(await refusal(folder({ 'a.bin': null }))).toMatch(/a\.bin is not in the folder/u);
    expect(await refusal(folder({ 'tokenizer.json': null }))).toMatch(/tokenizer\.json is not/u);
    expect(await refusal(folder({ 'a.bin': new Blob([new Uint8Array(31)]) }))).toMatch(/31 bytes and not 32/u);
    expect(await refusal(folder({ 'a.bin': new Blob([new Uint8Array(32).fill(1)]) }))).toMatch(/own list/u);
    expect(await refusal(folder({ 'mlc-chat-config.json': new Blob(['{']) }))).toMatch(/not whole/u);
    const larger = { ...config, model_config: { hidden_size: 4096, num_hidden_layers: 80 } };
    expect(await refusal(folder({ 'mlc-chat-config.json': json(larger) }))).toMatch(/No library here/u);
    const shards = [{ dataPath: 'a.bin', nbytes: 32, records: [{ ...record, shape: [2, 4] }] }];
    expect(await refusal(folder({ 'tensor-cache.json': json({ records: shards }) }))).toMatch(
      /uint32 \[2,4\] and not/u,
    );
    const outside = [{ dataPath: '../a.bin', nbytes: 32, records: [record] }];
    expect(await refusal(folder({ 'tensor-cache.json': json({ records: outside }) }))).toMatch(/names the file/u);
    expect(await refusal(folder(), surroundings(31))).toMatch(/^store_full/u);
  });

  test('is not loaded when a file is gone from the cache, or the GPU is', async () => {
    const webllm = surroundings();
    const models = open(webllm);
    const { id } = await models.addFolder(folder(), () => {});
    const ask = async () => failing((await models.generator(id)).generate(input(), new AbortController().signal));
    webllm.kept.delete(`${id.replace('webllm:', '')}/a.bin`);
    expect((await ask()).error).toMatchObject({ code: 'model_invalid' });
    webllm.adapter = async () => null;
    expect((await ask()).error).toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('none') as string,
    });
    expect(webllm.loads).toEqual([]);
  });
});
