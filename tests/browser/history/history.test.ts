/**
 * Bringing in the past, with the built extension in a real Chromium: the tab is closed midway, the service worker is
 * stopped midway, the browser is killed midway; in the end everything is there once, asked for one at a time.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryState } from '../../../components/shell';
import { engineIn, freshProfile, until } from '../../harness/browser';
import { findChromium, launchChromium, type RunningChromium } from '../../harness/chromium';
import { type ChatGptSite, createChatGptSite, type SiteConversation } from '../../harness/chatgpt-site';
import { type Internet, startInternet } from '../../harness/internet';

const MAY = Date.UTC(2026, 4, 1, 8) / 1_000;
const COUNT = 36;

const uuid = (n: number, kind = 0) =>
  `0c0ffee0-0000-4000-8${String(kind).padStart(3, '0')}-${String(n).padStart(12, '0')}`;

function invented(n: number): SiteConversation {
  const time = MAY + n * 3_600;
  return {
    id: uuid(n),
    title: `Conversation ${n}`,
    ...(n % 9 === 4 ? { archived: true } : {}),
    ...(n % 9 === 5 ? { starred: true } : {}),
    ...(n % 9 === 6 ? { project: 'g-p-orchard' } : {}),
    ...(n % 4 === 1 ? { shape: 'pages' as const } : {}),
    messages: Array.from({ length: n === 1 ? 24 : 2 }, (_, turn) => ({
      id: uuid(n, turn + 1),
      role: turn % 2 === 0 ? ('user' as const) : ('assistant' as const),
      text: turn % 2 === 0 ? `Question ${n}.${turn} about pears` : `Answer ${n}.${turn}: graft them in March.`,
      time: time + turn,
    })),
  };
}

/** The command's way round the packaged folder, for a build made elsewhere. */
const EXTENSION = join(process.env.WXT_OUTDIR ?? join(import.meta.dirname, '../../../.output'), 'chrome-mv3');

