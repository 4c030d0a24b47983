/** Builds the benchmark's page from the engine's sources and runs it, isolated as the extension is, in a Chromium. */
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { onnxruntime } from '../../scripts/vite-onnxruntime';
import { findChromium } from '../harness/chromium';
import type { PeerTimes, RecallTimes } from './page/worker';

export interface EnginePageResults {
  open: { store_ms: number; embedder_ms: number; isolated: boolean; storage: string };
  /** Passages of 128 tokens a second, by threads. */
  rates: Record<number, number>;
  sizes: Array<{ fill_ms: number; recall: RecallTimes; peers: PeerTimes }>;
  /** Said when 100,000 passages were left out. */
  left_out: string | null;
}

/** Filling 100,000 passages is worth this long in a run without --full, in ms. */
const FILL_BUDGET_MS = 200_000;

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

export async function runEnginePage({ full, say }: { full: boolean; say: (line: string) => void }) {
  const root = resolve('.cache', 'bench-page');
  await build({
    configFile: false,
    root: resolve('tests/bench/page'),
    base: '/',
    logLevel: 'warn',
    plugins: [onnxruntime({ webgpu: true })],
    worker: { format: 'es', plugins: () => [onnxruntime({ webgpu: true })] },
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
  const profile = mkdtempSync(join(tmpdir(), 'commonplace-bench-'));
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found.');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ['--no-first-run', '--disable-background-networking', '--disable-component-update'],
    chromiumSandbox: process.getuid?.() !== 0,
  });
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('404')) say(`    page: ${message.text()}`);
    });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'bench' in globalThis);
    const call = <Result>(name: string, ...input: number[]): Promise<Result> =>
      page.evaluate(
        ([method, values]) => {
          const { bench } = globalThis as unknown as { bench: Record<string, (...v: number[]) => Promise<never>> };
          return (bench[method] as (...v: number[]) => Promise<never>)(...values);
        },
        [name, input] as const,
      );

    const open = await call<EnginePageResults['open']>('open');
    say(`    store ${Math.round(open.store_ms)} ms, embedder ${Math.round(open.embedder_ms)} ms`);
    const rates: Record<number, number> = {};
    for (const threads of [1, 2]) rates[threads] = await call<number>('embedRate', threads);
    const sizes: EnginePageResults['sizes'] = [];
    let leftOut: string | null = null;
    let perChunk = 0;
    let have = 0;
    for (const size of [1_000, 10_000, 100_000]) {
      const expected = perChunk * (size - have);
      if (size === 100_000 && !full && expected > FILL_BUDGET_MS) {
        leftOut = `100,000 chunks were left out: filling them would take ${Math.round(expected / 1000)} s here; \`npm run bench -- --full\` does.`;
        break;
      }
      const fill = await call<number>('fill', size);
      perChunk = fill / (size - have);
      have = size;
      const recall = await call<RecallTimes>('recallTimes', size >= 100_000 ? 40 : 80);
      const peers = await call<PeerTimes>('peerTimes', size >= 100_000 ? 20 : 40);
      say(
        `    ${size} chunks filled in ${Math.round(fill / 1000)} s; recall ${recall.engine[0].toFixed(1)} ms p50 without, ${recall.whole[0].toFixed(1)} ms with the embedding`,
      );
      sizes.push({ fill_ms: fill, recall, peers });
    }
    await call('close');
    return { open, rates, sizes, left_out: leftOut } satisfies EnginePageResults;
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
