/**
 * Builds the benchmark's page from the engine's sources and runs it, isolated as the extension is, in a Chromium: the
 * engine at each size in one profile, then every peer in a browser and a profile of its own.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { extname, join, normalize, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { build, type Plugin } from 'vite';
import { onnxruntime } from '../../scripts/vite-onnxruntime';
import { findChromium } from '../harness/chromium';
import type { Spread } from './page/measure';
import type { PeerName } from './page/peers';
import type { CaptureRate, FillTimes, RecallTimes } from './page/worker';

export interface PeerResult {
  name: PeerName;
  build_ms?: number;
  times?: Spread;
  /** Of the true ten nearest vectors, the part found; absent for a search by words. */
  nearest?: number;
  memory_mb?: number;
  disk_mb?: number;
  restart_ms?: number;
  /** Why what is missing is missing. */
  failure?: string;
}

export interface SizeResult {
  chunks: number;
  fill: FillTimes;
  recall: RecallTimes;
  nearest: number;
  capture: CaptureRate;
  memory_mb: number;
  wasm_mb: number;
  disk_mb: number;
  restart_ms: number;
  /** Load of the machine when recall was timed. */
  load: number;
  peers: PeerResult[];
}

export interface EnginePageResults {
  open: { store_ms: number; isolated: boolean; storage: string };
  embedding: { ready_ms: number; question: Spread };
  /** Passages of 128 tokens a second, by threads. */
  rates: Record<number, number>;
  sizes: SizeResult[];
  /** After every second conversation of the last size was deleted. */
  halved: { chunks: number; delete_ms: number; vacuum_ms: number; recall: RecallTimes } | null;
}

/** A peer that is not through after this long is said not to be, in ms by size. */
const PEER_LIMIT_MS = (size: number) => (size <= 10_000 ? 120_000 : 600_000);
const VECTOR_PEERS: PeerName[] = ['voy-search', 'EntityDB', 'loop over vectors'];

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

export async function runEnginePage({
  sizes,
  peers,
  say,
}: {
  sizes: number[];
  peers: boolean;
  say: (line: string) => void;
}): Promise<EnginePageResults> {
  const installed = installPeers(say);
  const root = resolve('.cache', 'bench-page');
  await build({
    configFile: false,
    root: resolve('tests/bench/page'),
    base: '/',
    logLevel: 'warn',
    plugins: [onnxruntime({ webgpu: true }), peerPackages()],
    worker: { format: 'es', plugins: () => [onnxruntime({ webgpu: true }), peerPackages()] },
    build: { target: 'esnext', outDir: root, emptyOutDir: true, assetsInlineLimit: 0, reportCompressedSize: false },
  });
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file =
      path === '/data-dir.tar.gz'
        ? resolve('.cache', 'data-dir.tar.gz')
        : path.startsWith('/models/')
          ? resolve(`.${path}`)
          : join(root, path === '/' ? 'index.html' : path);
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const profile = mkdtempSync(join(tmpdir(), 'commonplace-bench-'));
  try {
    let page = await openPage(profile, origin, 'engine', say);
    try {
      const open = await page.call<EnginePageResults['open']>('open');
      const embedding = await page.call<EnginePageResults['embedding']>('embeddingTimes', 30);
      const rates: Record<number, number> = {};
      for (const threads of [1, 2]) rates[threads] = await page.call<number>('embedRate', threads);
      say(`    store ${Math.round(open.store_ms)} ms, a question's embedding ${embedding.question[0].toFixed(0)} ms`);
      const results: SizeResult[] = [];
      let have = 0;
      for (const size of sizes) {
        const fill = await page.call<FillTimes>('fill', have, size);
        have = size;
        say(`    ${size} chunks filled in ${seconds(fill.rows_ms + fill.index_ms)}`);
        await page.call('close');
        await page.close();
        const disk = directoryMb(profile, ['File System', 'IndexedDB']);
        page = await openPage(profile, origin, 'engine', say);
        const restart = await page.call<number>('restart', size);
        const load = loadavg()[0] ?? 0;
        const recall = await page.call<RecallTimes>('times', size, 100);
        const memory = page.memoryMb();
        const wasm = (await page.call<number>('wasmBytes')) / 2 ** 20;
        const nearest = await page.call<number>('nearest', size, 20);
        const capture = await page.call<CaptureRate>('captureRate', 30);
        say(
          `    recall ${recall.fused.map((t) => t.toFixed(1)).join(' / ')} ms, words ${recall.words.map((t) => t.toFixed(1)).join(' / ')}, restart ${Math.round(restart)} ms, nearest ${(100 * nearest).toFixed(1)} %`,
        );
        results.push({
          chunks: size,
          fill,
          recall,
          nearest,
          capture,
          memory_mb: memory,
          wasm_mb: wasm,
          disk_mb: disk,
          restart_ms: restart,
          load,
          peers: [],
        });
      }
      let halved: EnginePageResults['halved'] = null;
      if (have > 0) {
        const deleted = await page.call<{ delete_ms: number; vacuum_ms: number }>('deleteHalf');
        halved = { chunks: have / 2, ...deleted, recall: await page.call<RecallTimes>('times', have + 7, 60) };
        say(`    half deleted in ${seconds(deleted.delete_ms)}, vacuumed in ${seconds(deleted.vacuum_ms)}`);
      }
      await page.call('close');
      await page.close();
      if (peers) {
        for (const result of results) {
          for (const name of PEERS) {
            const measured: PeerResult =
              installed || !FROM_PEERS.has(name)
                ? await measurePeer(name, result.chunks, origin, say)
                : { name, failure: 'not installed: run `npm ci --ignore-scripts` in tests/bench/peers' };
            result.peers.push(measured);
          }
        }
      }
      return { open, embedding, rates, sizes: results, halved };
    } finally {
      await page.close();
    }
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

const PEERS: PeerName[] = [
  'MiniSearch',
  'Orama, words',
  'Orama, hybrid',
  'voy-search',
  'EntityDB',
  'loop over vectors',
];
const FROM_PEERS = new Set<PeerName>(['voy-search', 'EntityDB']);

function installPeers(say: (line: string) => void): boolean {
  const directory = resolve('tests/bench/peers');
  if (existsSync(join(directory, 'node_modules'))) return true;
  say('    installs voy-search and EntityDB into tests/bench/peers');
  return spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: directory, stdio: 'ignore' }).status === 0;
}

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

