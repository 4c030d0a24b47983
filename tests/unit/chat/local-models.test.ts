import { describe, expect, test } from 'vitest';
import { openLocalModels, type LocalModels, type ModelFiles } from '../../../engine/chat';
import { runtimeGenerator, type ModelRuntime } from '../../../engine/chat/model-runtime';
import { EngineError } from '../../../engine/errors';
import { memoryShelf } from '../../../engine/privacy';
import { MODEL_ENTRIES, type ModelEntry } from '../../../models/downloads';
import { CARD } from '../../harness/graphics-card';
import { collect, failing, generatorAcceptance, input } from './generator-acceptance';

const WORDS = ['Ana booked ', 'Hotel Lumen ', 'for two nights [1].'];
const soon = (milliseconds = 5) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A model that says {@link WORDS}, each a moment after the one before; `at` is called before each. */
function runtime(at: (word: number) => void | Promise<void> = () => {}): ModelRuntime & { closed: number } {
  const self = {
    closed: 0,
    async complete(_: unknown, onWords: (words: string) => void, signal: AbortSignal) {
      for (const [n, word] of WORDS.entries()) {
        await soon();
        await at(n);
        signal.throwIfAborted();
        onWords(word);
      }
      return 'stop' as const;
    },
    close: async () => {
      self.closed++;
    },
  };
  return self;
}

const PATIENCE = { loadMs: 400, firstMs: 400, stallMs: 200 };
const never = () => new Promise<never>(() => {});

function failingImpatiently(load: () => Promise<ModelRuntime>) {
  const generator = runtimeGenerator({ id: 'llama:x', contextTokens: 2048, load, patience: PATIENCE });
  return failing(generator.generate(input(), new AbortController().signal));
}

describe('a model in this browser', () => {
  generatorAcceptance(() =>
    runtimeGenerator({ id: 'llama:x', contextTokens: 2048, load: () => Promise.resolve(runtime()) }),
  );

  test('is loaded once for many questions, and again after it failed', async () => {
    let loads = 0;
    let broken = false;
    const generator = runtimeGenerator({
      id: 'llama:x',
      contextTokens: 2048,
      load: () => {
        loads++;
        return Promise.resolve(
          runtime(() => {
            if (broken) throw new Error('wllama has crashed');
          }),
        );
      },
    });
    const ask = () => collect(generator.generate(input(), new AbortController().signal));
    await ask();
    await ask();
    expect(loads).toBe(1);
    broken = true;
    await expect(ask()).rejects.toMatchObject({ code: 'model_failed' });
    broken = false;
    expect(await ask()).toContain('Lumen');
    expect(loads).toBe(2);
  });

  test('that does not load, does not begin or stops in between is given up with the words so far', async () => {
    expect((await failingImpatiently(never)).error).toMatchObject({ code: 'timeout' });
    expect((await failingImpatiently(() => Promise.resolve(runtime(never)))).error).toMatchObject({ code: 'timeout' });
    const stalled = runtime((word) => (word === 2 ? never() : undefined));
    const given = await failingImpatiently(() => Promise.resolve(stalled));
    expect(given).toMatchObject({ words: 'Ana booked Hotel Lumen ', error: { code: 'timeout' } });
    expect(stalled.closed).toBe(1);
  });

  test('says in words that the context is full, that memory is, and that the answer was too long', async () => {
    const saying = (message: string) => () =>
      Promise.resolve(
        runtime(() => {
          throw new Error(message);
        }),
      );
    for (const full of [
      'the request exceeds the available context size',
      'Prompt tokens exceed context window size: number of prompt tokens: 5000; context window size: 4096',
      'failed to find available cells in kv cache',
    ])
      expect((await failingImpatiently(saying(full))).error.code).toBe('context_full');
    // nothing of these is mended by a shorter prompt
    for (const broken of ['WebGPU context lost', 'failed to init ggml context', 'buffer size exceeds maxBufferSize'])
      expect((await failingImpatiently(saying(broken))).error).toMatchObject({
        code: 'model_failed',
        remedy: expect.not.stringContaining('passages') as string,
      });
    expect((await failingImpatiently(saying('memory access out of bounds'))).error).toMatchObject({
      code: 'model_failed',
      remedy: expect.stringContaining('smaller') as string,
    });
    const long = await failingImpatiently(() =>
      Promise.resolve({ ...runtime(), complete: async () => 'length' as const }),
    );
    expect(long.error.code).toBe('answer_cut');
  });

  test('waits for the answer before, which was stopped, to be through', async () => {
    let running = 0;
    let most = 0;
    const slow: ModelRuntime = {
      async complete(_, onWords, signal) {
        most = Math.max(most, ++running);
        onWords(WORDS.join(''));
        await soon(30);
        running--;
        signal.throwIfAborted();
        return 'stop';
      },
      close: async () => {},
    };
    const generator = runtimeGenerator({ id: 'llama:x', contextTokens: 2048, load: () => Promise.resolve(slow) });
    const stop = new AbortController();
    await expect(
      (async () => {
        for await (const _piece of generator.generate(input(), stop.signal)) stop.abort();
      })(),
    ).rejects.toMatchObject({ code: 'aborted' });
    expect(await collect(generator.generate(input(), new AbortController().signal))).toContain('Lumen');
    expect(most).toBe(1);
  });
});

