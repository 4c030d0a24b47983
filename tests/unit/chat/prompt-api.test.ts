import { describe, expect, test } from 'vitest';
import { builtInGenerator } from '../../../engine/chat';
import { createEngine } from '../../../engine/engine';
import { reachBuiltIn } from '../../../engine/host';
import { serveBuiltIn } from '../../../engine/host/built-in';
import {
  type Availability,
  builtInModel,
  downloadBuiltIn,
  findLanguageModel,
  type LanguageModelApi,
  type LanguageModelSession,
} from '../../../engine/prompt-api';
import { openStore } from '../../../engine/store';
import { conversation, message } from '../ingest/captures';
import { dataDirectory } from '../store/prebuilt';
import { collect, failing, generatorAcceptance, input } from './generator-acceptance';

const WORDS = ['Ana booked ', 'Hotel Lumen ', 'for two nights [1].'];
const PATIENCE = { loadMs: 2_000, firstMs: 2_000, stallMs: 100 };

interface Fake {
  api: LanguageModelApi;
  created: Array<Parameters<LanguageModelApi['create']>[0]>;
  asked: string[];
  /** Sessions that are not destroyed. */
  open: Set<LanguageModelSession>;
}

interface Script {
  state?: Availability;
  /** Of the session: what it has room for, and what each text takes. */
  room?: number;
  takes?: (text: string) => number;
  creating?: () => void;
  /** After these many pieces. */
  then?: { after: number; end: (session: LanguageModelSession) => Promise<never> };
}

/**
 * Stands in for the browser's `LanguageModel`, which no browser of ours has: by the draft's words, not by what one was seen
 * to do. Says {@link WORDS}, each a moment after the one before.
 */
function fake({
  state = 'available',
  room = 9_216,
  takes = (text) => text.length / 4,
  creating,
  then,
}: Script = {}): Fake {
  const told: Fake = {
    created: [],
    asked: [],
    open: new Set(),
    api: {
      availability: async () => state,
      async create(options) {
        told.created.push(options);
        options.signal?.throwIfAborted();
        creating?.();
        const destroyed = new AbortController();
        options.signal?.addEventListener('abort', () => {
          session.destroy();
        });
        const session: LanguageModelSession = {
          contextUsage: (options.initialPrompts ?? []).reduce((sum, { content }) => sum + takes(content), 0),
          contextWindow: room,
          measureContextUsage: async (text) => takes(text),
          promptStreaming(text, { signal }) {
            told.asked.push(text);
            const ended = AbortSignal.any([signal, destroyed.signal]);
            let n = 0;
            return new ReadableStream<string>({
              start(controller) {
                const abort = () => {
                  controller.error(new DOMException('The session was destroyed.', 'AbortError'));
                };
                if (ended.aborted) abort();
                else ended.addEventListener('abort', abort);
              },
              async pull(controller) {
                await new Promise((resolve) => setTimeout(resolve, 3));
                if (ended.aborted) return;
                if (then && n === then.after) await then.end(session);
                const words = WORDS[n++];
                if (words === undefined) controller.close();
                else controller.enqueue(words);
              },
            });
          },
          destroy() {
            told.open.delete(session);
            destroyed.abort();
          },
        };
        told.open.add(session);
        return session;
      },
    },
  };
  return told;
}

/** As the engine's worker has it: over a port to the window that has the model. */
function overPort(of: Fake) {
  const { port1, port2 } = new MessageChannel();
  serveBuiltIn(builtInModel({ api: of.api, staysHere: true }), port1);
  const generator = builtInGenerator(reachBuiltIn(port2), PATIENCE);
  return {
    ...generator,
    async close() {
      await generator.close();
      port1.close();
      port2.close();
    },
  };
}

async function failure(script: Script, prompt = input()) {
  const model = fake(script);
  const generator = overPort(model);
  const { words, error } = await failing(generator.generate(prompt, new AbortController().signal));
  await until(() => model.open.size === 0);
  await generator.close();
  return { words, error, model };
}

