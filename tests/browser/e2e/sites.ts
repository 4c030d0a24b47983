/**
 * What a user is promised on claude.ai and gemini.google.com, held against the built extension in a real browser: the
 * same for each site, over a local server that speaks its protocol under its own name.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DocumentView } from '../../../engine/api';
import { type BrowserKind, engineIn, freshProfile, type RunningBrowser, type Tab, until } from '../../harness/browser';
import { createClaudeSite } from '../../harness/claude-site';
import { createGeminiSite } from '../../harness/gemini-site';
import { type Internet, type Site, startInternet } from '../../harness/internet';

interface Exchange {
  question: string;
  answer: string;
}

interface Chat {
  id: string;
  title: string;
  exchanges: Exchange[];
  /** Only the page is left to be read. */
  pageOnly?: boolean;
}

/** One site as the suite needs it. */
interface SiteUnderTest {
  source: string;
  host: string;
  site: Site;
  pathOf(id: string): string;
  newChat: string;
  field: string;
  answerNext(parts: string[], pauseMs: number): void;
}

const WHOLE: Chat = {
  id: 'aaaaaaaa11110000',
  title: 'Oolong for guests',
  exchanges: Array.from({ length: 15 }, (_, n) => ({
    question: `Question ${n} about oolong?`,
    answer:
      n === 0
        ? 'Steep **oolong** for three minutes.\n\n```python\nsteep("oolong", minutes=3)\n```'
        : `Answer ${n}: add a minute for each further pot.`,
  })),
};
const PAGE_ONLY: Chat = {
  id: 'bbbbbbbb22220000',
  title: 'Bread',
  exchanges: [{ question: 'Why is my sourdough flat?', answer: 'The starter was too young; feed it for a week.' }],
  pageOnly: true,
};
const GROWING: Chat = {
  id: 'cccccccc33330000',
  title: 'Kettles',
  exchanges: [{ question: 'Which kettle is quiet?', answer: 'One with a thick base.' }],
};
const CHATS = [WHOLE, PAGE_ONLY, GROWING];
const TIME = Date.UTC(2026, 4, 2, 10) / 1000;

const uuid = (id: string, n: number) => `${id.slice(0, 8)}-0000-4000-8000-${String(n).padStart(12, '0')}`;

function claude(): SiteUnderTest {
  const state = createClaudeSite(
    CHATS.map(({ id, title, exchanges, pageOnly }) => ({
      id: uuid(id, 0),
      title,
      shape: pageOnly ? 'none' : 'tree',
      messages: exchanges.flatMap(({ question, answer }, n) => [
        {
          id: uuid(id, n * 2 + 1),
          parent: n === 0 ? null : uuid(id, n * 2),
          role: 'user' as const,
          text: question,
          time: TIME + n * 60,
        },
        {
          id: uuid(id, n * 2 + 2),
          parent: uuid(id, n * 2 + 1),
          role: 'assistant' as const,
          text: answer,
          time: TIME + n * 60 + 5,
        },
      ]),
    })),
  );
  return {
    source: 'claude',
    host: 'claude.ai',
    site: state.site,
    pathOf: (id) => `/chat/${uuid(id, 0)}`,
    newChat: '/new',
    field: '#input',
    answerNext: (parts, pauseMs) => (state.nextAnswer = { parts, pauseMs }),
  };
}

function gemini(): SiteUnderTest {
  const state = createGeminiSite(
    CHATS.map(({ id, title, exchanges, pageOnly }) => ({
      id,
      title,
      shape: pageOnly ? 'none' : 'pages',
      turns: exchanges.map(({ question, answer }, n) => ({
        id: `${id.slice(0, 8)}${String(n).padStart(4, '0')}`,
        question,
        answer,
        time: TIME + n * 60,
      })),
    })),
  );
  return {
    source: 'gemini',
    host: 'gemini.google.com',
    site: state.site,
    pathOf: (id) => `/app/${id}`,
    newChat: '/app',
    field: '#prompt',
    answerNext: (parts, pauseMs) => (state.nextAnswer = { parts, pauseMs }),
  };
}

const said = (chat: Chat) => chat.exchanges.flatMap(({ question, answer }) => [question, answer]);

