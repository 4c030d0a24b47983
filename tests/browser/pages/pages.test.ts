/** Pages that are kept by being read, held against the built extension in a real browser. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineIn, until } from '../../harness/browser';
import { findChromium, launchChromium, type RunningChromium } from '../../harness/chromium';
import { type Internet, type Site, startInternet } from '../../harness/internet';

/** In pages of the extension. */
declare const chrome: {
  scripting: { getRegisteredContentScripts(): Promise<unknown[]> };
  storage: { local: { get(key: string): Promise<Record<string, unknown>>; set(items: object): Promise<void> } };
};

const BUILT = join(import.meta.dirname, '../../../.output/chrome-mv3');

const sentence = (about: string, n: number) =>
  `The ${about} of harbour ${n} was built by people who knew the tide, the stone and the long patience of the sea.`;
const prose = (about: string, sentences: number) =>
  Array.from({ length: sentences }, (_, n) => `<p style="margin: 2em 0">${sentence(about, n)}</p>`).join('');
const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body>${body}</body></html>`;

/** A text that is another each time it is asked for. */
let edition = 0;
const PAGES: Record<string, () => string> = {
  '/scrolled': () => page('Scrolled', `<article><h1>Scrolled</h1>${prose('lighthouse', 40)}</article>`),
  '/unscrolled': () => page('Unscrolled', `<article><h1>Unscrolled</h1>${prose('pier', 40)}</article>`),
  '/opened': () => page('Opened', `<article><h1>Opened</h1>${prose('quay', 6)}</article>`),
  '/short': () => page('Short', `<article><h1>Short</h1>${prose('buoy', 5)}</article>`),
  '/changing': () => page('Changing', `<article><h1>Changing</h1>${prose(`beacon ${++edition}`, 6)}</article>`),
  '/signin': () => page('Members', `<article>${prose('club', 8)}</article><form><input type="password"></form>`),
  '/app': () =>
    page(
      'First',
      `<main id="main"><article><h1>First</h1>${prose('first mole', 6)}</article></main>
      <script>function go() {
        history.pushState(null, '', '/app/second');
        document.title = 'Second';
        document.getElementById('main').innerHTML = ${JSON.stringify(`<article><h1>Second</h1>${prose('second mole', 6)}</article>`)};
      }</script>`,
    ),
};
const site: Site = (request, response) => {
  const made = PAGES[new URL(request.url ?? '/', 'https://x.example').pathname];
  response
    .writeHead(made ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    .end(made?.());
};

describe.skipIf(!findChromium())('pages that are read', () => {
  const root = mkdtempSync(join(tmpdir(), 'commonplace-pages-'));
  let internet: Internet;
  let browser: RunningChromium;
  let engine: ReturnType<typeof engineIn>;
  let panel: Page;

  /** The extension with the permission that the click would ask for: no prompt can be answered here. */
  function permitted(): string {
    const copy = join(root, 'extension');
    cpSync(BUILT, copy, { recursive: true });
    const path = join(copy, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    manifest.host_permissions = manifest.optional_host_permissions;
    writeFileSync(path, JSON.stringify(manifest));
    return copy;
  }

  beforeAll(async () => {
    internet = await startInternet({
      'gazette.example': site,
      'addresses.example': site,
      'www.doctolib.fr': site,
      localhost: site,
    });
    browser = await launchChromium({
      profile: join(root, 'profile'),
      extension: permitted(),
      proxyPort: internet.port,
      args: ['--proxy-bypass-list=<-loopback>'],
    });
    engine = engineIn(await browser.open('console.html'));
    panel = await browser.open('sidepanel.html');
    await panel.getByRole('button', { name: 'Menu' }).click();
    await panel.getByRole('button', { name: 'Pages you read' }).click();
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  async function open(url: string): Promise<Page> {
    const tab = await browser.context.newPage();
    await tab.goto(url, { waitUntil: 'load' });
    return tab;
  }
  /** Worlds of the extension in a tab. */
  async function worldsIn(tab: Page): Promise<number> {
    const session = await browser.context.newCDPSession(tab);
    const worlds: string[] = [];
    session.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.origin.startsWith('chrome-extension:')) worlds.push(context.name);
    });
    await session.send('Runtime.enable');
    await session.detach();
    return worlds.length;
  }
  const everywhere = (choice: 'Off' | 'Keep their text' | 'Keep only address and title') =>
    panel.getByRole('group', { name: 'On every site' }).getByLabel(choice).click();
  /** Titles and texts of what is kept, by address. */
  async function kept(): Promise<Record<string, string>> {
    await engine('drainOutbox');
    const all: Record<string, string> = {};
    for (const { id, url, title } of await engine('timeline', { limit: 100 })) {
      const { messages } = await engine('read', id);
      expect(all).not.toHaveProperty([url ?? '']); // each page once
      all[url ?? ''] = `${title ?? ''}\n${messages[0]?.markdown ?? ''}`;
    }
    return all;
  }
  const addresses = async () => Object.keys(await kept()).sort();

  it('are not even looked at before the user turns it on', async () => {
    const tab = await open('https://gazette.example/short');
    expect(await worldsIn(tab)).toBe(0);
    await tab.close();
  });

  it('are kept once when they were really read, and no others', async () => {
    await everywhere('Keep their text');
    await panel.getByLabel('Site to keep pages of').fill('addresses.example');
    await panel.getByLabel('Site to keep pages of').press('Enter');
    await panel.getByLabel('What is kept of addresses.example').selectOption('address');
    await until(
      () => panel.evaluate(() => chrome.scripting.getRegisteredContentScripts()),
      (scripts) => scripts.length === 1,
    );

    const before = internet.seen.length;
    const scrolled = await open('https://gazette.example/scrolled?utm_source=mail&token=s3cret#part');
    const html = await scrolled.evaluate(() => document.documentElement.outerHTML);
    expect(await worldsIn(scrolled)).toBe(1);
    await scrolled.mouse.wheel(0, 100_000);
    const tabs = [scrolled];
    for (const url of [
      'https://gazette.example/unscrolled',
      'https://gazette.example/short',
      'https://gazette.example/changing',
      'https://gazette.example/signin',
      'https://gazette.example/app',
      'https://addresses.example/short',
      'https://www.doctolib.fr/short',
      'http://localhost/short',
    ])
      tabs.push(await open(url));
    const glanced = await open('https://gazette.example/opened');
    await glanced.waitForTimeout(3_000);
    await glanced.close();

    const expected = [
      'https://addresses.example/short',
      'https://gazette.example/app',
      'https://gazette.example/changing',
      'https://gazette.example/scrolled',
      'https://gazette.example/short',
    ];
    await until(addresses, (found) => found.length >= expected.length);
    await panel.waitForTimeout(3_000);
    expect(await addresses()).toEqual(expected);

    const all = await kept();
    expect(all['https://gazette.example/scrolled']).toContain(sentence('lighthouse', 39));
    expect(all['https://addresses.example/short']).toBe('Short\n[Short](https://addresses.example/short)');
    expect(await scrolled.evaluate(() => document.documentElement.outerHTML)).toBe(html);

    // an application's next page is its own
    await tabs[5]?.evaluate('go()');
    // a page that changed is read again
    await tabs[3]?.reload();
    const then = await until(
      kept,
      (found) =>
        'https://gazette.example/app/second' in found && Object.values(found).some((text) => text.includes('beacon 2')),
    );
    expect(then['https://gazette.example/app/second']).toMatch(/^Second\n[^]*second mole/);
    expect(then['https://gazette.example/app']).toMatch(/^First\n[^]*first mole/);
    expect(then['https://gazette.example/changing']).toContain(sentence('beacon 2', 5));
    expect(then['https://gazette.example/changing']).not.toContain('beacon 1');
    expect(Object.keys(then).sort()).toEqual([...expected, 'https://gazette.example/app/second'].sort());

    // nobody but the pages asked for anything
    const asked = internet.seen
      .slice(before)
      .filter(({ host, path }) => /example|doctolib|localhost/u.test(host) && path !== '/favicon.ico')
      .map(({ host, path }) => host + path);
    expect(asked).toEqual([
      'gazette.example/scrolled?utm_source=mail&token=s3cret',
      'gazette.example/unscrolled',
      'gazette.example/short',
      'gazette.example/changing',
      'gazette.example/signin',
      'gazette.example/app',
      'addresses.example/short',
      'www.doctolib.fr/short',
      'localhost/short',
      'gazette.example/opened',
      'gazette.example/changing',
    ]);
    expect(internet.seen.filter(({ origin }) => origin?.startsWith('chrome-extension:'))).toEqual([]);
    for (const tab of tabs) await tab.close();
  });

  it('are said to be kept in the panel’s header', async () => {
    const tab = await open('https://gazette.example/scrolled');
    await tab.bringToFront();
    const status = panel.locator('.status');
    await until(
      () => status.innerText(),
      (text) => text.includes('once you have read it'),
    );
    await tab.mouse.wheel(0, 100_000);
    await until(
      () => status.innerText(),
      (text) => text.includes('This page is kept'),
    );
    await tab.close();
  });

  it('are let alone where the user says so, while they are paused, without the permission, and when it is turned off', async () => {
    await panel.evaluate(async () => {
      const { 'pages.setting': setting } = await chrome.storage.local.get('pages.setting');
      await chrome.storage.local.set({
        'pages.setting': { ...(setting as object), never: { added: ['gazette.example/opened'], removed: [] } },
      });
    });
    const listed = await open('https://gazette.example/opened');
    await listed.waitForTimeout(18_000);
    expect(await addresses()).not.toContain('https://gazette.example/opened');
    await listed.close();

    await panel.evaluate(() => chrome.storage.local.set({ 'consent.paused_until': 'until_resumed' }));
    const paused = await open('https://addresses.example/changing');
    await paused.waitForTimeout(18_000);
    expect(await addresses()).not.toContain('https://addresses.example/changing');
    await panel.evaluate(() => chrome.storage.local.set({ 'consent.paused_until': null }));
    await paused.close();

    // the browser's own page for extensions, where a person would take the permission away
    const extensions = await browser.context.newPage();
    await extensions.goto(`chrome://extensions/?id=${browser.extensionId}`);
    const access = (hostAccess: string) =>
      extensions.evaluate(
        async ([extensionId, wanted]) =>
          (
            chrome as unknown as { developerPrivate: { updateExtensionConfiguration(change: object): Promise<void> } }
          ).developerPrivate.updateExtensionConfiguration({ extensionId, hostAccess: wanted }),
        [browser.extensionId, hostAccess],
      );
    await access('ON_CLICK');
    await until(
      () => panel.evaluate(() => chrome.scripting.getRegisteredContentScripts()),
      (scripts) => scripts.length === 0,
    );
    await panel.getByText('The browser does not let Commonplace see pages any more').waitFor();
    await access('ON_ALL_SITES');
    await until(
      () => panel.evaluate(() => chrome.scripting.getRegisteredContentScripts()),
      (scripts) => scripts.length === 1,
    );
    await extensions.close();

    await panel.getByRole('button', { name: 'Remove addresses.example' }).click();
    await everywhere('Off');
    await until(
      () => panel.evaluate(() => chrome.scripting.getRegisteredContentScripts()),
      (scripts) => scripts.length === 0,
    );
    const off = await open('https://gazette.example/short');
    expect(await worldsIn(off)).toBe(0);
    await off.close();
  });
});