async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('the browser’s own model', () => {
  generatorAcceptance(() => overPort(fake()));

  test('is given the prompt as it stands, each time in a session of its own that ends with the answer', async () => {
    const model = fake();
    const generator = overPort(model);
    const { prompt } = input();
    for (let n = 0; n < 2; n++) await collect(generator.generate(input(), new AbortController().signal));
    expect(model.created.map(({ initialPrompts }) => initialPrompts)).toEqual([
      prompt.slice(0, -1),
      prompt.slice(0, -1),
    ]);
    expect(model.asked).toEqual([prompt.at(-1)?.content, prompt.at(-1)?.content]);
    expect(model.created[0]).toMatchObject({
      expectedInputs: [{ type: 'text', languages: ['en'] }],
      expectedOutputs: [{ type: 'text', languages: ['en'] }],
    });
    await until(() => model.open.size === 0);
    await generator.close();
  });

  test('that is stopped is let go of', async () => {
    const model = fake();
    const generator = overPort(model);
    const stop = new AbortController();
    const { words, error } = await failing(
      (async function* () {
        for await (const piece of generator.generate(input(), stop.signal)) {
          yield piece;
          stop.abort();
        }
      })(),
    );
    expect([words, error.code]).toEqual([WORDS[0], 'aborted']);
    await until(() => model.open.size === 0);
    await generator.close();
  });

  test('refuses what it cannot read before it reads it, by its own count', async () => {
    const { error, model } = await failure({ room: 3_000, takes: () => 1_500 });
    expect(error).toMatchObject({ code: 'context_full', remedy: expect.stringContaining('Leave out') as string });
    expect(error.message).toContain('3000');
    expect(model.asked).toEqual([]);
  });

  test('that says it is too much says how much it was', async () => {
    const quota = Object.assign(new DOMException('too long', 'QuotaExceededError'), { requested: 9_900, quota: 9_216 });
    const { error } = await failure({
      creating() {
        throw quota;
      },
    });
    expect(error.code).toBe('context_full');
    expect(error.message).toMatch(/9900.*9216/u);
  });

  test('whose session is destroyed in the midst keeps its words and says what to do', async () => {
    const { words, error } = await failure({
      then: {
        after: 2,
        end(session) {
          session.destroy();
          return new Promise(() => {});
        },
      },
    });
    expect([words, error.code]).toEqual(['Ana booked Hotel Lumen ', 'model_failed']);
    expect(error.message).toContain('ended its model');
    expect(error.remedy).toBe('Ask again.');
  });

  test('that stops coming is given up with its words, and its session is destroyed', async () => {
    const { words, error } = await failure({ then: { after: 1, end: () => new Promise(() => {}) } });
    expect([words, error.code]).toEqual(['Ana booked ', 'timeout']);
  });

  test.each([
    ['NotAllowedError', 'model_missing'],
    ['NotReadableError', 'model_failed'],
    ['NotSupportedError', 'model_failed'],
    ['UnknownError', 'model_failed'],
  ])('that ends with a %s ends in a sentence that says what to do', async (name, code) => {
    const end = () => Promise.reject(new DOMException('no', name));
    const { words, error } = await failure({ then: { after: 1, end } });
    expect([words, error.code]).toEqual(['Ana booked ', code]);
    expect(error.remedy).not.toBe('');
  });

  test('that does not stop by itself is stopped at the longest answer', async () => {
    const { words, error } = await failure({}, input({ max_tokens: 3 }));
    expect([words, error.code]).toEqual(['Ana booked ', 'answer_cut']);
  });

  test('is not asked while it is not there', async () => {
    const { error, model } = await failure({ state: 'downloadable' });
    expect(error.code).toBe('model_missing');
    expect(model.created).toEqual([]);
  });

  test('is downloaded with its progress told, and its session let go of', async () => {
    const model = fake();
    const told: number[] = [];
    const { api } = model;
    await downloadBuiltIn(
      {
        ...api,
        create(options) {
          options.monitor?.({
            addEventListener(_, listener) {
              for (const loaded of [0, 0.5, 1]) listener({ loaded, total: 1 });
            },
          });
          return api.create(options);
        },
      },
      (share) => told.push(share),
    );
    expect(told).toEqual([0, 0.5, 1]);
    expect(model.open.size).toBe(0);
    const offline = fake({
      creating() {
        throw new DOMException('offline', 'NetworkError');
      },
    });
    await expect(downloadBuiltIn(offline.api, () => {})).rejects.toMatchObject({
      code: 'model_failed',
      remedy: expect.stringContaining('connection') as string,
    });
  });
});

describe('offered', () => {
  test('is nothing where there is no such model', () => {
    expect(findLanguageModel()).toBeNull();
  });

  test('is the browser’s own model where it says that it can, and its maker that it stays here', async () => {
    const store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
    let found: { state: Availability; staysHere: boolean } = { state: 'unavailable', staysHere: true };
    const model = () => builtInModel({ api: fake({ state: found.state }).api, staysHere: found.staysHere });
    const engine = createEngine({
      store: async () => store,
      embedder: null,
      builtIn: { availability: () => model().availability(), complete: (...asked) => model().complete(...asked) },
    });
    await engine.setDefaultGenerator('prompt-api');
    for (const [state, staysHere, offered] of [
      ['unavailable', true, null],
      ['available', false, null],
      ['downloadable', true, { id: 'prompt-api', state: 'downloadable' }],
      ['downloading', true, { id: 'prompt-api', state: 'downloading' }],
      ['available', true, { id: 'prompt-api', state: 'available' }],
    ] as const) {
      found = { state, staysHere };
      expect(await engine.builtInModel()).toEqual(offered);
      expect(await engine.defaultGenerator()).toBe(offered?.state === 'available' ? 'prompt-api' : 'none');
    }
    await engine.ingest([conversation([message('m1', 'Ana booked Hotel Lumen for two nights.')])]);
    const answer = await engine.ask({ question: 'Which hotel did Ana book?', generator: 'prompt-api' }, () => {});
    expect(answer).toMatchObject({ ended: 'done', generator: 'prompt-api' });
    expect(answer.markdown).toContain('Lumen');
    expect(answer.sentences.map(({ state }) => state)).toEqual(['supported']);
    expect(await engine.sent()).toEqual([]);
    await engine.close();
  });
});
