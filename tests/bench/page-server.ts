/** The benchmark's page: built from the engine's sources, served isolated as the extension is, opened in a Chromium. */
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { build, type Plugin } from 'vite';
import { CONTENT_TYPES } from '../harness/content-types';
import { onnxruntime } from '../../scripts/vite-onnxruntime';
import { webLlm } from '../../scripts/vite-web-llm';
import { wllama } from '../../scripts/vite-wllama';
import { findChromium } from '../harness/chromium';
import type { BenchWorkerName } from './page/main';
import { rendererMb } from './processes';

/** Builds the page and serves it until it is closed; `instead` says which files lie elsewhere, by their paths. */
export async function servePage(instead: Record<string, string> = {}): Promise<{ origin: string; close: () => void }> {
  const root = resolve('.cache', 'bench-page');
  await build({
    configFile: false,
    root: resolve('tests/bench/page'),
    base: '/',
    logLevel: 'warn',
    plugins: plugins(),
    worker: { format: 'es', plugins },
    build: { target: 'esnext', outDir: root, emptyOutDir: true, assetsInlineLimit: 0, reportCompressedSize: false },
  });
  const elsewhere: Record<string, string> = {
    '/': join(root, 'index.html'),
    '/data-dir.tar.gz': resolve('.cache', 'data-dir.tar.gz'),
    ...instead,
  };
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = elsewhere[path] ?? (path.startsWith('/models/') ? resolve(`.${path}`) : join(root, path));
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const plugins = (): Plugin[] => [onnxruntime({ webgpu: true }), wllama(), webLlm({ on: true }), peerPackages()];

/** Resolves `#peers/…`; to nothing where they are not installed, so that the rest can be measured. */
function peerPackages(): Plugin {
  const packages = resolve('tests/bench/peers/node_modules');
  const files: Record<string, string> = {
    '#peers/voy': 'voy-search/voy_search_bg.js',
    '#peers/voy.wasm?url': 'voy-search/voy_search_bg.wasm?url',
    '#peers/entity-db': '@babycommando/entity-db/src/index.js',
  };
  return {
    name: 'peers',
    enforce: 'pre',
    resolveId(id) {
      const file = files[id];
      if (file === undefined) return undefined;
      const path = join(packages, file);
      return existsSync(path.replace(/\?.*$/, '')) ? path : '\0no-peer';
    },
    load: (id) => (id === '\0no-peer' ? 'export default null; export {}' : undefined),
  };
}

export interface RunningPage {
  call<Result>(name: string, ...input: Array<number | string | boolean>): Promise<Result>;
  /** Gives the worker files of this machine, as a person who picks them. */
  give(...paths: string[]): Promise<void>;
  /** Proportional set size of the browser's processes for pages. */
  memoryMb(): number;
  /** Rejects when the page's process dies. */
  crashed: Promise<never>;
  close(): Promise<void>;
}

export async function openPage(
  profile: string,
  origin: string,
  which: BenchWorkerName,
  say: (line: string) => void,
  args: string[] = [],
): Promise<RunningPage> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found.');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ['--no-first-run', '--disable-background-networking', '--disable-component-update', ...args],
    chromiumSandbox: process.getuid?.() !== 0,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('404')) say(`    page: ${message.text()}`);
  });
  const crashed = new Promise<never>((_, reject) => {
    page.on('crash', () => {
      reject(new Error('the page ran out of memory or crashed'));
    });
  });
  crashed.catch(() => undefined); // heard only by calls that are waiting
  await page.goto(origin);
  await page.waitForFunction(() => 'start' in globalThis);
  await page.evaluate((worker) => {
    (globalThis as unknown as { start(which: string): void }).start(worker);
  }, which);
  let closed: Promise<void> | undefined;
  return {
    crashed,
    call: <Result>(name: string, ...input: Array<number | string | boolean>) =>
      page.evaluate(
        ([method, values]) => {
          const { bench } = globalThis as unknown as { bench: Record<string, (...v: unknown[]) => Promise<never>> };
          return (bench[method] as (...v: unknown[]) => Promise<Result>)(...values);
        },
        [name, input] as const,
      ),
    async give(...paths) {
      await page.setInputFiles('input', paths);
      await page.evaluate(() => (globalThis as unknown as { give(): Promise<void> }).give());
    },
    memoryMb: () => rendererMb(profile),
    close: () => (closed ??= context.close()),
  };
}

export function directoryMb(profile: string, names: string[]): number {
  let bytes = 0;
  for (const name of names) {
    const root = join(profile, 'Default', name);
    if (!existsSync(root)) continue;
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      // blocks, not length: files of a pool are made with room
      if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).blocks * 512;
    }
  }
  return bytes / 2 ** 20;
}
