/** The site that proves the recipe for new ones: what is promised of it, held against the built extension in Chromium. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DocumentView } from '../../../engine/api';
import { CHROMIUM, engineIn, freshProfile, type RunningBrowser, type Tab, until } from '../../harness/browser';
import { createDeepSeekSite, type DeepSeekConversation, type DeepSeekSite } from '../../harness/deepseek-site';
import { type Internet, startInternet } from '../../harness/internet';

const AUTUMN = Date.UTC(2026, 9, 20, 9, 30) / 1000;
const conversation = (id: string, title: string, question: string, answer: string): DeepSeekConversation => ({
  id,
  title,
  messages: [
    {
      message_id: 1,
      parent_id: null,
      role: 'USER',
      status: 'FINISHED',
      inserted_at: AUTUMN,
      fragments: [{ type: 'REQUEST', content: question }],
    },
    {
      message_id: 2,
      parent_id: 1,
      role: 'ASSISTANT',
      status: 'FINISHED',
      inserted_at: AUTUMN + 5,
      fragments: [
        { type: 'THINK', content: 'They want it short.' },
        { type: 'RESPONSE', content: answer },
      ],
    },
  ],
});
const WALL = conversation('7e1d0c52-aaaa', 'Dry stone', 'How deep is the footing?', 'About **150 mm** of firm ground.');
const HEDGE = conversation('7e1d0c52-bbbb', 'Hedge', 'When is a hedge laid?', 'From October to March.');

const profile = freshProfile();
let site: DeepSeekSite;
let internet: Internet;
let browser: RunningBrowser;
let engine: ReturnType<typeof engineIn>;

beforeAll(async () => {
  site = createDeepSeekSite([structuredClone(WALL), structuredClone(HEDGE)]);
  internet = await startInternet({ 'chat.deepseek.com': site.site });
  browser = await CHROMIUM.launch({ profile: profile.path, proxyPort: internet.port });
  engine = engineIn(await browser.open('console.html'));
});
afterAll(async () => {
  await browser.close();
  await internet.close();
  profile.remove();
});

async function stored(id: string): Promise<DocumentView | null> {
  await engine('drainOutbox');
  const found = await engine('find', { source: 'deepseek', external_id: id });
  return found && engine('read', found.id);
}
async function open(path: string): Promise<Tab> {
  const tab = await browser.newTab();
  await tab.goto(`https://chat.deepseek.com${path}`);
  await until(
    () => tab.evaluate(() => document.documentElement.dataset.loaded === 'true', null),
    (yes) => yes,
  );
  return tab;
}
const html = (tab: Tab) => tab.evaluate(() => document.documentElement.outerHTML, null);
const said = (document: DocumentView | null) => document?.messages.map(({ role, markdown }) => [role, markdown]);

it('keeps an opened conversation whole, and leaves the page as it was', async () => {
  const tab = await open(`/a/chat/s/${WALL.id}`);
  const before = await html(tab);
  const document = await until(
    () => stored(WALL.id),
    (found) => found?.complete === true,
  );
  expect(document).toMatchObject({ title: 'Dry stone', source: 'deepseek', kind: 'conversation' });
  expect(said(document)).toEqual([
    ['user', 'How deep is the footing?'],
    ['assistant', 'About **150 mm** of firm ground.'],
  ]);
  expect(document?.messages[1]?.created_at).toBe('2026-10-20T09:30:05.000Z');
  expect(await html(tab)).toBe(before);
  await tab.close();
});

it('keeps a question and its answer as they are said, never a half answer as final', async () => {
  const tab = await open('/');
  site.nextAnswer = { parts: ['Hawthorn, ', 'laid ', 'low.'], pauseMs: 1_000 };
  await tab.type('#input', 'Which hedge keeps sheep?');
  await tab.click('#send');
  const id = await until(
    () => tab.evaluate(() => location.pathname.split('/s/')[1] ?? null, null),
    (path) => path !== null,
  );
  const during = await until(
    () => stored(id ?? ''),
    (found) => (found?.messages.length ?? 0) > 0,
  );
  const half = during?.messages.find(({ role }) => role === 'assistant');
  if (half && half.markdown !== 'Hawthorn, laid low.') expect(half.finished).toBe(false);
  const after = await until(
    () => stored(id ?? ''),
    (found) => found?.messages.at(-1)?.markdown === 'Hawthorn, laid low.' && found.messages.at(-1)?.finished === true,
  );
  expect(said(after)).toEqual([
    ['user', 'Which hedge keeps sheep?'],
    ['assistant', 'Hawthorn, laid low.'],
  ]);
  await tab.close();
});

it('reads the site itself, with the user’s token, where the page had the conversation in its own store', async () => {
  site.cached = true;
  const tab = await open(`/a/chat/s/${HEDGE.id}`);
  const document = await until(
    () => stored(HEDGE.id),
    (found) => found?.complete === true,
  );
  expect(said(document)).toEqual([
    ['user', 'When is a hedge laid?'],
    ['assistant', 'From October to March.'],
  ]);
  expect(site.refused).toBe(0);
  expect(
    internet.seen
      .filter(({ host, method }) => host === 'chat.deepseek.com' && method !== 'GET')
      .map(({ path }) => path),
  ).toEqual(['/api/v0/chat_session/create', '/api/v0/chat/completion']);
  await tab.close();
});
