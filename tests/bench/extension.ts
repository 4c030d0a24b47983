/** What is measured on the built extension in a real Chromium: starting, keeping, typing, and what it all weighs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import type { EngineStatus } from '../../engine/api';
import type { Capture } from '../../engine/capture/types';
import { launchChromium, type RunningChromium } from '../harness/chromium';
import { startInternet } from '../harness/internet';
import { createCorpus, randomFrom } from './page/corpus';
import { spread, type Spread } from './page/measure';
import { processesFrom, pssMb } from './processes';

export interface ExtensionResults {
  /** Fresh profile: from the start of the browser's process, in ms. */
  cold: { browser: number; words: number; meaning: number };
  /** Kept profile, a browser that has settled: from the navigation to the page; the median of {@link REOPENED}. */
  reopen: { words: number; meaning: number };
  /** The same as soon as the browser answers, while it still starts itself. */
  reopen_at_start: { words: number };
  captured: Array<{ bytes: number; times: Spread; count: number }>;
  memory: { processes: number; idle_mb: number; after_recall_mb: number };
  keystroke: { words: Spread; count: number };
  documents: number;
  chunks: number;
}

const DOCUMENTS = 40;
const REOPENED = 5;
/** A browser that was just started works for itself for some seconds. */
const SETTLE_MS = 4_000;

