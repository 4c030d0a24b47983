/** The past of each site, brought in by the built extension from local sites that speak the real ones' protocols. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryState } from '../../../components/shell';
import { type BrowserKind, engineIn, freshProfile, type RunningBrowser, type Tab, until } from '../../harness/browser';
import { createChatGptSite } from '../../harness/chatgpt-site';
import { createClaudeSite } from '../../harness/claude-site';
import { createGeminiSite } from '../../harness/gemini-site';
import { type Internet, startInternet } from '../../harness/internet';

const MAY = Date.UTC(2026, 4, 1, 8) / 1_000;
const COUNT = 5;
const uuid = (n: number, kind: number) =>
  `0c0ffee0-0000-4000-8${String(kind).padStart(3, '0')}-${String(n).padStart(12, '0')}`;
const numbers = Array.from({ length: COUNT }, (_, n) => n);
const question = (n: number) => `Question ${n} about pears`;
const answer = (n: number) => `Answer ${n}: graft them in March.`;

const chatgpt = createChatGptSite(
  numbers.map((n) => ({
    id: uuid(n, 0),
    title: `Conversation ${n}`,
    archived: n === 2,
    messages: [
      { id: uuid(n, 1), role: 'user', text: question(n), time: MAY + n * 60 },
      { id: uuid(n, 2), role: 'assistant', text: answer(n), time: MAY + n * 60 + 5 },
    ],
  })),
);
const claude = createClaudeSite(
  numbers.map((n) => ({
    id: uuid(n, 3),
    title: `Conversation ${n}`,
    archived: n === 2,
    messages: [
      { id: uuid(n, 4), parent: null, role: 'user', text: question(n), time: MAY + n * 60 },
      { id: uuid(n, 5), parent: uuid(n, 4), role: 'assistant', text: answer(n), time: MAY + n * 60 + 5 },
    ],
  })),
);
const gemini = createGeminiSite(
  numbers.map((n) => ({
    id: `c0ffee00000000${n}0`,
    title: `Conversation ${n}`,
    pinned: n === 2,
    turns: [{ id: `beef${n}000`, question: question(n), answer: answer(n), time: MAY + n * 60 }],
  })),
);

const SITES = [
  { site: 'chatgpt', home: 'https://chatgpt.com/' },
  { site: 'claude', home: 'https://claude.ai/new' },
  { site: 'gemini', home: 'https://gemini.google.com/app' },
];

export function describeSites(kind: BrowserKind): void {
  describe(`bringing in the past of each site in ${kind.name}`, () => {
    const profile = freshProfile();
    let internet: Internet;
    let browser: RunningBrowser;
    let console: Tab;
    let engine: ReturnType<typeof engineIn>;
    beforeAll(async () => {
      internet = await startInternet({
        'chatgpt.com': chatgpt.site,
        'claude.ai': claude.site,
        'gemini.google.com': gemini.site,
      });
      browser = await kind.launch({ profile: profile.path, proxyPort: internet.port });
      console = await browser.open('console.html');
      engine = engineIn(console);
    });
    afterAll(async () => {
      await browser.close();
      await internet.close();
      profile.remove();
    });

    it.each(SITES)('$site', async ({ site, home }) => {
      // a refusal on the way, as the real sites have them
      claude.refuse = { times: 1, retryAfter: 2 };
      gemini.refuse = { times: 1, retryAfter: 2 };
      const tab = await browser.newTab();
      await tab.goto(home);
      await console.evaluate((name) => ask('historyControl', { site: name, wish: 'start' }), site);
      const done = await until(
        () =>
          console.evaluate(
            (name) =>
              new Promise<HistoryState | undefined>((resolve) => {
                const port = chrome.runtime.connect({ name: 'commonplace:history' });
                port.onMessage.addListener((states) => {
                  port.disconnect();
                  resolve(states.find((state) => state.site === name));
                });
              }),
            site,
          ),
        (state) => state?.state === 'done' || state?.state === 'paused',
        90_000,
      );
      expect(done).toMatchObject({ state: 'done', listed: COUNT, failed: 0, gone: 0 });
      await engine('drainOutbox');
      const found = await engine('timeline', { limit: 50, filters: { sources: [site] } });
      expect(found.map(({ title }) => title).sort()).toEqual(numbers.map((n) => `Conversation ${n}`));
      for (const { id, title } of found) {
        const n = Number(title?.slice(-1));
        const view = await engine('read', id);
        expect(view.complete, title ?? id).toBe(true);
        expect(view.messages.map(({ role, markdown }) => [role, markdown])).toEqual([
          ['user', question(n)],
          ['assistant', answer(n)],
        ]);
      }
      await tab.close();
    });
  });
}

/** What the console page and its browser have. */
declare const ask: (name: string, input: unknown) => Promise<unknown>;
declare const chrome: {
  runtime: {
    connect(options: { name: string }): {
      onMessage: { addListener(listener: (states: HistoryState[]) => void): void };
      disconnect(): void;
    };
  };
};
