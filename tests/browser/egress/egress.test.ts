/**
 * Nothing leaves: capture, embedding, search, "Remember this" and deletion with a recorder as the whole internet.
 * A browser without the extension shows the same pages for comparison.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../engine/api';
import { findChromium, launchChromium, type RunningChromium } from '../../harness/chromium';
import { createChatGptSite, type SiteConversation } from '../../harness/chatgpt-site';
import { type Internet, type Site, startInternet } from '../../harness/internet';

const BUILT = join(import.meta.dirname, '../../../.output/chrome-mv3');

const CONVERSATION: SiteConversation = {
  id: '11111111-1111-4111-8111-111111111111',
  title: 'Tea',
  messages: [
    {
      id: 'a1111111-1111-4111-8111-111111111111',
      role: 'user',
      text: 'How long to steep oolong?',
      time: 1_760_000_000,
    },
    {
      id: 'b1111111-1111-4111-8111-111111111111',
      role: 'assistant',
      text: 'Steep oolong for three minutes, ![a cup](https://images.example/cup.png) and [read more](https://tea.example/).',
      time: 1_760_000_010,
    },
  ],
};

/** Addresses whose readers, in libraries like ours, would ask a third party when a page says little. */
const PAGES = [
  'https://blog.example/bread',
  'https://x.com/someone/status/1234567890',
  'https://www.youtube.com/watch?v=abcdefghijk',
  'https://www.bilibili.com/video/BV1xx411c7mD',
  'https://www.reddit.com/r/bread/comments/abc123/flat_sourdough/',
];
const article: Site = (_request, response) => {
  const paragraph = '<p>The starter was too young; feed it for a week, warm, and bake again with less water.</p>';
  response
    .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    .end(`<!doctype html><title>Flat bread</title><article><h1>Flat bread</h1>${paragraph.repeat(6)}</article>`);
};
const hosts = [...new Set(PAGES.map((page) => new URL(page).hostname))];

/** Chromium's own services, which it asks with no extension at all and when it likes. One more is a finding. */
const OF_THE_BROWSER = new Set([
  'accounts.google.com', // the list of accounts
  'android.clients.google.com', // push registration
  'clients2.google.com', // clock, extension updates
  'clients2.googleusercontent.com',
  'clientservices.googleapis.com', // field trials
  'content-autofill.googleapis.com', // forms of a page
  'edgedl.me.gvt1.com', // component updates
  'mtalk.google.com', // push
  'optimizationguide-pa.googleapis.com', // its own models
  'redirector.gvt1.com',
  'safebrowsing.googleapis.com',
  'safebrowsingohttpgateway.googleapis.com',
  'update.googleapis.com', // components
  'www.google.com', // search suggestions
]);

interface Run {
  internet: Internet;
  browser: RunningChromium | { context: BrowserContext; close(): Promise<void> };
  close(): Promise<void>;
}

