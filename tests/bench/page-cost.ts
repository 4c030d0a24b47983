/**
 * What the adapter costs the page: the same site under two names in one browser, `chatgpt.com`, where the content
 * scripts run, and another, where they do not. The difference of the main thread's busy time is theirs; a profile of the
 * first says how much of it was spent in the extension's own functions.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { createChatGptSite, type SiteConversation } from '../harness/chatgpt-site';
import { launchChromium } from '../harness/chromium';
import { startInternet } from '../harness/internet';
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

export async function measurePageCost(extension: string, say: (line: string) => void): Promise<PageCostResults> {
  const corpus = createCorpus(21);
  const long: SiteConversation = {
    id: '2f1b7c60-0000-4000-8000-000000000001',
    title: 'A long conversation',
    shape: 'tree',
    messages: Array.from({ length: TURNS }, (_, i) => ({
      id: `2f1b7c60-0000-4000-8000-${String(i + 100).padStart(12, '0')}`,
      role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
      text: Array.from({ length: i % 2 === 0 ? 1 : 5 }, () => corpus.passage().text).join('\n\n'),
      time: 1_770_000_000 + i * 60,
    })),
  };
  const site = createChatGptSite([long]);
  site.nextAnswer = { parts: Array.from({ length: PARTS }, () => `${corpus.question()} `), pauseMs: 20 };
  const net = await startInternet({ 'chatgpt.com': site.site, [OTHER]: site.site });
  const profile = mkdtempSync(join(tmpdir(), 'commonplace-bench-'));
  const browser = await launchChromium({ profile, extension, proxyPort: net.port });
  try {
    const page = await browser.context.newPage();
    const session = await browser.context.newCDPSession(page);
    // time of the thread, not of the clock: other processes do not count
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await session.send('Profiler.enable');
    await session.send('Profiler.setSamplingInterval', { interval: 200 });

    const results: Record<string, { burst: Measured; response: Measured; part: Measured }> = {};
    // the first round of each warms what is compiled and cached
    for (const host of ['chatgpt.com', OTHER, 'chatgpt.com', OTHER]) {
      const address = `https://${host}/c/${long.id}`;
      await page.goto(address);
      await page.waitForTimeout(STILL_MS);
      const response = await measured(session, page, RESPONSES, async () => {
        await page.evaluate(fetchAgain, [`/backend-api/conversation/${long.id}`, RESPONSES] as const);
        await page.waitForTimeout(STILL_MS);
      });
      const burst = await measured(session, page, BURSTS, async () => {
        // the welcome page may have come before it, and a page behind another has no frames
        await page.bringToFront();
        await page.evaluate(runBursts, BURSTS);
        await page.waitForTimeout(STILL_MS);
      });
      await page.goto(`https://${host}/`);
      await page.waitForSelector('html[data-loaded]');
      const part = await measured(session, page, PARTS, async () => {
        await page.fill('#prompt-textarea', 'Tell me something long.');
        await page.click('#send');
        await page.waitForSelector('[data-testid="stop-button"]', { state: 'attached' });
        await page.waitForSelector('[data-testid="stop-button"]', { state: 'detached' });
        await page.waitForTimeout(STILL_MS);
      });
      results[host] = { burst, response, part };
      say(`    ${host}: ${burst.busy.toFixed(2)} ms a burst, ${response.busy.toFixed(1)} ms a response`);
    }
    const cost = (what: 'burst' | 'response' | 'part'): Cost => {
      const ours = results['chatgpt.com']?.[what] as Measured;
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
      response_bytes: long.messages.reduce((sum, { text }) => sum + text.length, 0),
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
async function fetchAgain([url, times]: readonly [string, number]): Promise<void> {
  for (let i = 0; i < times; i++) {
    await (await fetch(url)).json();
    await new Promise((done) => setTimeout(done, 300));
  }
}

/** In the page: text grows and elements come, as an answer being written makes them, two frames apart. */
async function runBursts(bursts: number): Promise<void> {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const answers = document.querySelectorAll('.markdown');
  const target = answers[answers.length - 1] as HTMLElement;
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

/** Milliseconds of work so far on the page's main thread, the page's own and that of content scripts. */
async function busyTime(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
}
