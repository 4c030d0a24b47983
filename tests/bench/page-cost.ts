/**
 * What an adapter costs its site's page: the same local site under two names in one browser, its own, where the content
 * scripts run, and another, where they do not. The difference of the main thread's busy time is theirs; a profile of the
 * first says how much of it was spent in the extension's own functions.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { createChatGptSite } from '../harness/chatgpt-site';
import { launchChromium } from '../harness/chromium';
import { CLAUDE_ORGANISATION, createClaudeSite } from '../harness/claude-site';
import { createGeminiSite } from '../harness/gemini-site';
import { type Site, startInternet } from '../harness/internet';
import { createCorpus } from './page/corpus';

/** Milliseconds of the page's main thread. */
export interface Cost {
  with_extension: number;
  without: number;
  /** Time in the extension's own functions, as sampled; less than the difference, which has their events and GC too. */
  own: number;
  /** Longest task that the browser reported (50 ms and more), 0 when none was. */
  longest_with: number;
  longest_without: number;
}

export interface PageCostResults {
  /** Name of the site. */
  site: string;
  /** Bytes of the page's JavaScript heap at the end, after a collection. */
  heap_with: number;
  heap_without: number;
  /** Per burst of 50 changes in the page. */
  burst: Cost;
  /** Per response with a conversation: it is copied, read, and compared with what is known. */
  response: Cost;
  response_bytes: number;
  /** Per part of a streamed answer. */
  part: Cost;
  bursts: number;
  responses: number;
  parts: number;
}

const OTHER = 'chat.example.org';
const BURSTS = 100;
const RESPONSES = 10;
const PARTS = 150;
const TURNS = 60;
/** The content script looks at the page when it has been still for a while; this is longer. */
const STILL_MS = 3_000;

interface Measured {
  busy: number;
  own: number;
  longest: number;
}

const ID = '2f1b7c60-0000-4000-8000-000000000001';
const idOf = (n: number) => `2f1b7c60-0000-4000-8000-${String(n + 100).padStart(12, '0')}`;
const timeOf = (n: number) => 1_770_000_000 + n * 60;

/** A site with one long conversation, and how a person, or the site's own page, makes it work. */
interface Subject {
  name: string;
  host: string;
  site: Site;
  path: string;
  newChat: string;
  field: string;
  /** What is in the page while an answer is written. */
  writing: string;
  /** Where the text of answers is. */
  answers: string;
  /** The read that gives the conversation. */
  read: { url: string; method: string; body: string | null };
}

function subjects(texts: string[], parts: string[]): Subject[] {
  const nextAnswer = { parts, pauseMs: 20 };
  const chatgpt = createChatGptSite([
    {
      id: ID,
      title: 'A long conversation',
      shape: 'tree',
      messages: texts.map((text, n) => ({
        id: idOf(n),
        role: n % 2 === 0 ? ('user' as const) : ('assistant' as const),
        text,
        time: timeOf(n),
      })),
    },
  ]);
  const claude = createClaudeSite([
    {
      id: ID,
      title: 'A long conversation',
      messages: texts.map((text, n) => ({
        id: idOf(n),
        parent: n === 0 ? null : idOf(n - 1),
        role: n % 2 === 0 ? ('user' as const) : ('assistant' as const),
        text,
        time: timeOf(n),
      })),
    },
  ]);
  const gemini = createGeminiSite([
    {
      id: 'aaaaaaaa11110000',
      title: 'A long conversation',
      turns: texts.flatMap((question, n) =>
        n % 2 === 1
          ? []
          : [{ id: `aaaaaaaa${String(n).padStart(8, '0')}`, question, answer: texts[n + 1] ?? '', time: timeOf(n) }],
      ),
    },
  ]);
  gemini.pageSize = TURNS;
  Object.assign(chatgpt, { nextAnswer });
  Object.assign(claude, { nextAnswer });
  Object.assign(gemini, { nextAnswer });
  const geminiRead = JSON.stringify([
    [['hNvQHb', '["c_aaaaaaaa11110000",100,null,1,[1],[4],null,1]', null, 'generic']],
  ]);
  return [
    {
      name: 'ChatGPT',
      host: 'chatgpt.com',
      site: chatgpt.site,
      path: `/c/${ID}`,
      newChat: '/',
      field: '#prompt-textarea',
      writing: '[data-testid="stop-button"]',
      answers: '.markdown',
      read: { url: `/backend-api/conversation/${ID}`, method: 'GET', body: null },
    },
    {
      name: 'Claude',
      host: 'claude.ai',
      site: claude.site,
      path: `/chat/${ID}`,
      newChat: '/new',
      field: '#input',
      writing: '[data-is-streaming="true"]',
      answers: '.standard-markdown',
      read: {
        url: `/api/organizations/${CLAUDE_ORGANISATION}/chat_conversations/${ID}?tree=True&rendering_mode=messages`,
        method: 'GET',
        body: null,
      },
    },
    {
      name: 'Gemini',
      host: 'gemini.google.com',
      site: gemini.site,
      path: '/app/aaaaaaaa11110000',
      newChat: '/app',
      field: '#prompt',
      writing: '.markdown[aria-busy="true"]',
      answers: '.markdown',
      read: {
        url: '/_/BardChatUi/data/batchexecute?rpcids=hNvQHb&source-path=%2Fapp%2Faaaaaaaa11110000&rt=c',
        method: 'POST',
        body: new URLSearchParams({ 'f.req': geminiRead, at: gemini.token ?? '' }).toString(),
      },
    },
  ];
}

