import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { build } from 'vite';
import { CONTENT_TYPES } from '../../harness/content-types';
import { dataDirectory } from '../../unit/store/prebuilt';
import type { Ask } from './page/worker';

export type BrowserName = 'chrome' | 'firefox';

const EXECUTABLES = {
  chrome: process.env.CHROMIUM ?? '/usr/bin/chromium',
  firefox: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
};

export interface Site {
  address: string;
  /** Numbers the page said were acknowledged. */
  acknowledged: Set<number>;
  close(): Promise<void>;
}

/** Builds the page and serves it, isolated, on localhost: a secure context, so OPFS is there. */
export async function site(): Promise<Site> {
  const out = await mkdtemp(join(tmpdir(), 'commonplace-page-'));
  await dataDirectory();
  await build({
    configFile: false,
    root: join(import.meta.dirname, 'page'),
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir: out, target: 'esnext', assetsInlineLimit: 0, minify: false },
  });
  const acknowledged = new Set<number>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    if (pathname.startsWith('/acknowledged/')) {
      acknowledged.add(Number(pathname.slice('/acknowledged/'.length)));
      response.end();
      return;
    }
    const file =
      pathname === '/data-dir.tar.gz'
        ? '.cache/data-dir.tar.gz'
        : join(out, pathname === '/' ? 'index.html' : pathname);
    stat(file).then(
      () => {
        response.setHeader('Content-Type', CONTENT_TYPES[extname(file)] ?? 'application/octet-stream');
        createReadStream(file).pipe(response);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}/`,
    acknowledged,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await rm(out, { recursive: true, force: true });
    },
  };
}

export interface Running {
  ask(ask: Ask): Promise<unknown>;
  /** Does not wait for the answer. */
  start(ask: Ask): Promise<void>;
  /** What was done, in order, when a capture was added to the outbox while the engine's thread was at work. */
  addWhileBusy(): Promise<string[]>;
  /** SIGKILL to the browser and everything it started. */
  kill(): Promise<void>;
  close(): Promise<void>;
  /** Most file descriptors any process of the browser holds; Linux only. */
  descriptors(): Promise<number>;
}

export async function launch(name: BrowserName, profile: string, address: string): Promise<Running> {
  const browser: Browser = await puppeteer.launch({
    browser: name,
    executablePath: EXECUTABLES[name],
    userDataDir: profile,
    headless: true,
    protocolTimeout: 600_000,
    ...(name === 'chrome'
      ? {
          args: [
            '--no-sandbox',
            '--disable-quic',
            '--disable-background-networking',
            '--disable-component-update',
            '--no-first-run',
          ],
        }
      : {}),
  });
  const child = browser.process();
  const pid = child?.pid;
  if (!child || pid === undefined) throw new Error('the browser has no process');
  const page: Page = await browser.newPage();
  await page.goto(address);
  await page.waitForFunction(() => 'ask' in window);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  return {
    ask: (ask) => page.evaluate((given) => window.ask(given), ask),
    start: (ask) => page.evaluate((given) => void window.ask(given), ask),
    addWhileBusy: () => page.evaluate(() => window.addWhileBusy()),
    async kill() {
      for (const one of [...(await family(pid)), pid]) killOne(one);
      await gone;
      for (const file of await readdir(profile))
        if (file.startsWith('Singleton')) await rm(join(profile, file), { force: true });
    },
    close: () => browser.close(),
    async descriptors() {
      const counts = await Promise.all([...(await family(pid)), pid].map(descriptorsOf));
      return Math.max(...counts);
    },
  };
}

/** Every process below `pid`, deepest last; a browser's processes leave its group. */
async function family(pid: number): Promise<number[]> {
  const parents = new Map<number, number[]>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const status = await readFile(`/proc/${entry}/stat`, 'utf8').catch(gone);
    const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
    parents.set(parent, [...(parents.get(parent) ?? []), Number(entry)]);
  }
  const below = (one: number): number[] => (parents.get(one) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** A process may end between being listed and being looked at. */
function gone(): string {
  return '';
}

async function descriptorsOf(pid: number): Promise<number> {
  const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return open.length;
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ESRCH') throw error;
  }
}