function memoryFiles(room = Infinity): ModelFiles & { files: Map<string, Blob> } {
  const files = new Map<string, Blob>();
  return {
    files,
    async write(name, pieces) {
      const parts: BlobPart[] = [];
      let bytes = 0;
      for await (const piece of pieces) {
        bytes += piece.length;
        if (bytes > room) throw new EngineError('store_full', 'full');
        parts.push(piece.slice());
      }
      files.set(name, new Blob(parts));
    },
    open: async (name) => files.get(name) ?? new Blob([]),
    remove: async (name) => {
      files.delete(name);
    },
  };
}

const gguf = (rest: string) => new Blob(['GGUF', rest]);

describe('models in this browser', () => {
  const open = (files = memoryFiles()): LocalModels =>
    openLocalModels({
      shelf: memoryShelf(),
      clock: () => new Date('2026-05-08T10:00:00.000Z'),
      llama: { files, open: () => Promise.resolve(runtime()) },
    });

  test('are tried on the graphics card when the person says so, and then tell how it went', async () => {
    const asked: boolean[] = [];
    const loaded: Array<ReturnType<typeof runtime>> = [];
    const shelf = memoryShelf();
    const options = {
      shelf,
      clock: () => new Date('2026-05-08T10:00:00.000Z'),
      webllm: CARD,
      llama: {
        files: memoryFiles(),
        open: (_: Blob, __: number, gpu: boolean) => {
          asked.push(gpu);
          loaded.push(runtime());
          return Promise.resolve(loaded.at(-1) as ModelRuntime);
        },
      },
    };
    const models = openLocalModels(options);
    const { id, sha256 } = await models.add(gguf('weights'), 'tiny.gguf', () => {});
    const ask = async (from = models) =>
      collect((await from.generator(id)).generate(input(), new AbortController().signal));
    await ask();
    await expect(models.report(id)).rejects.toMatchObject({ code: 'model_missing' });
    await models.tryOnGpu(id, true);
    expect(loaded[0]?.closed).toBe(1);
    expect(await models.list()).toMatchObject([{ id, runs_on: 'processor', tries_gpu: true }]);
    await ask();
    expect(await models.report(id)).toMatchObject({
      library: { id: 'llama.cpp', sha256: null },
      weights: { sha256, known: false },
      gpu: { state: 'fits' },
      happened: { answers: 1, failures: [] },
    });
    await models.close();

    const again = openLocalModels(options);
    await ask(again);
    await again.tryOnGpu(id, false);
    await ask(again);
    expect(asked).toEqual([false, true, true, false]);
    expect((await again.list())[0]).not.toHaveProperty('tries_gpu');
    await expect(again.tryOnGpu('llama:gone', true)).rejects.toMatchObject({ code: 'model_missing' });
    await again.close();
  });

  test('are added with their sum, once each, answer, and are gone when they are removed', async () => {
    const files = memoryFiles();
    const models = open(files);
    const told: number[] = [];
    const added = await models.add(gguf('weights'), 'tiny.gguf', (bytes) => told.push(bytes));
    expect(added).toMatchObject({ name: 'tiny', bytes: 11, known: false, licence: null });
    expect(added.sha256).toBe('962a95f453b884c3ff9a597127800b8dd36ff28cd6c7527bff4defc31ded746d');
    expect(told.at(-1)).toBe(11);
    expect(await models.add(gguf('weights'), 'again.gguf', () => {})).toEqual(added);
    expect(files.files.size).toBe(1);
    const generator = await models.generator(added.id);
    expect(generator).toMatchObject({ small: true, rewrites: false, passageTokens: 600 });
    expect(await collect(generator.generate(input(), new AbortController().signal))).toContain('Lumen');
    await models.remove(added.id);
    expect([await models.list(), files.files.size]).toEqual([[], 0]);
    await expect(models.generator(added.id)).rejects.toMatchObject({ code: 'model_missing' });
    await models.close();
  });

  test('that were fetched are read where they were put, and are one with the same file added by hand', async () => {
    const [entry] = MODEL_ENTRIES as [ModelEntry];
    const { signal } = new AbortController();
    const fetched = new Map([['model.gguf', gguf('weights')]]);
    const read: Blob[] = [];
    const files = memoryFiles();
    const models = openLocalModels({
      shelf: memoryShelf(),
      clock: () => new Date('2026-05-08T10:00:00.000Z'),
      llama: {
        files,
        open(file) {
          read.push(file);
          return Promise.resolve(runtime());
        },
      },
      fetched: async (id) => (id === entry.id ? fetched : new Map<string, Blob>()),
    });
    const sums = new Map([['model.gguf', '962a95f453b884c3ff9a597127800b8dd36ff28cd6c7527bff4defc31ded746d']]);
    expect(await models.takeFetched(entry, fetched, sums, signal)).toBe(false);
    const [model] = await models.list();
    expect(model).toMatchObject({ id: `llama:${entry.id}`, name: entry.name, bytes: 11, entry: entry.id });
    const generator = await models.generator(model?.id ?? '');
    expect(await collect(generator.generate(input(), signal))).toContain('Lumen');
    expect(read).toEqual([fetched.get('model.gguf')]);
    expect([files.files.size, await models.bytes()]).toEqual([0, 0]);
    await models.removeFetched(entry.id);
    expect(await models.list()).toEqual([]);

    const { id } = await models.add(gguf('weights'), 'mine.gguf', () => {});
    expect(await models.takeFetched(entry, fetched, sums, signal)).toBe(true);
    expect(await models.list()).toMatchObject([{ id, entry: entry.id }]);
    const page = new Map([['model.gguf', new Blob(['<html>'])]]);
    await expect(models.takeFetched(entry, page, new Map(), signal)).rejects.toMatchObject({ code: 'model_invalid' });
    await models.close();
  });

  test('that are no GGUF, do not fit, or were damaged since are refused in words', async () => {
    await expect(open().add(new Blob(['<html>']), 'page.gguf', () => {})).rejects.toMatchObject({ code: 'bad_input' });
    const small = open(memoryFiles(5));
    await expect(small.add(gguf('weights'), 'tiny.gguf', () => {})).rejects.toMatchObject({ code: 'store_full' });
    expect(await small.list()).toEqual([]);
    const files = memoryFiles();
    const models = open(files);
    const { id } = await models.add(gguf('weights'), 'tiny.gguf', () => {});
    for (const name of files.files.keys()) files.files.set(name, gguf('wei'));
    const generator = await models.generator(id);
    await expect(collect(generator.generate(input(), new AbortController().signal))).rejects.toMatchObject({
      code: 'model_invalid',
    });
  });
});
