import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { anthropicGenerator } from '../../../engine/chat/anthropic';
import { openAiGenerator, type ServerOptions } from '../../../engine/chat/openai';
import type { Generator } from '../../../engine/chat';
import { EngineError } from '../../../engine/errors';
import { collect, generatorAcceptance, input } from './generator-acceptance';
import { anthropicStream, cutResponse, type ModelServer, modelServer, openAiStream, sendCut } from './model-server';

const WORDS = ['Ana booked ', 'Hotel Lumen — naïve café 🏨 ', 'for two nights [1].'];
const WHOLE = WORDS.join('');

const PROTOCOLS: Array<[string, (options: ServerOptions) => Generator, (pieces: string[]) => string]> = [
  ['openai', openAiGenerator, openAiStream],
  ['anthropic', anthropicGenerator, anthropicStream],
];

describe.each(PROTOCOLS)('a server of the protocol %s', (protocol, make, streamOf) => {
  let server: ModelServer;
  beforeAll(async () => {
    server = await modelServer();
  });
  afterAll(() => server.close());
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  beforeEach(() => {
    server.received.length = 0;
    server.answer = (response) => sendCut(response, streamOf(WORDS), []);
  });
  const generator = (more: Partial<ServerOptions> = {}) =>
    make({
      id: protocol,
      name: 'The server',
      baseUrl: server.url,
      model: 'small',
      contextTokens: 4096,
      key: async () => 'sk-secret-secret',
      patience: { firstMs: 50_000, stallMs: 50_000 },
      ...more,
    });
  const ask = (more: Partial<ServerOptions> = {}) =>
    collect(generator(more).generate(input(), new AbortController().signal));
  /** The words that came before the fault, and the fault. */
  async function failing(more: Partial<ServerOptions> = {}): Promise<{ words: string; error: EngineError }> {
    let words = '';
    try {
      for await (const piece of generator(more).generate(input(), new AbortController().signal)) words += piece;
    } catch (error) {
      expect(error).toBeInstanceOf(EngineError);
      expect((error as EngineError).remedy).toMatch(/\w+/u);
      expect(String(error)).not.toContain('secret');
      return { words, error: error as EngineError };
    }
    throw new Error(`it did not fail, but said: ${words}`);
  }

  generatorAcceptance(() => generator());

  test('is asked with the prompt word for word, its key in its own header, and nothing else', async () => {
    await ask();
    const [{ path, headers, body }] = server.received as [ModelServer['received'][number]];
    const { prompt } = input();
    if (protocol === 'openai') {
      expect(path).toBe('/v1/chat/completions');
      expect(headers.authorization).toBe('Bearer sk-secret-secret');
      expect(body).toEqual({ model: 'small', messages: prompt, stream: true, max_tokens: 200, temperature: 0.2 });
    } else {
      expect(path).toBe('/v1/messages');
      expect(headers['x-api-key']).toBe('sk-secret-secret');
      expect(body).toEqual({
        model: 'small',
        system: prompt[0]?.content,
        messages: [prompt[1]],
        stream: true,
        max_tokens: 200,
      });
    }
    expect(headers.cookie).toBeUndefined();
    expect(headers.referer).toBeUndefined();
  });

  test('is understood wherever its stream is cut, in the middle of a letter too', async () => {
    const stream = streamOf(WORDS);
    const { length } = Buffer.from(stream);
    for (let at = 1; at < length; at++) {
      vi.stubGlobal('fetch', async () => cutResponse(stream, [at]));
      expect(await ask(), `cut at ${at}`).toBe(WHOLE);
    }
    const everywhere = Array.from({ length: length - 1 }, (_, at) => at + 1);
    vi.stubGlobal('fetch', async () => cutResponse(stream, everywhere));
    expect(await ask(), 'byte by byte').toBe(WHOLE);
    vi.unstubAllGlobals();
    const hotel = Buffer.from(stream).indexOf(Buffer.from('🏨'));
    server.answer = (response) => sendCut(response, stream, [3, hotel + 1, hotel + 2, hotel + 3, length - 1]);
    expect(await ask(), 'over a connection').toBe(WHOLE);
  }, 180_000);

  test('is understood with the line ends and comments of other servers', async () => {
    for (const stream of [
      streamOf(WORDS).replaceAll('\n', '\r\n'),
      `: hello\n\n${streamOf(WORDS)}`,
      streamOf(WORDS).replace(/\n+$/u, ''),
      `\uFEFF${streamOf(WORDS)}`,
    ]) {
      server.answer = (response) => sendCut(response, stream, []);
      expect(await ask()).toBe(WHOLE);
    }
  });

  test.each([
    [401, 'provider_key', {}],
    [403, 'provider_key', {}],
    [404, 'model_missing', {}],
    [413, 'context_full', {}],
    [429, 'rate_limited', {}],
    [500, 'provider_failed', {}],
    [502, 'provider_failed', {}],
    [529, 'rate_limited', {}],
    [400, 'context_full', { error: { message: 'This model’s maximum context length is 4096 tokens.' } }],
    [400, 'provider_failed', { error: { message: 'Incorrect API key provided: sk-secret-secret.' } }],
  ])('that answers %i is said to be at fault in words (%s)', async (status, code, body) => {
    server.answer = (response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const { words, error } = await failing();
    expect([error.code, words]).toEqual([code, '']);
  });

  test('that asks for patience says how long', async () => {
    server.answer = (response) => {
      response.writeHead(429, { 'retry-after': '42' }).end();
    };
    expect((await failing()).error.remedy).toContain('42 seconds');
    server.answer = (response) => {
      response.writeHead(429, { 'retry-after': new Date(Date.now() + 600_000).toUTCString() }).end();
    };
    expect((await failing()).error.remedy).toContain('10 minutes');
  });

  test('keeps its words when it is cut off, breaks, stalls or fails in between', async () => {
    const stream = streamOf(WORDS);
    const half = stream.slice(0, stream.indexOf('for two nights'));
    server.answer = (response) => sendCut(response, half, []);
    expect((await failing()).error.code).toBe('answer_cut');
    server.answer = (response) => {
      // Node takes the end of a connection that was to be closed for the end of the answer
      response.removeHeader('connection');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(half, () => setTimeout(() => response.destroy(), 30));
    };
    const broken = await failing();
    expect(broken.error.code).toBe('provider_unreachable');
    expect(broken.words).toContain('Hotel Lumen');
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(half);
    };
    const stalled = await failing({ patience: { firstMs: 50_000, stallMs: 300 } });
    expect(stalled.error.code).toBe('timeout');
    expect(stalled.words).toContain('Hotel Lumen');
    const fault = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const events = half.slice(0, half.lastIndexOf('\n\n') + 2);
    server.answer = (response) => sendCut(response, `${events}event: error\ndata: ${JSON.stringify(fault)}\n\n`, []);
    const inside = await failing();
    expect(inside.error.code).toBe('rate_limited');
    expect(inside.words).toContain('Ana booked');
  });

  test('that never answers is given up', async () => {
    server.answer = () => {};
    expect((await failing({ patience: { firstMs: 100, stallMs: 100 } })).error.code).toBe('timeout');
  });

  test('that is not there, or leads elsewhere, is not followed', async () => {
    const gone = await modelServer();
    await gone.close();
    expect((await failing({ baseUrl: gone.url })).error.code).toBe('provider_unreachable');
    const other = await modelServer();
    server.answer = (response) => {
      response.writeHead(307, { location: `${other.url}/steal` }).end();
    };
    expect((await failing()).error.code).toBe('provider_unreachable');
    expect(other.received).toEqual([]);
    await other.close();
  });

  test('that answers with a web page, or with nonsense, is no model', async () => {
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>');
    };
    expect((await failing()).error).toMatchObject({ code: 'provider_failed' });
    server.answer = (response) => sendCut(response, 'data: {"choices": [\n\n', []);
    expect((await failing()).error).toMatchObject({ code: 'provider_failed' });
  });

  test('that answers at once and whole is understood', async () => {
    const body =
      protocol === 'openai'
        ? { choices: [{ message: { role: 'assistant', content: WHOLE }, finish_reason: 'stop' }] }
        : { type: 'message', content: [{ type: 'text', text: WHOLE }], stop_reason: 'end_turn' };
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    };
    expect(await ask()).toBe(WHOLE);
  });

  test('is let go of at once when the answer is stopped', async () => {
    let closed: () => void = () => {};
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const stop = new AbortController();
    server.answer = (response) => {
      response.on('close', closed);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(streamOf(WORDS).slice(0, 200));
      // not before: what was never asked is not let go of
      setTimeout(() => {
        stop.abort();
      }, 50);
    };
    const asking = collect(
      generator({ patience: { firstMs: 20_000, stallMs: 20_000 } }).generate(input(), stop.signal),
    );
    await expect(asking).rejects.toMatchObject({ code: 'aborted' });
    await gone;
  });
});
