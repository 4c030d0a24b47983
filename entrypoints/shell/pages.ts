/**
 * Pages that are kept by being read, seen from the background: where the script that waits in pages runs, whether a page
 * may be kept, and the keeping. It decides at the moment of keeping, whatever the page's script was told before.
 */
import { browser } from 'wxt/browser';
import type { Browser } from 'wxt/browser';
import { storage } from 'wxt/utils/storage';
import { decidePage, isNews, type KeepLevel, keptAddress, noteKept, type Noted } from '../../engine/capture/pages';
import type { Capture, CapturedPage } from '../../engine/capture/types';
import { EngineError } from '../../engine/errors';
import { createLane } from '../../engine/lane';
import { readConsent, watchConsent } from './consent';
import { type Handlers, PAGES_CHANGED, type PageRead } from './messages';
import { isPermitted, originsWanted, readPagesSetting, watchPagesSetting } from './pages-setting';
import { noteTab } from './pages-tab';
import { readPdf } from './read-pdf';
import { MATCHES, siteOf } from './sites';
import { refusal } from './tab-state';

const SCRIPT = 'watch-page';

const lately = storage.defineItem<Noted[]>('local:pages.lately', { fallback: [] });

export interface ReadPages {
  handlers: Pick<Handlers, 'mayKeepPage' | 'pageRead' | 'pageUnsuitable'>;
}

export interface ReadPagesOptions {
  /** Resolves once the capture is on disk. */
  keep(capture: Capture): Promise<unknown>;
  /** What is said of the tab has changed. */
  changed(tab: Browser.tabs.Tab): Promise<void>;
  onFailure(work: Promise<unknown>, what: string): void;
}

/** Called synchronously at the start of the background: it registers listeners. */
export function keepReadPages({ keep, changed, onFailure }: ReadPagesOptions): ReadPages {
  // Apart: a tab that does not answer must hold up nothing. In turn:
  // what is read, changed and written again must not be done twice at once
  const scriptTurns = createLane();
  const turns = createLane();
  const sync = () => {
    onFailure(scriptTurns(setScripts).then(reachOpenTabs), 'the scripts that wait in pages could not be set');
  };
  watchPagesSetting(sync);
  watchConsent(() => {
    onFailure(tellPages(), 'pages could not be told');
  });
  browser.permissions.onAdded.addListener(sync);
  browser.permissions.onRemoved.addListener(sync);
  // an update takes registered scripts away, and the pages that are open have those of the version before
  browser.runtime.onInstalled.addListener(sync);
  browser.runtime.onStartup.addListener(sync);
  browser.tabs.onRemoved.addListener((tabId) => {
    onFailure(
      turns(() => noteTab(tabId, null)),
      'a tab could not be forgotten',
    );
  });

  async function pageRead(read: PageRead, tab: Browser.tabs.Tab): Promise<boolean> {
    const level = await levelFor(read.url, tab);
    if (level === null || tab.id === undefined) return false;
    let capture: CapturedPage | null;
    try {
      capture = level === 'address' ? addressOf(read, tab) : await readText(tab.id, read);
    } catch (error) {
      // a PDF of pictures, or one that the browser no longer holds
      if (!EngineError.from(error).code.startsWith('pdf_')) throw error;
      await note(tab, read.url, 'unsuitable');
      return false;
    }
    // the user may have said no while the page was read
    if (capture === null || (await levelFor(read.url, tab)) !== level) return false;
    if (isNews(capture, await lately.getValue(), Date.now())) {
      await keep(capture);
      const kept = capture;
      await turns(async () => {
        await lately.setValue(noteKept(kept, await lately.getValue(), Date.now()));
      });
    }
    await note(tab, read.url, 'kept');
    return true;
  }
  async function note(tab: Browser.tabs.Tab, url: string, is: 'kept' | 'unsuitable'): Promise<void> {
    const { id } = tab;
    if (id !== undefined) await turns(() => noteTab(id, { url, is }));
    await changed(tab);
  }

  return {
    handlers: {
      async mayKeepPage({ url }, { tab }) {
        const decision = decidePage(url, await readPagesSetting());
        const off = decision.keep === null && decision.why === 'off';
        return { level: tab ? await levelFor(url, tab) : null, off };
      },
      async pageRead(read, { tab, frameId }) {
        if (!tab || (frameId ?? 0) !== 0) return { kept: false };
        return { kept: await pageRead(read, tab) };
      },
      async pageUnsuitable({ url }, { tab }) {
        if (tab) await note(tab, url, 'unsuitable');
        return null;
      },
    },
  };
}

