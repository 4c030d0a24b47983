/** Asking, as a person does it in the panel of the built extension: by quotes, and by a model's server on this machine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CapturedConversation } from '../../../engine/capture/types';
import { filesOf, MULTILINGUAL_E5_SMALL } from '../../../models';
import { type BrowserKind, engineIn, freshProfile, type RunningBrowser, type Tab, until } from '../../harness/browser';
import { type Internet, startInternet } from '../../harness/internet';
import { createModelHub } from '../../harness/model-hub';
import { press as pressIn, textsOf } from '../../harness/pressing';
import { type ModelServer, modelServer, openAiStream, sendCut } from '../../unit/chat/model-server';

export function conversation(id: string, title: string, day: string, turns: string[]): CapturedConversation {
  return {
    kind: 'conversation',
    site: 'chatgpt',
    id,
    url: `https://chatgpt.com/c/${id}`,
    title,
    created_at: `${day}T10:00:00.000Z`,
    updated_at: `${day}T10:10:00.000Z`,
    captured_at: `${day}T10:10:00.000Z`,
    strategy: 'json-tree',
    coverage: 'all',
    complete: true,
    messages: turns.map((markdown, n) => ({
      id: `${id}-${n}`,
      parent_id: n === 0 ? null : `${id}-${n - 1}`,
      role: n % 2 === 0 ? 'user' : 'assistant',
      author: null,
      model: null,
      created_at: `${day}T10:0${n}:00.000Z`,
      markdown,
      finished: true,
      on_active_branch: true,
      attachments: [],
      metadata: {},
    })),
    metadata: {},
  };
}

const KEPT = [
  conversation('lisbon', 'Lisbon in May', '2026-04-02', [
    'Where do we stay in Lisbon?',
    'You wanted to be near the river. The Pensão Corvo has two rooms left for the third of May.',
    'Then I book the Pensão Corvo for three nights.',
    'Good. Breakfast there begins at half past seven.',
  ]),
  conversation('kettle', 'A quiet kettle', '2026-03-12', [
    'Which kettle is quiet?',
    'One with a thick base and a slow boil: the Brandt K2 was the quietest of those measured.',
  ]),
];

export function describeAsking(kind: BrowserKind): void {
  describe(`asking in ${kind.name}`, () => {
    const profile = freshProfile();
    const { id: offered, source, revision } = MULTILINGUAL_E5_SMALL;
    /** Files of its names, and not those that are known. */
    const hub = createModelHub({
      [source]: filesOf(MULTILINGUAL_E5_SMALL, 'q8').map(({ path }) => ({ path, bytes: Buffer.from(path) })),
    });
    let internet: Internet;
    let browser: RunningBrowser;
    let engine: ReturnType<typeof engineIn>;
    let panel: Tab;
    let server: ModelServer;

    beforeAll(async () => {
      const there = hub.repositories.get(source);
      if (there && revision !== null) there.commit = revision;
      server = await modelServer();
      internet = await startInternet({ 'huggingface.co': hub.site });
      browser = await kind.launch({ profile: profile.path, proxyPort: internet.port });
      engine = engineIn(await browser.open('console.html'));
      await until(
        () => engine('status'),
        ({ store }) => store.state !== 'opening',
      );
      await engine('ingest', KEPT);
      panel = await browser.open('sidepanel.html');
      await until(
        () => panel.evaluate(() => document.querySelectorAll('.row').length, null),
        (rows) => rows === 2,
      );
    });
    afterAll(async () => {
      await browser.close();
      await internet.close();
      await server.close();
      profile.remove();
    });

    const text = (selector: string) => textsOf(panel, selector);
    const press = (name: string, within = 'body') => pressIn(panel, name, { within });
    const answered = (turns: number) =>
      until(
        () => panel.evaluate(() => document.querySelectorAll('.turn .tools').length, null),
        (count) => count === turns,
      );
    const ask = async (question: string, turns: number) => {
      await panel.type('.asker textarea', question);
      await press('Ask', '.asker');
      await answered(turns);
    };
    /** The server that a person added, with what a browser asks of it before a page may. */
    const answerAs = (stream: (response: Parameters<ModelServer['answer']>[0]) => void | Promise<void>) => {
      server.answer = (response, request) => {
        response.setHeader('access-control-allow-origin', '*');
        response.setHeader('access-control-allow-headers', '*');
        response.setHeader('access-control-allow-private-network', 'true');
        return request.method === 'OPTIONS' ? void response.writeHead(204).end() : stream(response);
      };
    };

    it('quotes what answers, by conversation and day, and a citation opens the message', async () => {
      await press('Menu');
      await press('Ask and chats');
      await ask('Where do we stay in Lisbon?', 1);
      const [answer = ''] = await text('.turn .body');
      expect(answer).toContain('Pensão Corvo');
      expect(answer).toContain('Lisbon in May');
      expect(answer).toContain('2 April 2026');
      expect(answer).not.toContain('kettle');
      await panel.click('.turn .body .cite');
      const title = await until(
        () => text('.reading h2'),
        (found) => found.length > 0,
      );
      expect(title).toEqual(['Lisbon in May']);
      await until(
        () => panel.evaluate(() => document.querySelectorAll('.reading article.target').length, null),
        (count) => count === 1,
      );
      await press('Back', '.reading');
    });

    it('offers no model of the browser’s own: it has none, or says that it cannot', async () => {
      const state = await panel.evaluate(async () => {
        type Api = { availability(): Promise<string> };
        const { LanguageModel } = globalThis as unknown as { LanguageModel?: Api };
        return (await LanguageModel?.availability()) ?? 'none';
      }, null);
      expect(state).toBe(kind.name === 'firefox' ? 'none' : 'unavailable');
      expect(await engine('builtInModel')).toBeNull();
      expect(await text('.asker option')).not.toContain('The browser’s own model');
    });

    it('says plainly that nothing answers, and shows what is nearest', async () => {
      await press('New');
      await ask('Which visa does a nurse need for Norway?', 1);
      expect((await text('.turn .body')).join('')).toContain('Nothing you have kept answers this.');
    });

    it('finds a chat again, and deletes it without a trace', async () => {
      const chats = await engine('chats');
      expect(chats.map(({ title }) => title).sort()).toEqual([
        'Where do we stay in Lisbon?',
        'Which visa does a nurse need for Norway?',
      ]);
      const found = await engine('recall', { text: 'visa nurse Norway' });
      expect(found.hits[0]).toMatchObject({ source: 'commonplace' });
      await press('Delete this chat');
      await until(
        () => engine('chats'),
        (left) => left.length === 1,
      );
      await engine('purgeForgotten');
      const left = await engine('recall', { text: 'visa nurse Norway' });
      expect(left.hits.map(({ document_id }) => document_id)).not.toContain(found.hits[0]?.document_id);
      await expect(engine('chat', found.hits[0]?.document_id ?? '')).rejects.toThrow();
    });

    it('asks nobody before a model’s server was added, and then that one alone: words as they come, then checked', async () => {
      expect(server.received).toEqual([]);
      expect(await engine('sent')).toEqual([]);
      answerAs((response) =>
        sendCut(
          response,
          openAiStream(['You booked the Pensão Corvo ', 'for three nights [1].', ' It costs 900 euros [1].']),
          [40, 41, 150],
        ),
      );
      await engine('addProvider', { kind: 'openai', name: 'Test', base_url: server.url, model: 'small' });
      await press('Menu');
      await press('Ask and chats');
      await until(
        () => text('.asker option'),
        (options) => options.includes('Test: small'),
      );
      await panel.evaluate(() => {
        const select = document.querySelector<HTMLSelectElement>('.asker select');
        const option = [...(select?.options ?? [])].find((one) => one.textContent === 'Test: small');
        if (!select || !option) throw new Error('no model to choose');
        select.value = option.value;
        select.dispatchEvent(new Event('change', { bubbles: true }));
      }, null);
      await ask('How many nights did I book in Lisbon?', 1);
      const [answer = ''] = await text('.turn .body');
      expect(answer).toContain('You booked the Pensão Corvo for three nights');
      expect(await text('.turn .body .unsupported')).toEqual([expect.stringContaining('It costs 900 euros')]);
      const [request] = server.received.filter(({ method }) => method === 'POST');
      expect(JSON.stringify(request?.body)).toContain('Then I book the Pensão Corvo');
      expect(await engine('sent')).toEqual([expect.objectContaining({ provider: 'Test', local: true })]);
    });

    it('stops when it is told to, and keeps the words that came', async () => {
      answerAs((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(openAiStream(['You booked the Pensão Corvo [1].']).split('\n\n')[0] + '\n\n');
      });
      // stands by itself: a question that does not is first put in full by the server
      await panel.type('.asker textarea', 'Where do we stay in Lisbon in May?');
      await press('Ask', '.asker');
      await until(
        () => text('.turn:last-of-type .body'),
        ([shown]) => shown?.includes('You booked the Pensão Corvo') === true,
      );
      await press('Stop', '.asker');
      await answered(2);
      expect((await text('.turn')).at(-1)).toContain('Stopped');
      expect((await text('.turn')).at(-1)).toContain('You booked the Pensão Corvo');
    });

    it('says what to do when the server refuses the key', async () => {
      answerAs((response) => {
        response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"bad key"}}');
      });
      await ask('And the breakfast?', 3);
      expect((await text('.turn .trouble')).join('')).toContain('key');
    });

    it('reached nothing but that server', () => {
      expect(internet.seen.filter(({ origin }) => origin?.includes('-extension://'))).toEqual([]);
    });

    it('asks the hub for a model when it is told to, writes that down, and keeps nothing that is another file', async () => {
      await engine('fetchModel', offered);
      const model = await until(
        async () => (await engine('models', 'embed')).find(({ id }) => id === offered),
        (found) => found?.state === 'done' || found?.state === 'paused',
      );
      expect(model).toMatchObject({ state: 'paused', failure: { code: 'model_invalid' } });
      const hosts = internet.seen.filter(({ origin }) => origin?.includes('-extension://')).map(({ host }) => host);
      expect(new Set(hosts)).toEqual(new Set(['huggingface.co']));
      const fetches = (await engine('sent')).filter((entry) => entry.fetches !== undefined);
      expect(fetches.map(({ host }) => host)).toContain('huggingface.co');
      expect(await engine('deleteModel', offered)).toMatchObject({ state: 'none', done: 0 });
    });
  });
}
