/** What a user is promised on chatgpt.com, held against the built extension in a real browser. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DocumentView } from '../../../engine/api';
import { type BrowserKind, engineIn, freshProfile, type RunningBrowser, type Tab, until } from '../../harness/browser';
import { type ChatGptSite, createChatGptSite, type SiteConversation } from '../../harness/chatgpt-site';
import { type Internet, startInternet } from '../../harness/internet';

const uuid = (name: string) => {
  const hex = [...name]
    .map((letter) => letter.charCodeAt(0).toString(16))
    .join('')
    .padEnd(12, '0')
    .slice(0, 12);
  return `0c0ffee0-0000-4000-8000-${hex}`;
};
const exchange = (id: string, question: string, answer: string, time: number) => [
  { id: uuid(`q${id}`), role: 'user' as const, text: question, time },
  { id: uuid(`a${id}`), role: 'assistant' as const, text: answer, time: time + 5, model: 'gpt-5-5' },
];

const MARCH = Date.UTC(2026, 2, 12, 9, 30) / 1000;

const TREE: SiteConversation = {
  id: uuid('tree'),
  title: 'Oolong for guests',
  messages: [
    ...exchange(
      't1',
      'How long should oolong steep?',
      'Steep **oolong** for three minutes.\n\n```python\nsteep("oolong", minutes=3)\n```',
      MARCH,
    ),
    ...exchange(
      't2',
      'And the second pot?',
      'Add a minute for each further pot:\n\n- second: four\n- third: five',
      MARCH + 60,
    ),
  ],
};
const PAGES: SiteConversation = {
  id: uuid('pages'),
  title: 'Train to Lisbon',
  shape: 'pages',
  messages: Array.from({ length: 12 }, (_, n) =>
    exchange(
      `p${n}`,
      `Question ${n} about the night train`,
      n === 3 ? 'The sleeper leaves Hendaye at 18:40.' : `Answer ${n}.`,
      MARCH + 86_400 * 40 + n * 60,
    ),
  ).flat(),
};
const PAGE_ONLY: SiteConversation = {
  id: uuid('dom'),
  title: 'Bread',
  shape: 'none',
  messages: exchange('d1', 'Why is my sourdough flat?', 'The starter was too young; feed it for a week.', MARCH),
};

export function describeEndToEnd(kind: BrowserKind): void {
  describe(`on chatgpt.com in ${kind.name}`, () => {
    const profile = freshProfile();
    let site: ChatGptSite;
    let internet: Internet;
    let browser: RunningBrowser;
    let console: Tab;
    let engine: ReturnType<typeof engineIn>;

    async function start(): Promise<void> {
      browser = await kind.launch({ profile: profile.path, proxyPort: internet.port });
      console = await browser.open('console.html');
      engine = engineIn(console);
    }
    beforeAll(async () => {
      site = createChatGptSite([TREE, PAGES, PAGE_ONLY].map((conversation) => structuredClone(conversation)));
      internet = await startInternet({ 'chatgpt.com': site.site });
      await start();
    });
    afterAll(async () => {
      await browser.close();
      await internet.close();
      profile.remove();
    });

    async function stored(id: string): Promise<DocumentView | null> {
      await engine('drainOutbox');
      const found = await engine('find', { source: 'chatgpt', external_id: id });
      return found && engine('read', found.id);
    }
    const open = async (id: string) => {
      const tab = await browser.newTab();
      await tab.goto(`https://chatgpt.com/c/${id}`);
      return tab;
    };
    const html = (tab: Tab) => tab.evaluate(() => document.documentElement.outerHTML, null);
    const loaded = (tab: Tab) =>
      until(
        () => tab.evaluate(() => document.documentElement.dataset.loaded === 'true', null),
        (yes) => yes,
      );

    it('keeps an opened conversation whole: roles, order, models, times and Markdown, and leaves the page as it was', async () => {
      const tab = await open(TREE.id);
      await loaded(tab);
      const before = await html(tab);
      const document = await until(
        () => stored(TREE.id),
        (found) => found?.complete === true,
      );
      expect(document).toMatchObject({ title: 'Oolong for guests', source: 'chatgpt', kind: 'conversation' });
      expect(
        document?.messages.map(({ role, model, created_at, markdown, finished }) => ({
          role,
          model,
          created_at,
          markdown,
          finished,
        })),
      ).toEqual(
        TREE.messages.map(({ role, text, time }) => ({
          role,
          model: role === 'assistant' ? 'gpt-5-5' : null,
          created_at: new Date(time * 1000).toISOString(),
          markdown: text,
          finished: true,
        })),
      );
      expect(await html(tab)).toBe(before);
      await tab.close();
    });

    it('reads what the page did not show of a conversation that comes in pages, and has it whole', async () => {
      const tab = await open(PAGES.id);
      // What the page shows may be kept first, on a busy machine, and looks whole by itself.
      const document = await until(
        () => stored(PAGES.id),
        (found) => found?.complete === true && found.messages.length >= PAGES.messages.length,
      );
      expect(document?.messages.map(({ markdown }) => markdown)).toEqual(PAGES.messages.map(({ text }) => text));
      await tab.close();
    });

    it('reads the page itself where the site’s own JSON cannot be read', async () => {
      const tab = await open(PAGE_ONLY.id);
      const document = await until(
        () => stored(PAGE_ONLY.id),
        (found) => found?.messages.length === 2,
      );
      expect(document?.messages.map(({ role, markdown }) => [role, markdown])).toEqual(
        PAGE_ONLY.messages.map(({ role, text }) => [role, text]),
      );
      await tab.close();
    });

    it('keeps a question and its answer as they are said, and never an answer half-streamed as final', async () => {
      const tab = await open(TREE.id);
      await loaded(tab);
      site.nextAnswer = { parts: ['Ninety ', 'degrees ', 'Celsius, ', 'not ', 'boiling.'], pauseMs: 1_000 };
      await tab.type('#prompt-textarea', 'How hot must the water be?');
      await tab.click('#send');
      const during = await until(
        () => stored(TREE.id),
        (found) => found?.messages.some(({ markdown }) => markdown === 'How hot must the water be?') ?? false,
      );
      const half = during?.messages.find(({ markdown }) => markdown.startsWith('Ninety'));
      if (half && half.markdown !== 'Ninety degrees Celsius, not boiling.') expect(half.finished).toBe(false);
      const after = await until(
        () => stored(TREE.id),
        (found) =>
          found?.messages.at(-1)?.markdown === 'Ninety degrees Celsius, not boiling.' &&
          found.messages.at(-1)?.finished === true,
      );
      expect(after?.messages.map(({ markdown }) => markdown)).toEqual([
        ...TREE.messages.map(({ text }) => text),
        'How hot must the water be?',
        'Ninety degrees Celsius, not boiling.',
      ]);
      await tab.close();
    });

    it('files a new chat under the id that its first answer brings', async () => {
      const tab = await browser.newTab();
      await tab.goto('https://chatgpt.com/');
      site.nextAnswer = { parts: ['“The Book ', 'of Tea” by Okakura.'], pauseMs: 50 };
      await tab.type('#prompt-textarea', 'Name a book about tea');
      await tab.click('#send');
      const found = await until(
        () => engine('recall', { text: 'Okakura', mode: 'words' }),
        ({ hits }) => hits.length > 0,
      );
      expect(found.hits[0]).toMatchObject({
        source: 'chatgpt',
        role: 'assistant',
        passage: '“The Book of Tea” by Okakura.',
      });
      const id = new URL(found.hits[0]?.url ?? '').pathname.split('/').at(-1) ?? '';
      expect(site.conversations.has(id)).toBe(true);
      await tab.close();
    });

    it('never keeps a temporary chat', async () => {
      const tab = await browser.newTab();
      await tab.goto('https://chatgpt.com/?temporary-chat=true');
      site.nextAnswer = { parts: ['A secret about xylophones.'], pauseMs: 50 };
      await tab.type('#prompt-textarea', 'Tell me about xylophones');
      await tab.click('#send');
      await until(
        () => tab.evaluate(() => document.body.textContent ?? '', null),
        (text) => text.includes('A secret about xylophones.'),
      );
      // the next capture after it is proof that it was passed over, not merely not there yet
      const other = await open(PAGE_ONLY.id);
      await loaded(other);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await engine('drainOutbox');
      expect((await engine('recall', { text: 'xylophones', mode: 'words' })).hits).toEqual([]);
      await Promise.all([tab.close(), other.close()]);
    });

    it('finds what was kept by words, by meaning and by date', async () => {
      await engine('idle');
      const words = await engine('recall', { text: 'starter too young', mode: 'words' });
      expect(words.hits[0]).toMatchObject({ title: 'Bread', role: 'assistant' });
      const meaning = await until(
        () => engine('recall', { text: 'temperature for brewing' }),
        ({ used_meaning, hits }) => used_meaning && hits.length > 0,
      );
      expect(meaning.hits[0]).toMatchObject({ title: 'Oolong for guests' });
      const april = await engine('recall', { text: 'question after:2026-04-01 before:2026-05-01' });
      expect(new Set(april.hits.map(({ title }) => title))).toEqual(new Set(['Train to Lisbon']));
      const march = await engine('recall', { text: 'question after:2026-03-01 before:2026-04-01' });
      expect(march.hits.map(({ title }) => title)).not.toContain('Train to Lisbon');
    });

    it('still has everything, once, after the browser was killed', async () => {
      const before = await stored(TREE.id);
      await browser.kill();
      await start();
      const after = await until(
        () => stored(TREE.id),
        (found) => found !== null,
      );
      expect(after?.messages.map(({ markdown }) => markdown)).toEqual(before?.messages.map(({ markdown }) => markdown));
      const hits = await engine('recall', { text: 'Okakura', mode: 'words' });
      expect(hits.hits).toHaveLength(1);
    });

    it('keeps nothing while paused, and goes on afterwards', async () => {
      await console.evaluate(async () => {
        await chrome.storage.local.set({ 'consent.paused_until': 'until_resumed' });
      }, null);
      const paused: SiteConversation = {
        id: uuid('pause'),
        title: 'While paused',
        messages: exchange('x', 'Quokka facts?', 'Quokkas smile.', MARCH),
      };
      site.conversations.set(paused.id, paused);
      const tab = await open(paused.id);
      await loaded(tab);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect(await stored(paused.id)).toBeNull();
      await console.evaluate(async () => {
        await chrome.storage.local.set({ 'consent.paused_until': null });
      }, null);
      await tab.goto(`https://chatgpt.com/c/${paused.id}`);
      await until(
        () => stored(paused.id),
        (found) => found?.messages.length === 2,
      );
      await tab.close();
    });

    it('says on the toolbar what happens on a page: kept, never here, and broken when a chat yields nothing', async () => {
      const badge = (url: string) =>
        console.evaluate(async (address) => {
          const [tab] = await chrome.tabs.query({ url: address });
          return tab?.id === undefined ? null : chrome.action.getBadgeText({ tabId: tab.id });
        }, url);
      const kept = await open(TREE.id);
      const lost = `https://chatgpt.com/c/${uuid('nowhere')}`;
      const broken = await browser.newTab();
      await broken.goto(lost);
      await until(
        () => badge(lost),
        (text) => text === '!',
      );
      expect(await badge(`https://chatgpt.com/c/${TREE.id}`)).toBe('');
      const exclude = (hosts: string[]) =>
        console.evaluate((list) => chrome.storage.local.set({ 'consent.excluded_hosts': list }), hosts);
      await exclude(['chatgpt.com']);
      const secret: SiteConversation = {
        id: uuid('never'),
        title: 'Never here',
        messages: exchange('n', 'Wombat facts?', 'Wombats dig.', MARCH),
      };
      site.conversations.set(secret.id, secret);
      await broken.goto(`https://chatgpt.com/c/${secret.id}`);
      await until(
        () => badge(`https://chatgpt.com/c/${secret.id}`),
        (text) => text === '–',
      );
      await loaded(broken);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect(await stored(secret.id)).toBeNull();
      await exclude([]);
      await Promise.all([kept.close(), broken.close()]);
    });

    it('remembers a page with its facts and a note, says so for a moment, and undoes it', async () => {
      const url = 'https://chatgpt.com/article';
      const tab = await browser.newTab();
      await tab.goto(url);
      const before = await html(tab);
      const toasts = () => tab.evaluate(() => document.querySelectorAll('commonplace-toast').length, null);
      await console.evaluate(async (address) => {
        const [found] = await chrome.tabs.query({ url: address });
        await ask('rememberTab', { tabId: found?.id, note: 'for the two old trees' });
      }, url);
      expect(await toasts()).toBe(1);
      await engine('drainOutbox');
      const found = await engine('find', { url });
      const kept = await engine('read', found?.id ?? '');
      expect(kept).toMatchObject({
        kind: 'page',
        title: 'Grafting apple trees',
        author: 'Ruta Meier',
        language: 'en',
        note: 'for the two old trees',
      });
      expect(kept.messages[0]?.markdown).toContain('The whip-and-tongue graft holds best');
      expect(kept.messages[0]?.markdown).not.toContain('newsletter');
      expect((await engine('recall', { text: 'scion rootstock', mode: 'words' })).hits[0]?.url).toBe(url);
      await until(toasts, (count) => count === 0);
      expect(await html(tab)).toBe(before);

      await console.evaluate(async (id) => {
        await ask('undoRemember', { source: 'web', id });
      }, url);
      expect(await engine('find', { url })).toBeNull();
      await tab.close();
    });

    it('leaves no trace of a forgotten conversation and does not keep it again', async () => {
      const document = await stored(PAGE_ONLY.id);
      await engine('forget', { document_ids: [document?.id ?? ''] });
      await engine('purgeForgotten');
      expect((await engine('recall', { text: 'sourdough starter' })).hits.map(({ title }) => title)).not.toContain(
        'Bread',
      );
      const tab = await open(PAGE_ONLY.id);
      await loaded(tab);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect(await stored(PAGE_ONLY.id)).toBeNull();
      expect(await engine('wasForgotten', { source: 'chatgpt', external_id: PAGE_ONLY.id })).toBe(true);
      await tab.close();
    });
  });
}

/** What the console page and its browser have. */
declare const chrome: {
  storage: { local: { set(items: Record<string, unknown>): Promise<void> } };
  action: { getBadgeText(of: { tabId: number }): Promise<string> };
  tabs: { query(filter: { url: string }): Promise<Array<{ id?: number }>> };
};
declare const ask: (name: string, input: unknown) => Promise<unknown>;