describe.skipIf(findChromium() === null || !existsSync(EXTENSION))('bringing in the past in chromium', () => {
  const profile = freshProfile();
  let site: ChatGptSite;
  let internet: Internet;
  let browser: RunningChromium;
  let console: Page;
  let engine: ReturnType<typeof engineIn>;
  const given: string[] = [];
  let storm = false;

  async function start(): Promise<void> {
    browser = await launchChromium({ profile: profile.path, proxyPort: internet.port, extension: EXTENSION });
    console = await browser.open('console.html');
    engine = engineIn(console);
  }
  beforeAll(async () => {
    site = createChatGptSite(Array.from({ length: COUNT }, (_, n) => invented(n)));
    site.slowness = 60;
    let asked = 0;
    site.patience = (path) => {
      const id = /^\/backend-api\/conversation\/([^/]+)$/.exec(path)?.[1];
      if (storm && ++asked % 3 === 0) return 2;
      if (id !== undefined) given.push(id);
      return null;
    };
    internet = await startInternet({ 'chatgpt.com': site.site });
    await start();
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    profile.remove();
  });

  const control = (wanted: object) =>
    console.evaluate((input) => ask('historyControl', { site: 'chatgpt', ...input }), wanted);
  const state = () =>
    console.evaluate(
      () =>
        new Promise<HistoryState | undefined>((resolve) => {
          const port = chrome.runtime.connect({ name: 'commonplace:history' });
          port.onMessage.addListener((states) => {
            port.disconnect();
            resolve(states.find(({ site }) => site === 'chatgpt'));
          });
        }),
    );
  const reached = (kept: number) => until(state, (now) => (now?.kept ?? 0) >= kept, 120_000);
  const home = async () => {
    const page = await browser.context.newPage();
    await page.goto('https://chatgpt.com/');
    return page;
  };
  /** Conversations that the site gave whole, in order; one in pages is given by its first page. */
  const answered = () => given;

  it('asks nothing before it is told to, and says that a tab is needed', async () => {
    const tab = await home();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(internet.seen.filter(({ path }) => path.startsWith('/backend-api/') || path.startsWith('/api/'))).toEqual(
      [],
    );
    await tab.close();
    await control({ wish: 'start' });
    expect(await state()).toMatchObject({ state: 'listing', open: false, working: false, listed: 0 });
  });

  it('survives a closed tab, a stopped service worker and a killed browser, and keeps everything once', async () => {
    const first = await home();
    await reached(4);
    const second = await home();
    await first.close(); // the other tab takes over
    await reached(10);

    const session = await browser.context.browser()?.newBrowserCDPSession();
    const workers = async () =>
      ((await session?.send('Target.getTargets'))?.targetInfos ?? []).filter(
        ({ type, url }) => type === 'service_worker' && url.includes(browser.extensionId),
      );
    const [worker] = await workers();
    expect(worker).toBeDefined();
    await session?.send('Target.closeTarget', { targetId: worker?.targetId ?? '' });
    await until(
      async () => (await workers()).some(({ targetId }) => targetId === worker?.targetId),
      (lives) => !lives,
      60_000,
    );
    await reached(16);

    await browser.kill();
    await start();
    expect(second.isClosed() || (await state())?.state === 'reading').toBe(true);
    const third = await home();
    await reached(20);
    storm = true;
    await reached(24);
    storm = false;
    const done = await until(state, (now) => now?.state === 'done', 150_000);
    expect(done).toMatchObject({ listed: COUNT, failed: 0, gone: 0 });

    await engine('drainOutbox');
    const stats = await engine('stats');
    expect(stats.by_source).toEqual([
      { source: 'chatgpt', kind: 'conversation', documents: COUNT, messages: (COUNT - 1) * 2 + 24 },
    ]);
    for (const { id } of site.conversations.values()) {
      const found = await engine('find', { source: 'chatgpt', external_id: id });
      expect(found?.complete, id).toBe(true);
    }
    expect(site.asked.most).toBe(1);
    // again only what was under way at one of the three deaths
    const read = answered();
    expect(read.length - new Set(read).size).toBeLessThanOrEqual(3);
    await third.close();
  }, 400_000);

  it('reads only what is new when it repeats', async () => {
    const before = internet.seen.length;
    const changed = site.conversations.get(uuid(7));
    changed?.messages.push(
      { id: uuid(7, 50), role: 'user', text: 'And quinces?', time: MAY + 90_000_000 },
      { id: uuid(7, 51), role: 'assistant', text: 'In April.', time: MAY + 90_000_001 },
    );
    const tab = await home();
    await control({ wish: 'start' });
    const done = await until(state, (now) => now?.state === 'done' && now.listed === COUNT, 60_000);
    expect(done).toMatchObject({ kept: 1, already: COUNT - 1 });
    const asked = internet.seen.slice(before).flatMap(({ path }) => /\/conversations?\/([^/?]+)/.exec(path)?.[1] ?? []);
    expect([...new Set(asked)]).toEqual([uuid(7)]);
    await tab.close();
  }, 240_000);

  it('pauses when nobody is signed in, and asks nothing while capture is paused', async () => {
    site.signedIn = false;
    const tab = await home();
    await control({ wish: 'start' });
    await until(state, (now) => now?.state === 'paused', 90_000);
    expect(await state()).toMatchObject({ reason: 'not_signed_in' });
    site.signedIn = true;
    await console.evaluate(() => chrome.storage.local.set({ 'consent.paused_until': 'until_resumed' }));
    const before = internet.seen.length;
    await control({ wish: 'resume' });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(internet.seen.slice(before).filter(({ host }) => host === 'chatgpt.com')).toEqual([]);
    expect(await state()).toMatchObject({ state: 'listing', blocked: 'paused' });
    await console.evaluate(() => chrome.storage.local.set({ 'consent.paused_until': null }));
    await until(state, (now) => now?.state === 'done', 60_000);
    await tab.close();
  }, 240_000);
});

/** What the console page and its browser have. */
declare const ask: (name: string, input: unknown) => Promise<unknown>;
declare const chrome: {
  storage: { local: { set(items: Record<string, unknown>): Promise<void> } };
  runtime: {
    connect(options: { name: string }): {
      onMessage: { addListener(listener: (states: HistoryState[]) => void): void };
      disconnect(): void;
    };
  };
};