/** How much of this page may be kept now; null for none. */
async function levelFor(url: string, tab: Browser.tabs.Tab): Promise<KeepLevel | null> {
  if (siteOf(url) !== null || refusal(url, tab.incognito, await readConsent()) !== null) return null;
  return decidePage(url, await readPagesSetting()).keep;
}

function addressOf(read: PageRead, tab: Browser.tabs.Tab): CapturedPage | null {
  const url = keptAddress(read.canonical);
  if (url === null) return null;
  const host = new URL(url).hostname.replace(/^www\./u, '');
  // a viewer's page has no title of its own
  const title = (read.title.trim() || (read.pdf ? tab.title?.trim() : '')) ?? '';
  const words = (title || url).replace(/[[\]]/gu, '\\$&');
  return {
    kind: 'page',
    origin: 'visit',
    id: url,
    url,
    title: title || null,
    author: null,
    site_name: host,
    language: null,
    published_at: null,
    captured_at: new Date().toISOString(),
    markdown: `[${words}](${url.replace(/[()]/gu, (mark) => (mark === '(' ? '%28' : '%29'))})`,
    note: null,
    metadata: { level: 'address', visits: 1, read_seconds: Math.round(read.seconds) },
  };
}

/** Null where the tab has moved on, or the page is none to keep any more. */
async function readText(tabId: number, read: PageRead): Promise<CapturedPage | null> {
  const page = read.pdf ? await readPdf(tabId, read.url, null) : await readPage(tabId, read.url);
  const url = page === null ? null : keptAddress(page.url);
  if (page === null || url === null) return null;
  return {
    ...page,
    origin: 'visit',
    id: url,
    url,
    metadata: { ...page.metadata, level: 'text', visits: 1, read_seconds: Math.round(read.seconds) },
  };
}

async function readPage(tabId: number, url: string): Promise<CapturedPage | null> {
  const target = { tabId };
  await browser.scripting.executeScript({ target, files: ['/remember-page.js'] });
  const [answer] = await browser.scripting.executeScript({
    target,
    func: (address: string) => globalThis.commonplaceRemembering?.readVisited(address) ?? null,
    args: [url],
  });
  return answer?.result ?? null;
}

/** Makes the script wait where it is wanted and permitted, and nowhere else. Resolves with where. */
async function setScripts(): Promise<string[]> {
  const wanted = originsWanted(await readPagesSetting());
  const permitted: string[] = [];
  for (const origin of wanted) if (await isPermitted([origin])) permitted.push(origin);
  const [registered] = await browser.scripting.getRegisteredContentScripts({ ids: [SCRIPT] });
  if (permitted.length === 0) {
    if (registered) await browser.scripting.unregisterContentScripts({ ids: [SCRIPT] });
  } else {
    const script = {
      id: SCRIPT,
      js: ['/watch-page.js'],
      matches: permitted,
      excludeMatches: MATCHES,
      runAt: 'document_idle',
      allFrames: false,
      persistAcrossSessions: true,
    } as const;
    const write = registered ? browser.scripting.updateContentScripts : browser.scripting.registerContentScripts;
    await write([{ ...script, js: [...script.js] }]);
  }
  return permitted;
}

async function reachOpenTabs(permitted: string[]): Promise<void> {
  await tellPages();
  if (permitted.length > 0) await joinOpenTabs(permitted);
}

/** Scripts that wait in open pages ask again; where keeping was turned off, they end. */
async function tellPages(): Promise<void> {
  const tabs = await browser.tabs.query({});
  await Promise.all(
    tabs.map(async ({ id }) => {
      if (id !== undefined) await browser.tabs.sendMessage(id, PAGES_CHANGED).catch(() => undefined); // most have none
    }),
  );
}

async function joinOpenTabs(origins: string[]): Promise<void> {
  const tabs = await browser.tabs.query({ url: origins });
  // all at once: a tab that is frozen answers when it thaws
  await Promise.all(
    tabs.map(async ({ id, discarded, url }) => {
      if (id === undefined || discarded || siteOf(url) !== null) return;
      try {
        await browser.scripting.executeScript({ target: { tabId: id }, files: ['/watch-page.js'] });
      } catch (error) {
        // a tab that shows an error page, or was closed meanwhile; it gets its script when it loads again
        console.debug('commonplace: a tab was passed over', error);
      }
    }),
  );
}
