import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AskEvent, AskRequest, Engine, PromptMessage } from '../../../engine/api';
import { openProviders } from '../../../engine/chat';
import { createEngine } from '../../../engine/engine';
import { memoryShelf, openVault } from '../../../engine/privacy';
import { openStore, type Store } from '../../../engine/store';
import { conversation, message } from '../ingest/captures';
import { dataDirectory } from '../store/prebuilt';
import { type ModelServer, modelServer, openAiStream, sendCut } from './model-server';

const KEY = 'sk-very-secret-key';
const QUESTION = 'Which hotel is booked in Lisbon?';
let store: Store;
let server: ModelServer;
let engine: Engine;
beforeAll(async () => {
  store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
  server = await modelServer();
});
afterAll(async () => {
  await store.close();
  await server.close();
});
beforeEach(async () => {
  await store.exec('truncate document, forgotten, forget_receipt, job cascade');
  server.received.length = 0;
  server.answer = (response, { body }) => {
    // cites the passage that it was given with the hotel in it
    const [user] = (body['messages'] as Array<{ content: string }>).slice(-1);
    const n = /\[(\d+)\][^\n]*\n[^\n]*Lumen/u.exec(user?.content ?? '')?.[1] ?? '1';
    return sendCut(response, openAiStream(['Hotel Lumen ', 'is booked', ` [${n}]. It has a pool [${n}].`]), []);
  };
  engine = createEngine({ store: async () => ({ ...store, close: async () => {} }), embedder: null });
  await engine.ingest([
    conversation([message('m1', 'I booked Hotel Lumen in Lisbon.'), message('m2', 'Good.', { role: 'assistant' })]),
  ]);
  return () => engine.close();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

async function ask(request: Partial<AskRequest>) {
  const events: AskEvent[] = [];
  const answer = await engine.ask({ question: QUESTION, ...request }, (event) => events.push(event));
  return { answer, events };
}
const addLocal = () =>
  engine.addProvider({ kind: 'openai', name: 'Mine', base_url: server.url, model: 'small', key: KEY });

describe('a model on this machine', () => {
  test('can be the one that answers unless told, until it is removed', async () => {
    expect(await engine.defaultGenerator()).toBe('none');
    const { id } = await addLocal();
    await engine.setDefaultGenerator(id);
    expect(await engine.defaultGenerator()).toBe(id);
    await engine.removeProvider(id);
    expect(await engine.defaultGenerator()).toBe('none');
  });

  test('answers from the passages, streaming, and what it made up is shown for what it is', async () => {
    const { id } = await addLocal();
    const { answer, events } = await ask({ generator: id });
    expect(events.map(({ type }) => type)).toEqual(['context', 'text', 'text', 'text']);
    expect(answer.sentences.map(({ state }) => state)).toEqual(['supported', 'unsupported']);
    expect(answer.markdown).toMatch(/^Hotel Lumen is booked \[\d\]\. It has a pool\.$/u);
    const [sent] = server.received;
    const [first] = events;
    expect(first?.type === 'context' && first.context.prompt).toEqual(sent?.body['messages']);
    expect(first?.type === 'context' && first.context.leaves_to).toBeNull();
    expect((await engine.chat(answer.chat_id ?? '')).messages[1]?.answer?.generator).toBe(id);
  });
  test('is asked without consent, and what was sent is written down', async () => {
    const { id } = await addLocal();
    const { answer } = await ask({ generator: id });
    const [entry] = await engine.sent();
    expect(entry).toMatchObject({ provider: 'Mine', host: new URL(server.url).host, local: true });
    expect(entry?.bytes).toBe(Buffer.byteLength(JSON.stringify(server.received[0]?.body)));
    expect(entry?.passages).toContain(answer.citations[0]?.chunk_id);
  });
  test('puts a question that leans on the chat in full first, is searched for that, and both requests are written down', async () => {
    const { id } = await addLocal();
    const put = 'How long is the Hotel Lumen booked for?';
    server.answer = (response, { body }) => {
      const [rules] = body['messages'] as PromptMessage[];
      const rewriting = rules?.content.startsWith('Rewrite') === true;
      return sendCut(response, openAiStream([rewriting ? put : 'For two nights.']), []);
    };
    const request: AskRequest = {
      question: 'And for how long?',
      generator: id,
      temporary: true,
      history: [
        { role: 'user', markdown: QUESTION },
        { role: 'assistant', markdown: 'The Hotel Lumen is booked [1].' },
      ],
    };
    // looking asks nobody
    expect((await engine.askContext(request)).searched).toContain('And for how long? (');
    expect(server.received).toEqual([]);
    const { answer, events } = await ask(request);
    expect(answer).toMatchObject({ ended: 'done', failure: null });
    const [context] = events.flatMap((event) => (event.type === 'context' ? [event.context] : []));
    expect(context).toMatchObject({ searched: put, rewritten: true });
    expect(context?.prompt.at(-1)?.content).toContain(`Question: ${put}`);
    expect((await engine.sent()).map(({ passages }) => passages.length > 0)).toEqual([true, false]);
  });
  test('that fails leaves the question to be asked again, and nothing in the chats', async () => {
    server.answer = (response) => {
      response.writeHead(500).end();
    };
    const { id } = await addLocal();
    const { answer } = await ask({ generator: id });
    expect(answer).toMatchObject({
      ended: 'failed',
      failure: { code: 'provider_failed' },
      markdown: '',
      chat_id: null,
    });
    expect(await engine.chats()).toEqual([]);
  });
  test('that finds nothing abstains', async () => {
    server.answer = (response) => sendCut(response, openAiStream(['NOTHING', ' FOUND']), []);
    const { id } = await addLocal();
    const { answer, events } = await ask({ generator: id });
    expect(answer).toMatchObject({ abstained: true, markdown: '' });
    expect(events.map(({ type }) => type)).toEqual(['context']);
  });
  test('is found on the usual ports when asked for, and not where nobody listens', async () => {
    server.answer = (response, { path }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(path === '/v1/models' ? { data: [{ id: 'small' }, { id: 'large' }] } : {}));
    };
    const shelf = memoryShelf();
    const gone = await modelServer();
    await gone.close();
    const ports = [
      { name: 'Ollama', port: Number(new URL(server.url).port) },
      { name: 'LM Studio', port: Number(new URL(gone.url).port) },
    ];
    const providers = openProviders(shelf, openVault(shelf), { ports });
    expect(await providers.findLocal()).toEqual([
      { name: 'Ollama', base_url: `http://localhost:${ports[0]?.port}/v1`, models: ['small', 'large'] },
    ]);
  });
});

describe('a model elsewhere', () => {
  const STREAM = { headers: { 'content-type': 'text/event-stream' } };
  const fetched = vi.fn<(url: string, request: RequestInit) => Promise<Response>>();
  beforeEach(() => {
    fetched.mockReset();
    fetched.mockImplementation(async () => new Response(openAiStream(['Hotel Lumen is booked [1].']), STREAM));
    vi.stubGlobal('fetch', fetched);
  });
  const addRemote = () =>
    engine.addProvider({ kind: 'openai', name: 'Far', base_url: 'https://api.openai.com/v1/', model: 'm', key: KEY });

  test('is sent nothing before the person allows it, and shows what would go', async () => {
    const { id } = await addRemote();
    const { answer, events } = await ask({ generator: id });
    expect(answer).toMatchObject({ ended: 'failed', failure: { code: 'consent_needed' }, chat_id: null });
    expect(fetched).not.toHaveBeenCalled();
    expect(await engine.sent()).toEqual([]);
    const [first] = events;
    expect(first?.type === 'context' && first.context.leaves_to).toEqual({
      name: 'Far',
      host: 'api.openai.com',
      sends: 'replaced',
    });
    const preview = first?.type === 'context' ? first.context.prompt : [];
    await ask({ generator: id, consent: 'once' });
    expect(fetched).toHaveBeenCalledTimes(1);
    const [url, request] = fetched.mock.calls[0] as [string, RequestInit];
    expect(url).toBe('https://api.openai.com/v1/chat/completions');
    expect((JSON.parse(request.body as string) as { messages: unknown }).messages).toEqual(preview);
    expect(request.headers).toMatchObject({ authorization: `Bearer ${KEY}` });
    // once is once
    expect((await ask({ generator: id })).answer.failure?.code).toBe('consent_needed');
  });
  test('is sent placeholders for what is personal, the same in all of a chat, and they are put back as the words come', async () => {
    await engine.ingest([
      conversation([message('p1', 'Hannah Whitlock paid the hotel from DE89 3704 0044 0532 0130 00.')], { id: 'paid' }),
    ]);
    const { id } = await addRemote();
    const sent = () =>
      fetched.mock.calls.map(([, { body }]) => (JSON.parse(body as string) as { messages: PromptMessage[] }).messages);
    // answers with whoever is in the passage, a byte at a time
    fetched.mockImplementation(async (_url, { body }) => {
      const said = body as string;
      const n = /\[(\d+)\][^[]*IBAN_/u.exec(said)?.[1] ?? '1';
      const [person = ''] = /PERSON_[A-Z]{4}(?= PERSON_)/u.exec(said) ?? [];
      const [account = ''] = /IBAN_[A-Z]{4}/u.exec(said) ?? [];
      return new Response(openAiStream([...`${person} paid the hotel from ${account} [${n}].`]), STREAM);
    });
    const question = 'From which account did Hannah pay the hotel?';
    const { answer, events } = await ask({ question, generator: id, consent: 'chat' });
    expect(JSON.stringify(sent())).not.toMatch(/Hannah|Whitlock|3704/u);
    expect(answer.markdown).toMatch(/^Hannah paid the hotel from DE89 3704 0044 0532 0130 00 \[\d\]\.$/u);
    expect(answer.sentences.map(({ state }) => state)).toEqual(['supported']);
    const texts = events.flatMap((event) => (event.type === 'text' ? [event.text] : []));
    expect(texts.join('')).toBe(answer.markdown);
    expect(texts.join('|')).not.toMatch(/PERS|IBAN_/u);
    const [context] = events.flatMap((event) => (event.type === 'context' ? [event.context] : []));
    expect(context?.prompt).toEqual(sent()[0]);
    const person = context?.replaced.find(({ text }) => text === 'Hannah')?.placeholder ?? '';
    expect(sent()[0]?.at(-1)?.content).toContain(`did ${person} pay`);
    expect(context?.passages.map(({ text }) => text).join()).toContain('Hannah');
    await ask({ question: 'And what did Hannah book?', generator: id, chat_id: answer.chat_id });
    const [, next] = sent();
    expect(next?.at(-1)?.content).toContain(`did ${person} book`);
    expect(JSON.stringify(next)).not.toMatch(/Hannah|3704/u);
    expect((await engine.chat(answer.chat_id ?? '')).messages[1]?.markdown).toContain('Hannah');
  });
  test('whose key is locked is not asked, nor is consent, before it is opened', async () => {
    const { id } = await addRemote();
    expect(await engine.vault()).toMatchObject({ state: 'open', passphrase: false });
    await engine.setVaultPassphrase('correct horse');
    expect(await engine.lockVault()).toMatchObject({ state: 'locked', passphrase: true });
    expect((await ask({ generator: id, consent: 'always' })).answer.failure?.code).toBe('vault_locked');
    expect((await engine.providers())[0]).toMatchObject({ always: false, has_key: true });
    expect(fetched).not.toHaveBeenCalled();
    await expect(addRemote()).rejects.toMatchObject({ code: 'vault_locked' });
    await engine.unlockVault('correct horse');
    expect((await ask({ generator: id, consent: 'once' })).answer.failure).toBeNull();
    const [, request] = fetched.mock.calls[0] ?? [];
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${KEY}` });
    await engine.lockVault();
    expect(await engine.emptyVault()).toMatchObject({ state: 'empty', passphrase: false });
    expect((await engine.providers())[0]).toMatchObject({ has_key: false });
  });
  test('is sent the question and nothing of what is kept, where that is chosen', async () => {
    const { id } = await addRemote();
    const { answer } = await ask({ generator: id, consent: 'once', sends: 'question' });
    const [, request] = fetched.mock.calls[0] ?? [];
    const body = JSON.parse(request?.body as string) as { messages: PromptMessage[] };
    expect(body.messages.at(-1)).toEqual({ role: 'user', content: QUESTION });
    expect(JSON.stringify(body)).not.toContain('Lumen');
    expect(await engine.sent()).toEqual([expect.objectContaining({ passages: [] })]);
    // what it says without having seen them is still held to the passages, here
    expect(answer.sentences.map(({ state }) => state)).toEqual(['supported']);
  });
  test('is asked for again when more is to go than was allowed, and when the consent is withdrawn', async () => {
    const { id } = await addRemote();
    const code = async (request: Partial<AskRequest>) =>
      (await ask({ generator: id, ...request })).answer.failure?.code;
    expect(await code({ consent: 'always', sends: 'replaced' })).toBeUndefined();
    expect(await code({})).toBeUndefined();
    expect(await code({ sends: 'passages' })).toBe('consent_needed');
    expect(await code({ sends: 'question' })).toBe('consent_needed');
    expect(await code({ consent: 'always', sends: 'passages' })).toBeUndefined();
    expect((await engine.providers())[0]).toMatchObject({ always: true, sends: 'passages' });
    expect(await code({ sends: 'question' })).toBeUndefined();
    await engine.withdrawConsent(id);
    expect(await code({})).toBe('consent_needed');
    expect(await code({ consent: 'once' })).toBeUndefined();
    expect(await code({})).toBe('consent_needed');
  });
  test('is not asked to put a question in full: what goes there is what was shown', async () => {
    const { id } = await addRemote();
    const { answer } = await ask({ generator: id, consent: 'chat' });
    const { events } = await ask({ question: 'And how much is it?', generator: id, chat_id: answer.chat_id });
    expect(fetched).toHaveBeenCalledTimes(2);
    const [context] = events.flatMap((event) => (event.type === 'context' ? [event.context] : []));
    expect(context?.rewritten).toBe(true);
    expect(context?.searched.startsWith('And how much is it? (')).toBe(true);
  });
  test('is allowed for a chat, or for good', async () => {
    const { id } = await addRemote();
    const { answer } = await ask({ generator: id, consent: 'chat' });
    expect((await ask({ generator: id, chat_id: answer.chat_id })).answer.failure).toBeNull();
    expect((await ask({ generator: id })).answer.failure?.code).toBe('consent_needed');
    await ask({ generator: id, consent: 'always' });
    expect((await ask({ generator: id })).answer.failure).toBeNull();
    expect((await engine.providers())[0]).toMatchObject({ always: true, local: false });
  });
  test('never has its key told: not in the list, not in an answer, not in what was sent', async () => {
    const { id } = await addRemote();
    const { answer, events } = await ask({ generator: id, consent: 'once' });
    const told = JSON.stringify([await engine.providers(), answer, events, await engine.sent()]);
    expect(told).not.toContain('secret');
    expect((await engine.providers())[0]?.has_key).toBe(true);
    await engine.removeProvider(id);
    expect(await engine.providers()).toEqual([]);
  });
  test.each([
    'https://evil.example/v1',
    'http://api.openai.com/v1',
    'ftp://localhost/v1',
    'https://a:b@api.openai.com',
    'x',
  ])('is none at %s', async (base_url) => {
    const added = engine.addProvider({ kind: 'openai', name: '', base_url, model: 'm' });
    await expect(added).rejects.toMatchObject({ code: 'bad_input' });
  });
  test('is not asked by anything but a question to it', async () => {
    await addRemote();
    await ask({});
    await engine.askContext({ question: QUESTION });
    await engine.recall({ text: 'hotel' });
    expect(fetched).not.toHaveBeenCalled();
  });
});
