/**
 * A model elsewhere, asked in the panel of the built extension: its servers answer under their own names on a local
 * network, so that what goes out is what would go to them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserKind, engineIn, freshProfile, type RunningBrowser, type Tab, until } from '../../harness/browser';
import { type Internet, type Site, startInternet } from '../../harness/internet';
import { press as pressIn, textsOf } from '../../harness/pressing';
import { anthropicStream, openAiStream } from '../../unit/chat/model-server';
import { conversation } from './suite';

/** Firefox's, in its own pages. */
declare const browser: { permissions: { contains(what: { origins: string[] }): Promise<boolean> } };

const KEY = 'sk-test-0123456789abcdefghijkl';
const QUESTION = 'When does Hannah Whitlock come to Lisbon?';

interface Asked {
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export function describeConsent(kind: BrowserKind): void {
  describe(`a model elsewhere, in ${kind.name}`, () => {
    const profile = freshProfile();
    const asked: Asked[] = [];
    let internet: Internet;
    let running: RunningBrowser;
    let engine: ReturnType<typeof engineIn>;
    let panel: Tab;

    /** Says what it was told of somebody, a few letters at a time. */
    const site =
      (stream: (pieces: string[]) => string): Site =>
      (request, response, body) => {
        response.setHeader('access-control-allow-origin', '*');
        response.setHeader('access-control-allow-headers', '*');
        if (request.method === 'OPTIONS') return void response.writeHead(204).end();
        asked.push({ headers: request.headers, body });
        const who = /PERSON_[A-Z]{4} PERSON_[A-Z]{4}|Hannah Whitlock/u.exec(body)?.[0] ?? 'Nobody';
        const n = /\[(\d+)\] Guests/u.exec(body)?.[1] ?? '1';
        const text = `${who} comes to Lisbon on the ninth of May [${n}].`;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(stream(text.match(/.{1,5}/gsu) ?? []));
      };

    beforeAll(async () => {
      internet = await startInternet({
        'api.openai.com': site(openAiStream),
        'api.anthropic.com': site(anthropicStream),
      });
      running = await kind.launch({ profile: profile.path, proxyPort: internet.port, permits: true });
      engine = engineIn(await running.open('console.html'));
      await until(
        () => engine('status'),
        ({ store }) => store.state !== 'opening',
      );
      await engine('ingest', [
        conversation('guests', 'Guests in Lisbon', '2026-04-02', [
          'Hannah Whitlock comes to Lisbon on the ninth of May. Her number is +44 7700 900123.',
          'Noted.',
        ]),
      ]);
      panel = await running.open('sidepanel.html');
      await until(
        () => panel.evaluate(() => document.querySelectorAll('.row').length, null),
        (rows) => rows === 1,
      );
    });
    afterAll(async () => {
      await running.close();
      await internet.close();
      profile.remove();
    });

    const text = (selector: string) => textsOf(panel, selector);
    const press = (name: string, within = 'body') => pressIn(panel, name, { within });
    /** What came moves the buttons below it, and Firefox's driver clicks where one was. */
    const allow = async (name: string) => {
      let before = -1;
      await until(
        async () => {
          const last = before;
          before = await panel.evaluate(
            () => document.querySelector('.consent .choices')?.getBoundingClientRect().top ?? -2,
            null,
          );
          return before === last;
        },
        (still) => still,
      );
      await press(name, '.consent');
    };
    const choose = async (model: string) => {
      await until(
        () => text('.asker option'),
        (options) => options.includes(model),
      );
      await panel.evaluate((model) => {
        const select = document.querySelector<HTMLSelectElement>('.asker select');
        const option = [...(select?.options ?? [])].find((one) => one.textContent === model);
        if (!select || !option) throw new Error('no model to choose');
        select.value = option.value;
        select.dispatchEvent(new Event('change', { bubbles: true }));
      }, model);
    };
    const ask = async (question: string) => {
      await panel.type('.asker textarea', question);
      await press('Ask', '.asker');
    };
    const shown = (what: string) =>
      until(
        () => text('.turn:last-of-type .body'),
        ([body]) => body?.includes(what) === true,
      );
    /** In the panel, whose click asks for the host; Chromium's prompt for it cannot be answered here. */
    const addOpenAi = async () => {
      if (kind.name === 'chromium') {
        const base_url = 'https://api.openai.com/v1';
        await engine('addProvider', { kind: 'openai', name: 'OpenAI', base_url, model: 'test', key: KEY });
        return;
      }
      await press('Menu');
      await press('Models');
      await until(
        () => panel.evaluate(() => document.querySelectorAll('.elsewhere input').length, null),
        (fields) => fields === 2,
      );
      await panel.type('.elsewhere label:nth-of-type(2) input', 'test');
      await panel.type('.elsewhere input[type=password]', KEY);
      await press('Add', '.elsewhere');
      const [added] = await until(
        () => engine('providers'),
        (all) => all.length === 1,
      );
      expect(added).toMatchObject({ name: 'OpenAI', has_key: true, always: false });
      await until(
        () => panel.evaluate(() => browser.permissions.contains({ origins: ['https://api.openai.com/*'] }), null),
        (given) => given,
      );
      await press('Back', '.sheet:last-of-type');
    };
    const outside = () => internet.seen.filter(({ host }) => host.startsWith('api.'));

    it('is sent nothing before the panel showed what goes, and then that, word for word', async () => {
      await addOpenAi();
      await press('Menu');
      await press('Ask and chats');
      await choose('OpenAI: test');
      await ask(QUESTION);
      await until(
        () => text('.consent'),
        (found) => found.length === 1,
      );
      expect((await text('.consent')).join('')).toContain('api.openai.com');
      expect(outside()).toEqual([]);
      expect(await engine('sent')).toEqual([]);
      const preview = await text('.context details[open] pre');
      expect(preview.join('')).toMatch(/PERSON_[A-Z]{4} PERSON_[A-Z]{4} comes to Lisbon/u);
      expect(preview.join('')).not.toMatch(/Hannah|7700/u);
      await allow('Send this once');
      await shown('Hannah Whitlock comes to Lisbon on the ninth of May');
      const [request] = asked;
      const { messages } = JSON.parse(request?.body ?? '{}') as { messages: Array<{ content: string }> };
      expect(messages.map(({ content }) => content)).toEqual(preview);
      expect(request?.headers['authorization']).toBe(`Bearer ${KEY}`);
      expect(asked).toHaveLength(1);
      expect(await text('.turn .body .unsupported')).toEqual([]);
      const [entry] = await engine('sent');
      expect(entry).toMatchObject({
        host: 'api.openai.com',
        local: false,
        bytes: Buffer.byteLength(request?.body ?? ''),
      });
      expect(entry?.passages.length).toBeGreaterThan(0);
      expect(await panel.evaluate(() => document.documentElement.outerHTML, null)).not.toContain(KEY);
    });

    it('is sent the words themselves, by the other protocol, only where that is chosen; for a chat that is once', async () => {
      await engine('addProvider', {
        kind: 'anthropic',
        name: 'Anthropic',
        base_url: 'https://api.anthropic.com/v1',
        model: 'test',
        key: KEY,
      });
      await press('New');
      await press('Back');
      await press('Menu');
      await press('Ask and chats');
      await choose('Anthropic: test');
      await ask(QUESTION);
      await press('The question and passages as they are', '.consent');
      await until(
        () => text('.context details[open] pre'),
        (preview) => preview.join('').includes('Hannah Whitlock comes to Lisbon'),
      );
      expect(asked).toHaveLength(1);
      await allow('Allow for this chat');
      await shown('Hannah Whitlock comes to Lisbon on the ninth of May');
      expect(asked[1]?.headers['x-api-key']).toBe(KEY);
      expect(asked[1]?.body).toContain('Hannah Whitlock comes to Lisbon');
      await ask('And on which day does Hannah come?');
      await until(
        async () => asked.length,
        (count) => count === 3,
      );
      expect(await text('.consent')).toEqual([]);
      expect((await engine('sent')).map(({ host }) => host)).toEqual([
        'api.anthropic.com',
        'api.anthropic.com',
        'api.openai.com',
      ]);
    });

    it('waits for the passphrase of the keys, which the panel sets, asks for and never shows', async () => {
      const fill = async (fields: string[]) => {
        await until(
          () => panel.evaluate(() => document.querySelectorAll('.vault input').length, null),
          (count) => count === fields.length,
        );
        await panel.evaluate((values) => {
          document.querySelectorAll<HTMLInputElement>('.vault input').forEach((input, n) => {
            input.value = values[n] ?? '';
            input.dispatchEvent(new Event('input', { bubbles: true }));
          });
        }, fields);
      };
      const vault = (state: string) =>
        until(
          () => engine('vault'),
          (view) => view.state === state,
        );
      await panel.evaluate(() => {
        const select = document.querySelector<HTMLSelectElement>('.asker select');
        if (!select) throw new Error('no way to the models');
        select.value = 'models';
        select.dispatchEvent(new Event('change', { bubbles: true }));
      }, null);
      await press('Set a passphrase', '.vault');
      await fill(['correct horse', 'correct horse']);
      await press('Set it', '.vault');
      await until(
        () => engine('vault'),
        ({ passphrase }) => passphrase,
      );
      await press('Lock now', '.vault');
      await vault('locked');
      await press('Back', '.sheet:last-of-type');
      await ask('And at what time does Hannah come?');
      await until(
        () => text('.turn:last-of-type input[type=password]'),
        (found) => found.length === 1,
      );
      expect(asked).toHaveLength(3);
      await panel.type('.turn:last-of-type input[type=password]', 'correct horse');
      await press('Unlock', '.turn:last-of-type');
      await until(
        async () => asked.length,
        (count) => count === 4,
      );
      expect(asked[3]?.headers['x-api-key']).toBe(KEY);
      await vault('open');
      expect(await panel.evaluate(() => document.documentElement.outerHTML, null)).not.toMatch(
        /correct horse|sk-test/u,
      );
    });

    it('was reached by nothing else', () => {
      const hosts = internet.seen.filter(({ origin }) => origin?.includes('-extension://')).map(({ host }) => host);
      expect([...new Set(hosts)].sort()).toEqual(['api.anthropic.com', 'api.openai.com']);
      expect(asked).toHaveLength(4);
    });
  });
}