describe.skipIf(!findChromium())('nothing leaves', () => {
  const root = mkdtempSync(join(tmpdir(), 'commonplace-egress-'));
  const runs: Run[] = [];
  const pageRequests = (internet: Internet) =>
    internet.seen
      // the browser asks for icons when it finds the time
      .filter(({ host, path }) => !OF_THE_BROWSER.has(host) && path !== '/favicon.ico')
      .map(({ method, host, path }) => `${method} ${host}${path}`)
      .sort();

  async function start(name: string, extension: string): Promise<Run> {
    const site = createChatGptSite([structuredClone(CONVERSATION)]);
    const internet = await startInternet({
      'chatgpt.com': site.site,
      ...Object.fromEntries(hosts.map((host) => [host, article])),
    });
    const browser = await launchChromium({ profile: join(root, name), extension, proxyPort: internet.port });
    const run = {
      internet,
      browser,
      async close() {
        await browser.close();
        await internet.close();
      },
    };
    runs.push(run);
    return run;
  }

  /** The same walk for both: one conversation, then each page. Resolves with the tab's number of each page. */
  async function visit({ browser }: Run, onPage: (url: string) => Promise<void>): Promise<void> {
    const tab = await browser.context.newPage();
    for (const url of [`https://chatgpt.com/c/${CONVERSATION.id}`, ...PAGES]) {
      await tab.goto(url, { waitUntil: 'load' });
      await tab.waitForTimeout(1_500);
      await onPage(url);
    }
    await tab.close();
  }

  /** The extension with permission to read every page, which a click would give; nothing else differs. */
  function permitted(): string {
    const copy = join(root, 'extension');
    cpSync(BUILT, copy, { recursive: true });
    const path = join(copy, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { host_permissions: string[]; permissions: string[] };
    manifest.host_permissions = ['https://*/*'];
    manifest.permissions.push('tabs');
    writeFileSync(path, JSON.stringify(manifest));
    return copy;
  }

  /** An extension that does nothing, so that the control run starts in the same way. */
  function empty(): string {
    const folder = join(root, 'empty');
    cpSync(join(BUILT, 'icon'), join(folder, 'icon'), { recursive: true });
    writeFileSync(
      join(folder, 'manifest.json'),
      JSON.stringify({
        manifest_version: 3,
        name: 'Nothing',
        version: '1',
        background: { service_worker: 'nothing.js' },
      }),
    );
    writeFileSync(join(folder, 'nothing.js'), '');
    return folder;
  }

  let control: string[] = [];
  beforeAll(async () => {
    const run = await start('control', empty());
    await visit(run, async () => undefined);
    control = pageRequests(run.internet);
    await run.close();
  });
  afterAll(async () => {
    for (const run of runs) await run.close().catch(() => undefined); // most are closed already
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });

  it('capture, embedding, search, keeping pages and deletion make no request beyond the pages’ own', async () => {
    const run = await start('extension', permitted());
    const browser = run.browser as RunningChromium;
    const console = await browser.open('console.html');
    const panel = await browser.open('sidepanel.html');
    const kept: string[] = [];
    await visit(run, async (url) => {
      if (!PAGES.includes(url)) return;
      await console.evaluate(async (address) => {
        const { chrome, ask } = globalThis as unknown as {
          chrome: { tabs: { query(where: object): Promise<Array<{ id: number; url: string }>> } };
          ask(name: string, input: object): Promise<unknown>;
        };
        const tab = (await chrome.tabs.query({})).find((one) => one.url === address);
        if (!tab) throw new Error(`There is no tab with ${address}.`);
        await ask('rememberTab', { tabId: tab.id, note: null });
      }, url);
      kept.push(url);
    });
    const result = await console.evaluate(async () => {
      const { engine } = globalThis as unknown as { engine: Engine };
      await engine.drainOutbox();
      for (let waited = 0; waited < 60_000; waited += 200) {
        const { embedder, chunks_waiting } = await engine.status();
        if (embedder.state === 'ready' && chunks_waiting === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      const found = await engine.recall({ text: 'why did the loaf not rise' });
      const documents = await engine.timeline({});
      const [first] = documents;
      if (first) {
        await engine.read(first.id);
        await engine.forget({ document_ids: [first.id] });
        await engine.purgeForgotten();
      }
      return { documents: documents.map(({ url }) => url), hits: found.hits.length, meaning: found.used_meaning };
    });
    await panel.getByRole('textbox').first().fill('oolong');
    await panel.waitForTimeout(1_000);

    expect(kept).toEqual(PAGES);
    expect(result.documents).toHaveLength(PAGES.length + 1);
    expect(result).toMatchObject({ meaning: true });
    expect(result.hits).toBeGreaterThan(0);
    expect(control).toContain(`GET chatgpt.com/c/${CONVERSATION.id}`);
    expect(pageRequests(run.internet)).toEqual(control);
    expect(run.internet.seen.filter(({ origin }) => origin?.startsWith('chrome-extension:'))).toEqual([]);
    await run.close();
  });
});
