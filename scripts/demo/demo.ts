/**
 * The main job, by itself: conversations are opened in a real browser and kept, one is asked live, a page is
 * remembered, all of it is embedded, and questions are asked. The sites are local copies under their own names; no
 * request leaves the machine. Resolves with 1 when something that should have been kept or found was not.
 *
 * Usage: node scripts/run.mjs scripts/demo/demo.ts EXTENSION_DIRECTORY      (npm start -- --demo does this)
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import type { DocumentView, Engine, EngineStats, EngineStatus, RecallResult } from '../../engine/api';
import { launchChromium, type RunningChromium } from '../../tests/harness/chromium';
import { type Internet, startInternet } from '../../tests/harness/internet';
import { CONVERSATIONS, LIVE, PAGE, QUESTIONS, wrongWith } from './conversations';
import { essaySite } from './page';
import { takeScreenshots } from './screenshots';
import { place, sitesOf } from './sites';
import { bold, dim, failed, hitLines, ms, ok, wrap } from './words';

const PATIENCE_MS = 60_000;
const PLACED = place(CONVERSATIONS);

export async function main([extension = '.output/chrome-mv3']: string[]): Promise<number> {
  const work = mkdtempSync(join(tmpdir(), 'commonplace-demo-'));
  const net = await startInternet({ ...sitesOf(PLACED, LIVE.answer), [PAGE.host]: essaySite });
  let browser: RunningChromium | null = null;
  try {
    const started = performance.now();
    browser = await launchChromium({
      profile: join(work, 'profile'),
      extension: withoutGesture(resolve(extension), join(work, 'extension')),
      proxyPort: net.port,
    });
    const memory = await openMemory(browser);
    console.log(`\n${bold('Commonplace')}: a conversation is kept as it happens, and found again.`);
    console.log(
      dim('Local copies of the sites under their own names, in a real Chromium; nothing leaves this machine.'),
    );
    console.log(dim(`Browser, database and extension ready after ${ms(performance.now() - started)}.`));

    const problems = [
      ...(await keepConversations(browser, memory)),
      ...(await askLive(browser, memory)),
      ...(await keepPage(browser, memory)),
      ...(await embedAll(memory)),
      ...(await askQuestions(memory)),
    ];
    const folder = resolve('screenshots', 'demo');
    const pictures = await takeScreenshots(browser, folder, QUESTIONS[0]?.text ?? '');
    console.log(`\n${pictures} pictures of the panel are in ${relative('.', folder)}/`);
    problems.push(...reportNetwork(net));
    for (const problem of problems) console.error(failed(problem));
    console.log(problems.length === 0 ? ok('Everything was kept and found.') : '');
    return problems.length === 0 ? 0 : 1;
  } finally {
    await browser?.close();
    await net.close();
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * "Remember this" reads a page because the user clicked. Nobody clicks here, so a copy of the extension is given the
 * one host whose page is kept; all else is the extension as built.
 */
function withoutGesture(built: string, copy: string): string {
  cpSync(built, copy, { recursive: true });
  const file = join(copy, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { host_permissions: string[] };
  manifest.host_permissions.push(`https://${PAGE.host}/*`);
  writeFileSync(file, JSON.stringify(manifest));
  mkdirSync(join(copy, '..', 'profile'), { recursive: true });
  return copy;
}

/** The Engine API, called on the extension's console page. */
interface Memory {
  call<Result>(method: string, ...input: unknown[]): Promise<Result>;
  page: Page;
}

async function openMemory(browser: RunningChromium): Promise<Memory> {
  const page = await browser.open('console.html');
  const memory: Memory = {
    page,
    call: (method, ...input) =>
      page.evaluate(
        ([name, values]) => {
          const { engine } = globalThis as unknown as {
            engine: Record<string, (...values: unknown[]) => Promise<never>>;
          };
          return (engine[name] as (...values: unknown[]) => Promise<never>)(...values);
        },
        [method, input] as const,
      ),
  };
  const status = await until(
    () => memory.call<EngineStatus>('status'),
    ({ store }) => store.state !== 'opening',
  );
  if (status.store.state === 'failed') throw new Error(`The database did not open: ${status.store.message}`);
  await watchEmbedding(page);
  return memory;
}

/** Adds up the time during which the engine says that chunks wait for their vector. */
async function watchEmbedding(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { engine } = globalThis as unknown as { engine: Engine };
    const watch = { busy: 0 };
    let since: number | null = null;
    await engine.subscribe((event) => {
      if (event.type !== 'status') return;
      if (event.status.chunks_waiting > 0) since ??= performance.now();
      else if (since !== null) {
        watch.busy += performance.now() - since;
        since = null;
      }
    });
    Object.assign(globalThis, { embeddingWatch: watch });
  });
}

