/** A real Firefox with the built extension, driven over WebDriver BiDi. */
import { existsSync, mkdirSync } from 'node:fs';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

export interface FirefoxOptions {
  profile: string;
  extension: string;
  proxyPort: number;
  preferences?: Record<string, unknown>;
  headless?: boolean;
}

export interface RunningFirefox {
  browser: Browser;
  /** The extension's origin, `moz-extension://…`. */
  origin: string;
  /** A page of the extension, e.g. `sidepanel.html`. */
  open(path: string): Promise<Page>;
  /** Kills all of the browser's processes at once. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const ID = 'commonplace@commonplace.invalid';
/** Fixed, so that a page's address is known before the extension has said it. */
const UUID = '5f4c2f6e-3a63-4c1e-9a70-6b0d5c2e7a11';

export function findFirefox(): string | null {
  const candidates = [
    process.env.COMMONPLACE_FIREFOX,
    '/usr/bin/firefox-esr',
    '/usr/bin/firefox',
    '/snap/bin/firefox',
    '/Applications/Firefox.app/Contents/MacOS/firefox',
  ];
  return candidates.find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null;
}

export async function launchFirefox(options: FirefoxOptions): Promise<RunningFirefox> {
  const executablePath = findFirefox();
  if (!executablePath) throw new Error('No Firefox was found: install it, or set COMMONPLACE_FIREFOX to its path.');
  mkdirSync(options.profile, { recursive: true });
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: options.headless ?? true,
    userDataDir: options.profile,
    acceptInsecureCerts: true,
    // lets BiDi navigate to and evaluate in moz-extension: pages
    args: ['--remote-allow-system-access'],
    extraPrefsFirefox: {
      'extensions.webextensions.uuids': JSON.stringify({ [ID]: UUID }),
      'extensions.webextensions.keepStorageOnUninstall': true,
      'extensions.webextensions.keepUuidOnUninstall': true,
      'network.proxy.type': 1,
      'network.proxy.http': '127.0.0.1',
      'network.proxy.http_port': options.proxyPort,
      'network.proxy.ssl': '127.0.0.1',
      'network.proxy.ssl_port': options.proxyPort,
      'network.proxy.no_proxies_on': '',
      ...options.preferences,
    },
  });
  await browser.installExtension(options.extension);
  const origin = `moz-extension://${UUID}`;
  return {
    browser,
    origin,
    async open(path) {
      const page = await browser.newPage();
      // Firefox loads it but BiDi never reports the end of this navigation
      page.goto(`${origin}/${path}`).catch(() => undefined);
      const loaded = () =>
        page.waitForFunction(() => document.readyState === 'complete' && location.protocol === 'moz-extension:');
      // the page may be replaced while it is waited for; the wait then fails and is begun again
      const again = () => new Promise((resolve) => setTimeout(resolve, 250)).then(loaded);
      await loaded().catch(loaded).catch(again).catch(again);
      return page;
    },
    async kill() {
      const child = browser.process();
      if (!child || child.exitCode !== null) return;
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
    },
    close: () => browser.close(),
  };
}
