/**
 * Everything into a file and back, and a ChatGPT export in, in a page of a Chromium with the engine in it: time, and what
 * the browser's processes took beyond what they have with the database open. Each step is in a browser started anew.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChatGptExport, writeChatGptExport } from './chatgpt-export';
import type { ExchangeWorker } from './page/exchange';
import { openPage, type RunningPage, servePage } from './page-server';
import { countTaken, idleOf, type Taken } from './processes';

export interface Measured extends Taken {
  ms: number;
}
type Facts = Awaited<ReturnType<ExchangeWorker['facts']>>;

interface Official {
  file: ChatGptExport;
  look: Measured;
  take: Measured;
}

export interface ExchangeResults {
  load: number;
  official: Official;
  embedded: { conversations: number; chunks: number; words: Measured; vectors: Measured };
  database: Facts;
  exported: Measured & { bytes: number };
  checked: Measured;
  imported: Measured;
  copy: Measured & { bytes: number };
  dump: (Measured & { bytes: number }) | { failure: string };
}

export interface LargeResults {
  load: number;
  database: Facts;
  exported: Measured & { bytes: number };
  checked: Measured;
  official: Official;
}

const MESSAGES_EACH = 20;

export async function measureExchange(
  { messages, embedded }: { messages: number; embedded: number },
  say: (line: string) => void,
): Promise<ExchangeResults> {
  return inBrowsers(say, async ({ folder, within }) => {
    const load = loadavg()[0] ?? 0;
    const conversations = Math.round(messages / MESSAGES_EACH);
    const { official, database } = await takeOfficial(within, say, join(folder, 'official.zip'), { conversations });
    const { exported, checked } = await exportEverything(within, say, 'official');
    const imported = await within('own', false, async (call, counted) => {
      return counted('import into an empty database', () => call<void>('importExported', official.file.last_word));
    });
    const { copy, dump } = await within('official', false, async (call, counted) => {
      const snapshot = await counted('copy inside', () => call<{ bytes: number }>('snapshot'));
      const dumped = await counted('dumpDataDir', () => call<{ bytes: number }>('dumpDataDir')).catch(
        (error: unknown) => ({
          failure: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
        }),
      );
      return { copy: snapshot, dump: dumped };
    });
    const few = writeChatGptExport(join(folder, 'few.zip'), { conversations: embedded, messages: MESSAGES_EACH });
    const ofFew = await within('few', true, async (call, counted, page) => {
      await page.give(join(folder, 'few.zip'));
      const { id } = await call<{ id: string }>('look');
      const words = await counted(`${embedded} conversations in`, () => call<void>('take', id, few.last_word));
      const vectors = await counted('until embedded', () => call<void>('embedded'));
      const { chunks } = await call<Facts>('facts');
      return { conversations: embedded, chunks, words, vectors };
    });
    return { load, official, embedded: ofFew, database, exported, checked, imported, copy, dump };
  });
}

/** A database with so many MB of text, and a ChatGPT export of twice as many: conversations, and pictures for the rest. */
export async function measureLarge(megabytes: number, say: (line: string) => void): Promise<LargeResults> {
  return inBrowsers(say, async ({ folder, within }) => {
    const load = loadavg()[0] ?? 0;
    const database = await within('large', false, async (call, counted) => {
      await counted('filled', () => call<void>('fill', megabytes * 1e6));
      return call<Facts>('facts');
    });
    const { exported, checked } = await exportEverything(within, say, 'large');
    const { official } = await takeOfficial(within, say, join(folder, 'official.zip'), {
      conversations: megabytes * 5,
      atLeast: 2 * megabytes * 1e6,
    });
    return { load, database, exported, checked, official };
  });
}

type Call = <Result>(name: keyof ExchangeWorker, ...input: Array<string | number | boolean>) => Promise<Result>;
type Counted = <Result>(
  what: string,
  work: () => Promise<Result>,
) => Promise<Measured & (Result extends void ? unknown : Result)>;
/** A database of this name, open in a browser started anew. */
type Within = <Result>(
  directory: string,
  embeds: boolean,
  work: (call: Call, counted: Counted, page: RunningPage) => Promise<Result>,
) => Promise<Result>;

async function inBrowsers<Result>(
  say: (line: string) => void,
  work: (given: { folder: string; within: Within }) => Promise<Result>,
): Promise<Result> {
  const { origin, close } = await servePage();
  const profile = mkdtempSync(join(tmpdir(), 'commonplace-bench-'));
  const folder = mkdtempSync(join(tmpdir(), 'commonplace-bench-files-'));
  const within: Within = async (directory, embeds, use) => {
    const page = await openPage(profile, origin, 'exchange', say);
    try {
      await page.call('open', directory, embeds);
      const idle = idleOf(profile);
      const counted: Counted = async (what, step) => {
        const end = countTaken(profile, idle);
        const started = performance.now();
        const result = await Promise.race([step(), page.crashed]);
        const measured = { ms: performance.now() - started, ...end() };
        const most = Object.entries(measured.by_type)
          .filter(([, mb]) => mb >= 5)
          .map(([type, mb]) => `${type} ${Math.round(mb)}`);
        say(
          `    ${what}: ${(measured.ms / 1000).toFixed(1)} s, ${measured.processor_s.toFixed(1)} s of a processor, ` +
            `${Math.round(measured.above_mb)} MB above ${Math.round(measured.idle_mb)} (${most.join(', ')})`,
        );
        return { ...measured, ...result } as never;
      };
      const result = await use((name, ...input) => page.call(name, ...input), counted, page);
      await page.call('close');
      return result;
    } finally {
      await page.close();
    }
  };
  try {
    return await work({ folder, within });
  } finally {
    close();
    for (const left of [profile, folder])
      rmSync(left, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

async function takeOfficial(
  within: Within,
  say: (line: string) => void,
  path: string,
  { conversations, atLeast = 0 }: { conversations: number; atLeast?: number },
): Promise<{ official: Official; database: Facts }> {
  const file = writeChatGptExport(path, { conversations, messages: MESSAGES_EACH, atLeast });
  say(`    a ChatGPT export of ${conversations} conversations, ${Math.round(file.bytes / 1e6)} MB`);
  const result = await within('official', false, async (call, counted, page) => {
    await page.give(path);
    const { id, ...look } = await counted('look', () => call<{ id: string; messages: number }>('look'));
    if (look.messages !== file.messages) throw new Error(`${look.messages} messages of ${file.messages} were seen`);
    const take = await counted('import until found by words', () => call<void>('take', id, file.last_word));
    return { official: { file, look, take }, database: await call<Facts>('facts') };
  });
  if (result.database.messages !== file.messages)
    throw new Error(`${result.database.messages} messages of ${file.messages} came in`);
  return result;
}

async function exportEverything(within: Within, say: (line: string) => void, directory: string) {
  const exported = await within(directory, false, (call, counted) =>
    counted('export', () => call<{ bytes: number }>('exportAll')),
  );
  say(`    ${Math.round(exported.bytes / 1e6)} MB were exported`);
  const checked = await within(directory, false, (call, counted) =>
    counted('reading it back', () => call<void>('checkExport')),
  );
  return { exported, checked };
}