/** Asks until the answer is as wanted, or patience ends; the last answer either way. */
async function until<Answer>(ask: () => Promise<Answer>, wanted: (answer: Answer) => boolean): Promise<Answer> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (wanted(answer) || performance.now() > end) return answer;
    await new Promise((done) => setTimeout(done, 25));
  }
}

async function readKept(memory: Memory, source: string, id: string): Promise<DocumentView | null> {
  const found = await memory.call<{ id: string } | null>('find', { source, external_id: id });
  return found ? memory.call<DocumentView>('read', found.id) : null;
}

async function keepConversations(browser: RunningChromium, memory: Memory): Promise<string[]> {
  console.log(`\n${bold('Opened on chatgpt.com, claude.ai and gemini.google.com, and kept')}`);
  const problems: string[] = [];
  const tab = await browser.context.newPage();
  for (const { source, id, url, conversation } of PLACED) {
    const { title, messages } = conversation;
    const started = performance.now();
    await tab.goto(url);
    const kept = await until(
      () => readKept(memory, source, id),
      (document) => document?.messages.length === messages.length && document.title === title,
    );
    const took = performance.now() - started;
    const same =
      kept?.title === title &&
      kept.messages.length === messages.length &&
      kept.messages.every((message, at) => message.markdown.trim() === messages[at]?.text.trim());
    const line = `${title} ${dim(`${source}, ${kept?.messages.length ?? 0} messages, opened to stored in ${ms(took)}`)}`;
    console.log(`  ${same ? '✓' : '✗'} ${line}`);
    if (!same) problems.push(`"${title}" was not kept as it is on the page.`);
  }
  await tab.close();
  return problems;
}