export async function measureExtension(extension: string, say: (line: string) => void): Promise<ExtensionResults> {
  const net = await startInternet({});
  const profile = mkdtempSync(join(tmpdir(), 'commonplace-bench-'));
  const launch = () => launchChromium({ profile, extension, proxyPort: net.port });
  let browser: RunningChromium | null = null;
  try {
    // --- cold
    const started = performance.now();
    browser = await launch();
    const browserMs = performance.now() - started;
    const first = await browser.open('console.html');
    await recallOnce(first, 'words');
    const cold = { browser: browserMs, words: performance.now() - started, meaning: 0 };
    await recallOnce(first, 'full');
    cold.meaning = performance.now() - started;
    say(`    cold ${Math.round(cold.words)} ms to words, ${Math.round(cold.meaning)} ms to meaning`);

    // --- something to find
    const corpus = createCorpus(11);
    for (let i = 0; i < DOCUMENTS; i++) {
      await keep(first, conversation(`bench-${i}`, [corpus.question(), corpus.passage().text, corpus.passage().text]));
    }
    const status = await settle(first);
    await browser.close();

    // --- reopen
    const atStart: number[] = [];
    const words: number[] = [];
    const meaning: number[] = [];
    let page = first;
    for (let i = 0; i < REOPENED; i++) {
      browser = await launch();
      atStart.push(await timeTo(await browser.open('console.html'), 'words'));
      await browser.close();
    }
    for (let i = 0; i < REOPENED; i++) {
      if (i > 0) await browser.close();
      browser = await launch();
      await new Promise((settled) => setTimeout(settled, SETTLE_MS));
      page = await browser.open('console.html');
      words.push(await timeTo(page, 'words'));
      meaning.push(await timeTo(page, 'full'));
    }
    const reopen = { words: spread(words)[0], meaning: spread(meaning)[0] };
    say(`    reopen ${Math.round(reopen.words)} ms to words, ${Math.round(reopen.meaning)} ms to meaning`);

    // --- memory
    await settle(page);
    const idle = memoryOf(browser);
    const ask = createCorpus(12);
    for (let i = 0; i < 20; i++) await recallOnce(page, 'full', ask.question());
    const after = memoryOf(browser);

    const keystroke = await measureKeystrokes(browser);
    say(`    keystroke ${keystroke.words[0].toFixed(0)} ms p50`);

    // --- acknowledged; last, because what is embedded of it is of no use to the others
    const captured: ExtensionResults['captured'] = [];
    for (const [bytes, count] of [
      [1_000, 40],
      [50_000, 25],
      [1_000_000, 8],
    ] as const) {
      captured.push({ bytes, count, times: await measureAcknowledged(page, bytes, count) });
    }
    return {
      cold,
      reopen,
      reopen_at_start: { words: spread(atStart)[0] },
      captured,
      memory: { processes: idle.processes, idle_mb: idle.mb, after_recall_mb: after.mb },
      keystroke,
      documents: status.documents,
      chunks: status.chunks,
    };
  } finally {
    await browser?.kill();
    await net.close();
    // the killed browser's children may still write for a moment
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** Milliseconds from the navigation to the page until a recall of this mode has answered. */
async function timeTo(page: Page, mode: 'words' | 'full'): Promise<number> {
  await recallOnce(page, mode);
  return page.evaluate(() => performance.now());
}

/** Resolves when a recall of this mode has answered; a full one only with meaning, so it waits for the model. */
async function recallOnce(page: Page, mode: 'words' | 'full', text = 'ready'): Promise<void> {
  await page.evaluate(
    async ([wanted, question]) => {
      interface Engine {
        recall(query: object): Promise<{ used_meaning: boolean }>;
      }
      const { engine } = globalThis as unknown as { engine: Engine };
      for (;;) {
        const { used_meaning } = await engine.recall({ text: question, mode: wanted });
        if (wanted === 'words' || used_meaning) return;
        await new Promise((done) => setTimeout(done, 20));
      }
    },
    [mode, text] as const,
  );
}

async function settle(page: Page): Promise<EngineStatus> {
  for (;;) {
    const status = await page.evaluate(() =>
      (globalThis as unknown as { engine: { status(): Promise<EngineStatus> } }).engine.status(),
    );
    if (status.outbox_waiting === 0 && status.chunks_waiting === 0 && status.documents > 0) return status;
    await new Promise((done) => setTimeout(done, 200));
  }
}

function conversation(id: string, texts: string[]): Capture {
  const at = new Date().toISOString();
  return {
    kind: 'conversation',
    site: 'chatgpt',
    id,
    url: `https://chatgpt.com/c/${id}`,
    title: texts[0]?.slice(0, 60) ?? id,
    created_at: at,
    updated_at: at,
    captured_at: at,
    strategy: 'json-tree',
    coverage: 'all',
    complete: true,
    messages: texts.map((markdown, index) => ({
      id: `${id}-${index}`,
      parent_id: index === 0 ? null : `${id}-${index - 1}`,
      role: index % 2 === 0 ? 'user' : 'assistant',
      author: null,
      model: null,
      created_at: at,
      markdown,
      finished: true,
      on_active_branch: true,
      attachments: [],
      metadata: {},
    })),
    metadata: {},
  };
}

/** Milliseconds from a page's message to the background's answer, which comes when the capture is on disk. */
function keep(page: Page, capture: Capture): Promise<number> {
  return page.evaluate(async (given) => {
    const { ask } = globalThis as unknown as { ask(name: string, input: unknown): Promise<{ seq?: number }> };
    const before = performance.now();
    const { seq } = await ask('capture', given);
    if (seq === undefined) throw new Error('the capture was refused');
    return performance.now() - before;
  }, capture);
}

async function measureAcknowledged(page: Page, bytes: number, count: number): Promise<Spread> {
  const corpus = createCorpus(bytes);
  const times: number[] = [];
  const texts: string[] = [];
  for (let left = bytes - 1_200; left > 0; left -= texts.at(-1)?.length ?? left)
    texts.push(corpus.passage().text.slice(0, left));
  for (let i = 0; i < count + 2; i++) {
    // one conversation that grows at its end, as a chat does
    const time = await keep(page, conversation(`bench-acknowledged-${bytes}`, [...texts, corpus.passage().text]));
    if (i >= 2) times.push(time);
    await new Promise((done) => setTimeout(done, 250));
  }
  return spread(times);
}

/** Proportional set size of all processes that run the extension's pages and workers. */
function memoryOf(browser: RunningChromium): { processes: number; mb: number } {
  const root = browser.process.pid ?? 0;
  const own = processesFrom(({ pid }) => pid === root).filter(({ command }) => command.includes('--extension-process'));
  return { processes: own.length, mb: pssMb(own) };
}

/**
 * From a key to the frame with its results painted: the key's own time stamp, to the task after the frame in which the
 * rows changed.
 */
async function measureKeystrokes(browser: RunningChromium): Promise<ExtensionResults['keystroke']> {
  const panel = await browser.open('sidepanel.html');
  await panel.bringToFront(); // a page behind another has no frames
  await panel.setViewportSize({ width: 400, height: 800 });
  await panel.waitForSelector('.row');
  await panel.evaluate(() => {
    const watch = { pressed: 0, painted: 0 };
    Object.assign(globalThis, { keystroke: watch });
    addEventListener(
      'keydown',
      (event) => {
        watch.pressed = event.timeStamp;
        watch.painted = 0;
      },
      true,
    );
    new MutationObserver((changes) => {
      if (watch.pressed === 0 || watch.painted > 0) return;
      const inRows = (node: Node) =>
        (node instanceof Element ? node : node.parentElement)?.closest('.rows') !== null ||
        (node instanceof Element && node.querySelector('.row') !== null);
      if (!changes.some(({ target, addedNodes }) => inRows(target) || [...addedNodes].some(inRows))) return;
      requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => {
          if (watch.painted === 0) watch.painted = performance.now();
        };
        after.port2.postMessage(null); // runs after the frame is painted
      });
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  const random = randomFrom(5);
  const times: number[] = [];
  const field = panel.locator('input').first();
  const titles = await panel.locator('.row').allInnerTexts();
  for (let i = 0; i < 30; i++) {
    // words that are there, typed to the last letter: that letter brings the rows
    const words = (titles[Math.floor(random() * titles.length)] ?? '').split(/\s+/).filter((word) => word.length > 4);
    const word = words[Math.floor(random() * words.length)] ?? 'word';
    await field.fill('');
    await panel.waitForTimeout(150);
    await field.fill(word.slice(0, -1));
    await panel.waitForTimeout(450);
    await panel.keyboard.press(word.slice(-1));
    await panel.waitForTimeout(500);
    const { pressed, painted } = await panel.evaluate(
      () => (globalThis as unknown as { keystroke: { pressed: number; painted: number } }).keystroke,
    );
    if (painted > 0 && i >= 3) times.push(painted - pressed);
  }
  await panel.close();
  return { words: spread(times), count: times.length };
}

export interface Part {
  name: string;
  bytes: number;
  zipped: number;
}

/** The package by part, and what each comes to when zipped. */
export function weigh(extension: string): Part[] {
  const parts = new Map<string, Part>();
  const files = readdirSync(extension, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files) {
    const path = join(entry.parentPath, entry.name);
    const name = partOf(relative(extension, path));
    const part = parts.get(name) ?? { name, bytes: 0, zipped: 0 };
    part.bytes += statSync(path).size;
    part.zipped += deflateRawSync(readFileSync(path), { level: 9 }).length + 100; // and its entry in the archive
    parts.set(name, part);
  }
  return [...parts.values()].sort((a, b) => b.bytes - a.bytes);
}

function partOf(path: string): string {
  if (path.startsWith('models/'))
    return /\.onnx$/.test(path) ? `model: ${path.split('/').at(-1)}` : 'model: tokenizer and rest';
  if (/ort.*\.(wasm|mjs)$/.test(path)) return 'onnxruntime';
  if (/data-dir/.test(path)) return 'prebuilt database';
  if (/(pglite|initdb|vector|textsearch).*\.(wasm|data|gz|tar)/.test(path) || /\.(data|tar\.gz)$/.test(path))
    return 'Postgres (PGlite and extensions)';
  if (/\.wasm$/.test(path)) return 'Postgres (PGlite and extensions)';
  if (/\.(js|html|css)$/.test(path)) return 'code and styles';
  return 'icons, words, manifest';
}

export function browserVersion(executable: string): string {
  return execFileSync(executable, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