async function measurePeer(
  name: PeerName,
  size: number,
  origin: string,
  say: (line: string) => void,
): Promise<PeerResult> {
  const result: PeerResult = { name };
  const profile = mkdtempSync(join(tmpdir(), 'commonplace-bench-'));
  const limit = PEER_LIMIT_MS(size);
  let page = await openPage(profile, origin, 'peers', say);
  // each step is worth having without those after it
  const steps: Array<[what: string, step: () => Promise<void>]> = [
    ['build', async () => void (result.build_ms = await page.call<number>('build', name, size))],
    ['search', async () => void (result.times = await page.call<Spread>('times', size, 60, limit / 10))],
    ['memory', async () => void (result.memory_mb = page.memoryMb())],
    [
      'recall',
      async () => {
        // what a search takes decides how many are worth it
        const questions = (result.times?.[0] ?? 0) > 1000 ? 3 : 20;
        if (VECTOR_PEERS.includes(name)) result.nearest = await page.call<number>('nearest', size, questions);
      },
    ],
    [
      'save',
      async () => {
        await page.call('save');
        await page.close();
        result.disk_mb = directoryMb(profile, ['File System', 'IndexedDB']);
      },
    ],
    [
      'restart',
      async () => {
        page = await openPage(profile, origin, 'peers', say);
        result.restart_ms = await page.call<number>('restart', name, size);
      },
    ],
  ];
  try {
    for (const [what, step] of steps) {
      try {
        await within(Promise.race([step(), page.crashed]), limit);
      } catch (error) {
        const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
        result.failure = `${what}: ${message.replace(/^page\.evaluate: /, '').slice(0, 120)}`;
        break;
      }
    }
  } finally {
    await page.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
  say(
    `    ${name}, ${size}: ${result.times ? result.times.map((t) => t.toFixed(1)).join(' / ') + ' ms' : ''} ${result.failure ?? ''}`,
  );
  return result;
}

interface RunningPage {
  call<Result>(name: string, ...input: Array<number | string>): Promise<Result>;
  /** Proportional set size of the browser's processes for pages. */
  memoryMb(): number;
  /** Rejects when the page's process dies. */
  crashed: Promise<never>;
  close(): Promise<void>;
}

async function openPage(
  profile: string,
  origin: string,
  which: 'engine' | 'peers',
  say: (line: string) => void,
): Promise<RunningPage> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found.');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ['--no-first-run', '--disable-background-networking', '--disable-component-update'],
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
    call: <Result>(name: string, ...input: Array<number | string>) =>
      page.evaluate(
        ([method, values]) => {
          const { bench } = globalThis as unknown as { bench: Record<string, (...v: unknown[]) => Promise<never>> };
          return (bench[method] as (...v: unknown[]) => Promise<Result>)(...values);
        },
        [name, input] as const,
      ),
    memoryMb: () => rendererMb(profile),
    close: () => (closed ??= context.close()),
  };
}

async function within<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not through after ${Math.round(milliseconds / 1000)} s`));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Proportional set size of the processes that the browser of this profile started for its pages. */
function rendererMb(profile: string): number {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\n');
  const processes = lines.flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] as string }] : [];
  });
  const ours = new Set(processes.filter(({ command }) => command.includes(profile)).map(({ pid }) => pid));
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parent } of processes) {
      if (!ours.has(parent) || ours.has(pid)) continue;
      ours.add(pid);
      grown = true;
    }
  }
  let kilobytes = 0;
  for (const { pid, command } of processes) {
    if (!ours.has(pid) || !command.includes('--type=renderer')) continue;
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  }
  return kilobytes / 1024;
}

function directoryMb(profile: string, names: string[]): number {
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

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