async function askLive(browser: RunningChromium, memory: Memory): Promise<string[]> {
  console.log(`\n${bold('Asked live, kept as the answer streamed')}`);
  const tab = await browser.context.newPage();
  await tab.goto('https://chatgpt.com/');
  await tab.waitForSelector('html[data-loaded]');
  await tab.fill('#prompt-textarea', LIVE.question);
  const started = performance.now();
  await tab.click('#send');
  await tab.waitForURL(/\/c\//);
  const id = /\/c\/([^/?]+)/.exec(tab.url())?.[1] ?? '';
  const written = LIVE.answer.join('');
  const plain = (text: string) => text.replace(/[\s*]+/g, ' ').trim();
  const kept = await until(
    () => readKept(memory, 'chatgpt', id),
    (document) => document?.messages.length === 2 && plain(document.messages[1]?.markdown ?? '') === plain(written),
  );
  const answer = kept?.messages[1];
  const whole = answer?.finished === true && plain(answer.markdown) === plain(written);
  console.log(
    `  ${whole ? '✓' : '✗'} ${LIVE.question} ${dim(`${LIVE.answer.length} parts, asked to stored in ${ms(performance.now() - started)}`)}`,
  );
  await tab.close();
  return whole ? [] : ['The answer that was streamed was not kept whole.'];
}

async function keepPage(browser: RunningChromium, memory: Memory): Promise<string[]> {
  console.log(`\n${bold('A page, with "Remember this"')}`);
  const url = `https://${PAGE.host}${PAGE.path}`;
  const tab = await browser.context.newPage();
  await tab.goto(url);
  const started = performance.now();
  let refusal = '';
  try {
    await memory.page.evaluate(async (address) => {
      const { ask, chrome } = globalThis as unknown as {
        ask: (name: string, input: unknown) => Promise<unknown>;
        chrome: { tabs: { query(where: object): Promise<Array<{ id: number }>> } };
      };
      const [found] = await chrome.tabs.query({ url: address });
      await ask('rememberTab', { tabId: found?.id, note: 'try this before buying new pads' });
    }, url);
  } catch (error) {
    refusal = String(error).split('\n')[0] ?? '';
  }
  const kept =
    refusal === ''
      ? await until(
          () => memory.call<{ id: string; title: string | null } | null>('find', { url }),
          (document) => document !== null,
        )
      : null;
  const page = kept && (await memory.call<DocumentView>('read', kept.id));
  const whole = page?.author === PAGE.author && PAGE.paragraphs.every((p) => page.messages[0]?.markdown.includes(p));
  console.log(
    `  ${whole ? '✓' : '✗'} ${page?.title ?? PAGE.title} ${dim(`by ${page?.author ?? '?'}, kept in ${ms(performance.now() - started)}`)}`,
  );
  await tab.close();
  return whole ? [] : [`The page was not kept${refusal === '' ? ' whole' : `: ${refusal}`}.`];
}

async function embedAll(memory: Memory): Promise<string[]> {
  const status = await until(
    () => memory.call<EngineStatus>('status'),
    (now) => now.chunks_waiting === 0 && now.outbox_waiting === 0 && now.embedder.state !== 'loading',
  );
  const stats = await memory.call<EngineStats>('stats');
  const conversations = { documents: 0, messages: 0 };
  for (const row of stats.by_source.filter(({ kind }) => kind === 'conversation')) {
    conversations.documents += row.documents;
    conversations.messages += row.messages;
  }
  const { embedder } = status;
  const how = embedder.state === 'ready' ? `${embedder.model_id} on ${embedder.device}` : embedder.state;
  const busy = await memory.page.evaluate(
    () => (globalThis as unknown as { embeddingWatch: { busy: number } }).embeddingWatch.busy,
  );
  console.log(
    `\n${bold(`captured ${conversations.documents} conversations, ${conversations.messages} messages`)} and ${stats.documents - conversations.documents} page; ` +
      `${bold(`${stats.chunks} chunks embedded in ${ms(busy)}`)} (${how}); database ${(stats.database_bytes / 1e6).toFixed(1)} MB`,
  );
  const wanted = CONVERSATIONS.length + 1;
  return [
    ...(conversations.documents === wanted ? [] : [`${wanted} conversations should be kept.`]),
    ...(embedder.state === 'ready' ? [] : ['The embedding model did not start.']),
    ...(status.chunks_waiting === 0 ? [] : [`${status.chunks_waiting} chunks wait for their vector.`]),
  ];
}

async function askQuestions(memory: Memory): Promise<string[]> {
  const problems: string[] = [];
  for (const question of QUESTIONS) {
    const started = performance.now();
    const result = await memory.call<RecallResult>('recall', { text: question.text, limit: 10 });
    const took = performance.now() - started;
    const problem = wrongWith(question, result);
    if (problem !== null) problems.push(problem);
    console.log(`\n${problem === null ? '✓' : '✗'} ${bold(question.text)}`);
    console.log(
      dim(
        `  ${question.by}; ${ms(result.took_ms)} in the engine, ${ms(result.embed_ms)} of it the question's embedding; ${ms(took)} with the way there and back`,
      ),
    );
    for (const line of hitLines(result.hits.slice(0, 2))) console.log(line);
  }
  return problems;
}

/** Chromium's own services, which it asks for whatever extension runs in it. They are answered 404. */
const BROWSERS_OWN = /(^|\.)(google|googleapis|gstatic|gvt1)\.com$/;

function reportNetwork({ seen, tunnels }: Internet): string[] {
  const hosts = [...new Set([...seen.map(({ host }) => host), ...tunnels.map((to) => to.replace(/:\d+$/, ''))])];
  const pages = new Set([...PLACED.map(({ url }) => new URL(url).host), PAGE.host]);
  const others = hosts.filter((host) => !pages.has(host));
  const strangers = others.filter((host) => !BROWSERS_OWN.test(host));
  const own = others.length - strangers.length;
  console.log(
    wrap(
      `The network saw ${seen.filter(({ host }) => pages.has(host)).length} requests to the sites, made by their pages or in their tabs` +
        `${own > 0 ? `; Chromium asked for ${own} hosts of its maker and got nothing` : ''}.`,
    ),
  );
  return strangers.length === 0 ? [] : [`Hosts were asked for that are no page's: ${strangers.join(', ')}`];
}
