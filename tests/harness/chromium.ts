/** A real Chromium with the built extension in a profile of its own, in a process group that can be killed whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export interface ChromiumOptions {
  /** Kept between launches to test what survives. */
  profile: string;
  extension: string;
  /** Port of the {@link startInternet} proxy. */
  proxyPort: number;
  args?: string[];
  headless?: boolean;
  /** Where the browser is; found on the PATH when not given. */
  executable?: string;
  /** Command put in front of the browser, e.g. `['strace', …]`. */
  wrapper?: string[];
}

export interface RunningChromium {
  context: BrowserContext;
  extensionId: string;
  process: ChildProcess;
  /** A page of the extension, e.g. `sidepanel.html`. */
  open(path: string): Promise<Page>;
  /** Gives a file, or a folder, to a field of the page, as a person who picked it. */
  pick(page: Page, selector: string, path: string): Promise<void>;
  /** Kills the whole process group at once, as a power button for processes. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const CANDIDATES = [
  process.env.COMMONPLACE_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

export function findChromium(): string | null {
  return CANDIDATES.find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null;
}

/**
 * @throws when it cannot be found or does not start. One that starts and then answers nothing at all is killed and started
 *   again, once: seen about once in 50 starts with several side by side on two cores, before any page of the extension was
 *   asked for.
 */
export async function launchChromium(options: ChromiumOptions): Promise<RunningChromium> {
  try {
    return await launch(options, 25_000);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'TimeoutError')) throw error;
    console.warn(`Chromium answered nothing and is started again: ${error.message.split('\n')[0]}`);
    return launch(options, 90_000);
  }
}

async function launch(options: ChromiumOptions, patienceMs: number): Promise<RunningChromium> {
  const executable = options.executable ?? findChromium();
  if (!executable) throw new Error('No Chromium was found: install it, or set COMMONPLACE_CHROMIUM to its path.');
  mkdirSync(join(options.profile, 'Default'), { recursive: true });
  const preferences = join(options.profile, 'Default', 'Preferences');
  // without developer mode an extension that reloads itself stays off
  if (!existsSync(preferences))
    writeFileSync(preferences, JSON.stringify({ extensions: { ui: { developer_mode: true } } }));
  for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket', 'DevToolsActivePort']) {
    rmSync(join(options.profile, name), { force: true });
  }

  const [command, ...args] = [
    ...(options.wrapper ?? []),
    executable,
    ...(options.headless === false ? [] : ['--headless=new']),
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    `--user-data-dir=${options.profile}`,
    `--load-extension=${options.extension}`,
    `--disable-extensions-except=${options.extension}`,
    '--remote-debugging-port=0',
    `--proxy-server=127.0.0.1:${options.proxyPort}`,
    '--ignore-certificate-errors',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-default-apps',
    '--disable-domain-reliability',
    '--disable-client-side-phishing-detection',
    '--disable-search-engine-choice-screen',
    '--no-first-run',
    '--no-default-browser-check',
    // the address field's list as a page, drawn at every start: two thirds of a second of a processor
    '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup',
    '--window-size=1200,900',
    ...(options.args ?? []),
    'about:blank',
  ];
  const child = spawn(command, args, { detached: true, stdio: 'ignore' });
  const kill = () =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) {
        resolve();
        return;
      }
      child.once('exit', () => {
        resolve();
      });
      killGroup(child.pid);
    });

  try {
    const port = await debuggingPort(options.profile, child);
    const browser: Browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { timeout: patienceMs });
    const context = browser.contexts()[0] as BrowserContext;
    const extensionId = await findExtension(browser);
    return {
      context,
      extensionId,
      process: child,
      async open(path) {
        const page = await context.newPage();
        const address = `chrome-extension://${extensionId}/${path}`;
        // refused while Chromium loads the extension once more at its start: seen once in some thousand
        for (let attempt = 1; ; attempt++) {
          try {
            await page.goto(address);
            return page;
          } catch (error) {
            if (attempt === 20 || !String(error).includes('ERR_BLOCKED_BY_CLIENT')) throw error;
            await new Promise((resolve) => setTimeout(resolve, 250));
          }
        }
      },
      async pick(page, selector, path) {
        // by its path: Playwright sends no more than 50 MB to a browser that it did not start
        const session = await context.newCDPSession(page);
        const { root } = await session.send('DOM.getDocument', { depth: -1 });
        const { nodeId } = await session.send('DOM.querySelector', { nodeId: root.nodeId, selector });
        await session.send('DOM.setFileInputFiles', { nodeId, files: [path] });
        await session.detach();
      },
      kill,
      async close() {
        const session = await browser.newBrowserCDPSession();
        const exited = new Promise((resolve) => child.once('exit', resolve));
        await session.send('Browser.close').catch(() => undefined); // the answer may lose the race with the exit
        await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 5_000))]);
        await kill();
      },
    };
  } catch (error) {
    await kill();
    throw error;
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // already gone
  }
}

async function debuggingPort(profile: string, child: ChildProcess): Promise<number> {
  const file = join(profile, 'DevToolsActivePort');
  for (let waited = 0; waited < 90_000; waited += 50) {
    if (child.exitCode !== null) throw new Error(`Chromium ended with ${child.exitCode} before it could be reached.`);
    if (existsSync(file)) {
      const port = Number(readFileSync(file, 'utf8').split('\n')[0]);
      if (port > 0) return port;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('Chromium did not open its debugging port within 90 s.');
}

async function findExtension(browser: Browser): Promise<string> {
  const session = await browser.newBrowserCDPSession();
  for (let waited = 0; waited < 60_000; waited += 100) {
    const { targetInfos } = await session.send('Target.getTargets', { filter: [{}] });
    for (const { url } of targetInfos) {
      const id = /^chrome-extension:\/\/([a-p]{32})\//.exec(url)?.[1];
      if (id) {
        await session.detach();
        return id;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The extension did not start in Chromium.');
}