export async function measurePageCost(extension: string, say: (line: string) => void): Promise<PageCostResults[]> {
  const corpus = createCorpus(21);
  const texts = Array.from({ length: TURNS }, (_, n) =>
    Array.from({ length: n % 2 === 0 ? 1 : 5 }, () => corpus.passage().text).join('\n\n'),
  );
  const parts = Array.from({ length: PARTS }, () => `${corpus.question()} `);
  const results: PageCostResults[] = [];
  for (const subject of subjects(texts, parts)) {
    results.push(await measureSite(extension, subject, texts.join('').length, say));
  }
  return results;
}

async function measureSite(
  extension: string,
  subject: Subject,
  bytes: number,
  say: (line: string) => void,
): Promise<PageCostResults> {
  const net = await startInternet({ [subject.host]: subject.site, [OTHER]: subject.site });
  const profile = mkdtempSync(join(tmpdir(), 'commonplace-bench-'));
  const browser = await launchChromium({ profile, extension, proxyPort: net.port });
  try {
    const page = await browser.context.newPage();
    const session = await browser.context.newCDPSession(page);
    // time of the thread, not of the clock: other processes do not count
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await session.send('Profiler.enable');
    await session.send('Profiler.setSamplingInterval', { interval: 200 });

    const results: Record<string, { burst: Measured; response: Measured; part: Measured; heap: number }> = {};
    // the first round of each warms what is compiled and cached
    for (const host of [subject.host, OTHER, subject.host, OTHER]) {
      const address = `https://${host}${subject.path}`;
      await page.goto(address);
      await page.waitForTimeout(STILL_MS);
      const response = await measured(session, page, RESPONSES, async () => {
        await page.evaluate(fetchAgain, [subject.read, RESPONSES] as const);
        await page.waitForTimeout(STILL_MS);
      });
      const burst = await measured(session, page, BURSTS, async () => {
        // the welcome page may have come before it, and a page behind another has no frames
        await page.bringToFront();
        await page.evaluate(runBursts, [subject.answers, BURSTS] as const);
        await page.waitForTimeout(STILL_MS);
      });
      await page.goto(`https://${host}${subject.newChat}`);
      await page.waitForSelector('html[data-loaded]');
      const part = await measured(session, page, PARTS, async () => {
        await page.fill(subject.field, 'Tell me something long.');
        await page.click('#send');
        await page.waitForSelector(subject.writing, { state: 'attached' });
        await page.waitForSelector(subject.writing, { state: 'detached' });
        await page.waitForTimeout(STILL_MS);
      });
      results[host] = { burst, response, part, heap: await heapOf(session) };
      say(
        `    ${host} as ${subject.name}: ${burst.busy.toFixed(2)} ms a burst, ${response.busy.toFixed(1)} ms a response`,
      );
    }
    const cost = (what: 'burst' | 'response' | 'part'): Cost => {
      const ours = results[subject.host]?.[what] as Measured;
      const theirs = results[OTHER]?.[what] as Measured;
      return {
        with_extension: ours.busy,
        without: theirs.busy,
        own: ours.own,
        longest_with: ours.longest,
        longest_without: theirs.longest,
      };
    };
    return {
      burst: cost('burst'),
      response: cost('response'),
      part: cost('part'),
      site: subject.name,
      heap_with: results[subject.host]?.heap ?? 0,
      heap_without: results[OTHER]?.heap ?? 0,
      response_bytes: bytes,
      bursts: BURSTS,
      responses: RESPONSES,
      parts: PARTS,
    };
  } finally {
    await browser.kill();
    await net.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** In the page: its conversation is fetched again, as a site does when its tab is shown again. */
async function fetchAgain([read, times]: readonly [Subject['read'], number]): Promise<void> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  for (let i = 0; i < times; i++) {
    const more = read.body === null ? {} : { body: read.body, headers };
    await (await fetch(read.url, { method: read.method, ...more })).text();
    await new Promise((done) => setTimeout(done, 300));
  }
}

/** In the page: text grows and elements come, as an answer being written makes them, two frames apart. */
async function runBursts([answers, bursts]: readonly [string, number]): Promise<void> {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const found = document.querySelectorAll(answers);
  const target = found[found.length - 1] as HTMLElement;
  for (let burst = 0; burst < bursts; burst++) {
    for (let i = 0; i < 50; i++) {
      if (i % 10 === 0) target.append(document.createElement('p'));
      target.lastElementChild?.append(`word ${burst} ${i} `);
    }
    await frame();
    await frame();
  }
}

/** Busy time of the main thread (script, layout, paint, garbage) while `work` runs, per one of `count`. */
async function measured(session: CDPSession, page: Page, count: number, work: () => Promise<void>): Promise<Measured> {
  await session.send('Profiler.start');
  const before = await busyTime(session);
  await work();
  const after = await busyTime(session);
  const { profile } = await session.send('Profiler.stop');
  const ours = new Set(
    profile.nodes.filter(({ callFrame }) => callFrame.url.startsWith('chrome-extension://')).map(({ id }) => id),
  );
  let own = 0;
  profile.samples?.forEach((id, i) => {
    if (ours.has(id)) own += (profile.timeDeltas?.[i] ?? 0) / 1000;
  });
  const longest = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        let most = 0;
        const observer = new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) most = Math.max(most, duration);
        });
        observer.observe({ type: 'longtask', buffered: true });
        setTimeout(() => {
          observer.disconnect();
          done(most);
        }, 100);
      }),
  );
  return { busy: (after - before) / count, own: own / count, longest };
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
}

/** Milliseconds of work so far on the page's main thread, the page's own and that of content scripts. */
async function busyTime(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
}
