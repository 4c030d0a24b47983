/** Chromium and Firefox as one thing, for suites that must hold in both. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { ElementHandle, Page as FirefoxPage } from 'puppeteer-core';
import type { Engine } from '../../engine/api';
import { launchChromium } from './chromium';
import { launchFirefox } from './firefox';

/** What Playwright's and Puppeteer's pages have in common and the suites use. */
export interface Tab {
  goto(url: string): Promise<unknown>;
  evaluate<Result, Argument>(
    work: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
  click(selector: string): Promise<unknown>;
  type(selector: string, text: string): Promise<void>;
  close(): Promise<void>;
}

export interface RunningBrowser {
  /** Gives a file to a field of the page, as a person who picked it. */
  pick(tab: Tab, selector: string, path: string): Promise<void>;
  /** A tab of the web. */
  newTab(): Promise<Tab>;
  /** A page of the extension. */
  open(path: string): Promise<Tab>;
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface BrowserKind {
  name: 'chromium' | 'firefox';
  /**
   * `downloads`: where files that a page saves land, without a question. `permits`: Firefox gives what a click asks for, because no
   * prompt can be answered here.
   */
  launch(options: {
    profile: string;
    proxyPort: number;
    downloads?: string;
    permits?: boolean;
  }): Promise<RunningBrowser>;
}

const OUTPUT = process.env.WXT_OUTDIR ?? join(import.meta.dirname, '../../.output');

export const CHROMIUM: BrowserKind = {
  name: 'chromium',
  async launch({ downloads, permits: _firefox, ...options }) {
    const running = await launchChromium({ ...options, extension: built('chrome-mv3') });
    if (downloads !== undefined) {
      const session = await running.context.browser()?.newBrowserCDPSession();
      await session?.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
    }
    return {
      pick: (tab, selector, path) => running.pick(tab as Page, selector, path),
      newTab: async () => await running.context.newPage(),
      open: async (path) => await running.open(path),
      kill: running.kill,
      close: running.close,
    };
  },
};

export const FIREFOX: BrowserKind = {
  name: 'firefox',
  async launch({ downloads, permits = false, ...options }) {
    const preferences = {
      ...(permits ? { 'extensions.webextOptionalPermissionPrompts': false } : {}),
      ...(downloads === undefined
        ? {}
        : {
            'browser.download.folderList': 2,
            'browser.download.dir': downloads,
            'browser.download.useDownloadDir': true,
            'browser.download.always_ask_before_handling_new_types': false,
          }),
    };
    const running = await launchFirefox({ ...options, preferences, extension: built('firefox-mv3') });
    return {
      async pick(tab, selector, path) {
        const field = await (tab as unknown as FirefoxPage).$(selector);
        await (field as ElementHandle<HTMLInputElement> | null)?.uploadFile(path);
      },
      newTab: async () => (await running.browser.newPage()) as unknown as Tab,
      open: async (path) => (await running.open(path)) as unknown as Tab,
      kill: running.kill,
      close: running.close,
    };
  },
};

function built(folder: string): string {
  const path = join(OUTPUT, folder);
  if (!existsSync(join(path, 'manifest.json'))) throw new Error(`${path} is not built: run npm run build first.`);
  return path;
}

export function freshProfile(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'commonplace-profile-'));
  return {
    path,
    remove() {
      try {
        rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
      } catch (error) {
        // Firefox may write a last file after it has ended; what is left lies in the system's temporary folder
        console.warn('a profile could not be removed', error);
      }
    },
  };
}

type Method = keyof Engine;

/** Calls the engine from the console page as a user's script would. */
export function engineIn(page: Tab) {
  return <Name extends Exclude<Method, 'subscribe' | 'close'>>(
    method: Name,
    ...args: Parameters<Engine[Name]>
  ): Promise<Awaited<ReturnType<Engine[Name]>>> =>
    page.evaluate(
      async ({ method, args }) => {
        const { engine } = globalThis as unknown as {
          engine: Record<string, (...values: unknown[]) => Promise<unknown>>;
        };
        return engine[method]?.(...args);
      },
      { method: method, args: args },
    ) as Promise<Awaited<ReturnType<Engine[Name]>>>;
}

/** Waits until `read` gives something that `accept` takes; the last thing read is in the error otherwise. */
export async function until<Value>(
  read: () => Promise<Value>,
  accept: (value: Value) => boolean,
  timeoutMs = 90_000,
): Promise<Value> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    if (Date.now() > end)
      throw new Error(`Still not so after ${timeoutMs} ms: ${String(JSON.stringify(value)).slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
