/**
 * The engine at each size in a page of a Chromium and in one profile, then every peer in a browser and a profile of its
 * own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Spread } from './page/measure';
import type { PeerName } from './page/peers';
import type { CaptureRate, FillTimes, RecallTimes } from './page/worker';
import { directoryMb, openPage, servePage } from './page-server';

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
  halved: {
    chunks: number;
    delete_ms: number;
    vacuum_ms: number;
    recall: RecallTimes;
    /** Making the index of vectors anew, and recall after it. */
    renew_ms: number;
    renewed: RecallTimes;
  } | null;
}

/** A peer that is not through after this long is said not to be, in ms by size. */
const PEER_LIMIT_MS = (size: number) => (size <= 10_000 ? 120_000 : 600_000);
const VECTOR_PEERS: PeerName[] = ['voy-search', 'EntityDB', 'loop over vectors'];

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
  const { origin, close } = await servePage();
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
        const recall = await page.call<RecallTimes>('times', have + 7, 60);
        say(`    half deleted in ${seconds(deleted.delete_ms)}, vacuumed in ${seconds(deleted.vacuum_ms)}`);
        const renewMs = await page.call<number>('renewIndex');
        const renewed = await page.call<RecallTimes>('times', have + 8, 60);
        halved = { chunks: have / 2, ...deleted, recall, renew_ms: renewMs, renewed };
        say(`    index made anew in ${seconds(renewMs)}`);
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
    close();
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

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