export function describeSites(kind: BrowserKind): void {
  describe(`on other sites in ${kind.name}`, () => {
    const profile = freshProfile();
    const sites = [claude(), gemini()];
    let internet: Internet;
    let browser: RunningBrowser;
    let engine: ReturnType<typeof engineIn>;

    beforeAll(async () => {
      internet = await startInternet(Object.fromEntries(sites.map(({ host, site }) => [host, site])));
      browser = await kind.launch({ profile: profile.path, proxyPort: internet.port });
      engine = engineIn(await browser.open('console.html'));
    });
    afterAll(async () => {
      await browser.close();
      await internet.close();
      profile.remove();
    });

    describe.each(sites)('$host', (under) => {
      const external = (id: string) => under.pathOf(id).split('/').at(-1) ?? '';
      async function stored(id: string): Promise<DocumentView | null> {
        await engine('drainOutbox');
        const found = await engine('find', { source: under.source, external_id: id });
        return found && engine('read', found.id);
      }
      async function open(path: string): Promise<Tab> {
        const tab = await browser.newTab();
        await tab.goto(`https://${under.host}${path}`);
        await until(
          () => tab.evaluate(() => document.documentElement.dataset.loaded === 'true', null),
          (yes) => yes,
        );
        return tab;
      }
      const html = (tab: Tab) => tab.evaluate(() => document.documentElement.outerHTML, null);

      it('keeps an opened conversation whole and in order, and leaves the page as it was', async () => {
        const tab = await open(under.pathOf(WHOLE.id));
        const before = await html(tab);
        const document = await until(
          () => stored(external(WHOLE.id)),
          (found) => found?.complete === true && found.title !== null,
        );
        expect(document).toMatchObject({ title: WHOLE.title, source: under.source, kind: 'conversation' });
        expect(document?.messages.map(({ markdown }) => markdown)).toEqual(said(WHOLE));
        expect(document?.messages.map(({ role }) => role)).toEqual(
          WHOLE.exchanges.flatMap(() => ['user', 'assistant']),
        );
        expect(document?.messages.every(({ finished, created_at }) => finished && created_at !== null)).toBe(true);
        expect(await html(tab)).toBe(before);
        await tab.close();
      });

      it('reads the page itself where the site’s own JSON cannot be read', async () => {
        const tab = await open(under.pathOf(PAGE_ONLY.id));
        const document = await until(
          () => stored(external(PAGE_ONLY.id)),
          (found) => found?.messages.length === 2,
        );
        expect(document?.messages.map(({ role, markdown }) => [role, markdown])).toEqual([
          ['user', PAGE_ONLY.exchanges[0]?.question],
          ['assistant', PAGE_ONLY.exchanges[0]?.answer],
        ]);
        await tab.close();
      });

      it('keeps a question and its answer as they are said, and never an answer half-streamed as final', async () => {
        const tab = await open(under.pathOf(GROWING.id));
        const parts = ['One ', 'with ', 'a ', 'flip ', 'switch.'];
        under.answerNext(parts, 900);
        await tab.type(under.field, 'And which is fast?');
        await tab.click('#send');
        const halves: DocumentView[] = [];
        const after = await until(
          async () => {
            const found = await stored(external(GROWING.id));
            if (found) halves.push(found);
            return found;
          },
          (found) => found?.messages.at(-1)?.markdown === parts.join('') && found.messages.at(-1)?.finished === true,
        );
        for (const { messages } of halves) {
          const answer = messages[3];
          if (answer && answer.markdown !== parts.join('')) expect(answer.finished).toBe(false);
        }
        expect(after?.messages.map(({ role, markdown }) => [role, markdown])).toEqual([
          ['user', GROWING.exchanges[0]?.question],
          ['assistant', GROWING.exchanges[0]?.answer],
          ['user', 'And which is fast?'],
          ['assistant', parts.join('')],
        ]);
        await tab.close();
      });

      it('files a new chat under the id that its first answer brings', async () => {
        const tab = await open(under.newChat);
        const word = `Okakura${under.source}`;
        under.answerNext(['“The Book ', `of Tea” by ${word}.`], 50);
        await tab.type(under.field, 'Name a book about tea');
        await tab.click('#send');
        const found = await until(
          () => engine('recall', { text: word, mode: 'words' }),
          ({ hits }) => hits.length > 0,
        );
        expect(found.hits[0]).toMatchObject({ source: under.source, role: 'assistant' });
        const shown = await tab.evaluate(() => location.pathname, null);
        expect(new URL(found.hits[0]?.url ?? '').pathname).toBe(shown);
        await tab.close();
      });

      it('keeps what was said when the page is left while an answer is written, and mends it on return', async () => {
        const tab = await open(under.pathOf(GROWING.id));
        const parts = ['Copper ', 'is ', 'prettiest.'];
        under.answerNext(parts, 1_500);
        await tab.type(under.field, 'And which is pretty?');
        await tab.click('#send');
        await until(
          () => stored(external(GROWING.id)),
          (found) => found?.messages.some(({ markdown }) => markdown === 'And which is pretty?') ?? false,
        );
        await tab.goto(`https://${under.host}${under.pathOf(PAGE_ONLY.id)}`);
        const left = await stored(external(GROWING.id));
        const half = left?.messages[5];
        if (half && half.markdown !== parts.join('')) expect(half.finished).toBe(false);
        await new Promise((resolve) => setTimeout(resolve, 4_000)); // the site goes on writing without us
        await tab.goto(`https://${under.host}${under.pathOf(GROWING.id)}`);
        const mended = await until(
          () => stored(external(GROWING.id)),
          (found) => found?.complete === true && found.messages.length === 6,
        );
        expect(mended?.messages.at(-1)).toMatchObject({ markdown: parts.join(''), finished: true });
        await tab.close();
      });
    });
  });
}
