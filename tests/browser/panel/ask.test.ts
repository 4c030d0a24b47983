/** Asking in the panel, in a real Chromium, on a real engine with invented conversations. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from '../../harness/chromium';
import { EVERYTHING } from './harness/invented';
import { launchToDraw } from './harness/launch';
import { type Harness, serveHarness } from './harness/serve';
import { type } from './states';

const executablePath = findChromium();
const LANDLORD = 'Can the landlord keep the deposit for paint?';

describe.skipIf(executablePath === null)('asking in the panel', () => {
  let browser: Browser;
  let harness: Harness;
  let context: BrowserContext;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    harness = await serveHarness(EVERYTHING);
    browser = await launchToDraw(executablePath);
  });
  afterAll(async () => {
    await browser.close();
    await harness.close();
  });
  beforeEach(async () => {
    harness.calls.length = 0;
    context = await browser.newContext({ viewport: { width: 400, height: 760 }, reducedMotion: 'reduce' });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(harness.url).origin });
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    errors.length = 0;
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(harness.url);
    await page.locator('.row').first().waitFor();
  });
  afterEach(async () => {
    await context.close();
    for (const { id } of await harness.engine.chats()) await harness.engine.forget({ document_ids: [id] });
    await harness.engine.purgeForgotten();
    expect(errors).toEqual([]);
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const question = () => page.getByRole('textbox', { name: 'Your question' });
  const lastAnswer = () => page.locator('.turn').last().locator('.body');
  async function answered(turns: number): Promise<void> {
    await expect.poll(() => page.locator('.turn .tools').count()).toBe(turns);
  }
  async function askFromField(text: string): Promise<void> {
    await type(page, text);
    await page.keyboard.press('Control+Enter');
    await answered(1);
  }

  it('answers what is typed with Ctrl+Enter, and a citation opens its sentence in its conversation', async () => {
    await askFromField('landlord deposit paint');
    expect(await lastAnswer().textContent()).toContain('Ordinary wear is the landlord’s cost.');
    await page
      .getByRole('status')
      .filter({ hasText: /Answered, with \d+ source/u })
      .waitFor();
    await lastAnswer().getByRole('listitem').filter({ hasText: 'Ordinary wear' }).getByRole('button').first().click();
    await page.locator('article.target').waitFor();
    expect(await page.locator('.reading h2').textContent()).toBe(LANDLORD);
    expect(await page.evaluate(() => [...(CSS.highlights.get('passage') ?? [])].map(String).join(''))).toContain(
      'Ordinary wear',
    );
    await page.keyboard.press('Escape');
    await page.locator('.reading').waitFor({ state: 'detached' });
    expect(await lastAnswer().textContent()).toContain('Ordinary wear');
    await page.keyboard.press('Escape');
    await page.locator('.asking').waitFor({ state: 'detached' });
  });

  it('asks on Enter what ends as a question, and reads on Enter what does not', async () => {
    await type(page, 'Which strings make a violin warmer?');
    await page.keyboard.press('Enter');
    await answered(1);
    expect(await lastAnswer().textContent()).toContain('synthetic core');
    await page.keyboard.press('Escape');
    // not about strings: the chat is kept by now, and is found by them
    await type(page, 'dough');
    await page.locator('.row', { hasText: 'sourdough' }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.reading').waitFor();
  });

  it('says that nothing answers', async () => {
    await askFromField('Which visa does a nurse need for Norway');
    expect(await lastAnswer().textContent()).toContain('Nothing you have kept answers this.');
  });

  it('goes on with what was asked, keeps the chat, finds it again and goes on with it', async () => {
    await askFromField(LANDLORD);
    await question().fill('And after six years?');
    await page.keyboard.press('Enter');
    await answered(2);
    expect(await page.locator('.asking header h2').textContent()).toContain(LANDLORD);
    await page.getByRole('button', { name: 'New', exact: true }).click();
    expect(await page.locator('.turn').count()).toBe(0);
    await button('Chats').click();
    await page.locator('.chats').getByRole('button').filter({ hasText: '2 questions' }).click();
    await answered(2);
    expect(await page.locator('.turn > h3').allTextContents()).toEqual([LANDLORD, 'And after six years?']);
    expect(await lastAnswer().locator('.cite').count()).toBeGreaterThan(0);
  });

  it('shows what an answer is made of, and asks again without a passage', async () => {
    await askFromField('landlord deposit paint');
    await button('What it is made of').click();
    const rows = page.locator('.context > ol > li');
    expect(await rows.count()).toBeGreaterThan(1);
    await page.getByText('Word for word').click();
    expect(await page.locator('.prompt').last().textContent()).toMatch(/PASSAGE \w{7} \[1\]/u);
    const wear = rows.filter({ hasText: 'Ordinary wear' });
    await wear.getByRole('button', { name: /^Leave out/u }).click();
    await button('Ask again with these').click();
    await expect.poll(() => lastAnswer().textContent()).not.toContain('Ordinary wear');
    await answered(1);
    await button('The version before').click();
    await expect.poll(() => lastAnswer().textContent()).toContain('Ordinary wear');
  });

  it('stays on the version that was asked for when something changes while it is being read', async () => {
    await askFromField('landlord deposit paint');
    await button('Ask again').click();
    await page.getByText('2 of 2').waitFor();
    harness.calls.length = 0;
    harness.delays.set('chat', 1_000);
    await button('The version before').click();
    const violin = await harness.engine.recall({ text: 'violin', mode: 'words' });
    const { id } = await harness.engine.forget({ document_ids: [violin.hits[0]?.document_id ?? ''] });
    await harness.engine.undoForget(id);
    const read = () => harness.calls.filter(({ method }) => method === 'chat');
    await expect.poll(() => read().length).toBeGreaterThan(1);
    await expect.poll(() => read().every(({ ended }) => ended !== null)).toBe(true);
    harness.delays.delete('chat');
    await page.getByText('1 of 2').waitFor();
  });

  it('shows it before asking, too', async () => {
    await button('Menu').click();
    await button('Ask and chats').click();
    await question().fill(LANDLORD);
    await button('Look first').click();
    await page.locator('.preview .context li').first().waitFor();
    expect(harness.calls.map(({ method }) => method)).not.toContain('ask');
    await page.locator('.preview').getByRole('button', { name: 'Ask again', exact: true }).click();
    await answered(1);
  });

  it('keeps nothing of a chat that shall not be kept', async () => {
    await button('Menu').click();
    await button('Ask and chats').click();
    await page.getByRole('checkbox', { name: 'Do not keep this chat' }).check();
    await question().fill(LANDLORD);
    await page.keyboard.press('Enter');
    await answered(1);
    await question().fill('And after six years?');
    await page.keyboard.press('Enter');
    await answered(2);
    expect(await harness.engine.chats()).toEqual([]);
    expect(await page.getByText('This chat is not kept.').isVisible()).toBe(true);
  });

  it('renames, copies and deletes a chat, and brings it back', async () => {
    await askFromField(LANDLORD);
    await button('Rename').click();
    await page.getByRole('textbox', { name: 'Rename' }).fill('Paint');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await harness.engine.chats())[0]?.title).toBe('Paint');
    await page.locator('.asking header h2').filter({ hasText: 'Paint' }).waitFor();
    await button('Copy this chat as Markdown').click();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toMatch(/^# Paint[\s\S]+## Can the landlord[\s\S]+- \[1\]/u);
    await button('Delete this chat').click();
    await expect.poll(() => harness.engine.chats()).toEqual([]);
    await button(/^Undo/u).click();
    await expect.poll(async () => (await harness.engine.chats()).length).toBe(1);
  });

  it('changes a question, and goes on in a copy', async () => {
    await askFromField(LANDLORD);
    await button('Change the question').click();
    await page.getByRole('textbox', { name: 'Change the question' }).fill('Which strings make a violin warmer?');
    await page.keyboard.press('Enter');
    await expect.poll(() => lastAnswer().textContent()).toContain('synthetic core');
    await answered(1);
    expect(await page.locator('.versions').first().textContent()).toContain('2 of 2');
    await button('Go on in a copy').click();
    await expect.poll(async () => (await harness.engine.chats()).length).toBe(2);
  });

  it('lets a key typed in the question do nothing else', async () => {
    await button('Menu').click();
    await button('Ask and chats').click();
    await question().press('?');
    await question().press('/');
    expect(await question().inputValue()).toBe('?/');
    expect(await page.locator('.asking').count()).toBe(1);
  });
});
