/** The panel in a real Chromium, on a real engine with invented conversations. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from '../../harness/chromium';
import { conversation, EVERYTHING, HOSTILE } from './harness/invented';
import { launchToDraw } from './harness/launch';
import { type Harness, serveHarness } from './harness/serve';
import { reach, STATES, type } from './states';

const executablePath = findChromium();

/** A time zone in which it is about `hour` o'clock now. */
function zoneWhereItIs(hour: number): string {
  const ahead = ((hour - new Date().getUTCHours() + 36) % 24) - 12;
  // The sign in these names is the other way round.
  return `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}

describe.skipIf(executablePath === null)('the panel', () => {
  let browser: Browser;
  let harness: Harness;
  let context: BrowserContext;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    browser = await launchToDraw(executablePath);
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    harness = await serveHarness(EVERYTHING);
    await openPage();
  });
  afterEach(async () => {
    await context.close();
    await harness.close();
    expect(errors).toEqual([]);
  });

  async function openPage(timezoneId?: string): Promise<void> {
    const viewport = { width: 400, height: 760 };
    context = await browser.newContext({ viewport, reducedMotion: 'reduce', ...(timezoneId && { timezoneId }) });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(harness.url).origin });
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    errors.length = 0;
    page.on('pageerror', (error) => errors.push(error.message));
  }
  const field = () => page.getByRole('textbox', { name: 'Find in what you have kept' });
  const titles = () => page.locator('.rows .row .title').allTextContents();
  /** The title of the row that has the focus, else the element's name. */
  const focused = () =>
    page.evaluate(() => {
      const { activeElement: active } = document;
      return (active?.matches('.row') ? active.querySelector('.title')?.textContent : null) ?? active?.tagName;
    });
  async function open(): Promise<void> {
    await page.goto(harness.url);
    await page.locator('.row').first().waitFor();
  }
  async function search(text: string): Promise<void> {
    await type(page, text);
    await page.locator('.row mark').first().waitFor();
  }

  it('opens ready to type, with what was kept newest first', async () => {
    await open();
    expect(await field().evaluate((input) => input === document.activeElement)).toBe(true);
    expect((await titles()).slice(0, 2)).toEqual([
      'Why my sourdough stays flat',
      'Four slow days in Lisbon with a toddler',
    ]);
    expect(await page.locator('.rows .group').allTextContents()).toContain('Yesterday');
  });

  it('asks once for what it shows first', async () => {
    await open();
    await page.waitForTimeout(500);
    const asked = harness.calls.map(({ method }) => method);
    expect(asked.filter((method) => method === 'timeline' || method === 'stats').toSorted()).toEqual([
      'stats',
      'timeline',
    ]);
  });

  it('finds as one types, marks the words and says why and when', async () => {
    await open();
    await field().pressSequentially('landlord deposit');
    await page.locator('.row mark').first().waitFor();
    const row = page.locator('.rows .row').first();
    expect(await row.locator('.title').textContent()).toBe('Can the landlord keep the deposit for paint?');
    expect(await row.locator('mark').allTextContents()).toContain('landlord');
    expect(await row.locator('.reasons').textContent()).toContain('words');
    expect(await row.locator('time').getAttribute('title')).toMatch(/20\d\d/u);
    await page
      .getByRole('status')
      .filter({ hasText: /^\d+ results?\.$/u })
      .waitFor();
  });

  it('says what it took a typing error for, and searches for the word as it is when told to', async () => {
    await open();
    await search('voilin');
    await page.getByText('Showing results for “violin”.').waitFor();
    expect((await titles()).join()).toContain('Choosing strings');
    await page.getByRole('button', { name: 'Search for “voilin” instead' }).click();
    await page.getByText('Showing results for').waitFor({ state: 'detached' });
    await expect.poll(() => page.locator('.row mark').count()).toBe(0);
    expect(await focused()).toBe('INPUT');
    await type(page, 'voilinn');
    await page.getByRole('button', { name: 'Search for “voilinn” instead' }).waitFor();
  });

  it('aborts the query that was overtaken', async () => {
    await open();
    // not answered before it is overtaken, however busy the machine is
    harness.delays.set('recall:words', 60_000);
    await type(page, 'violin');
    await expect.poll(() => harness.calls.some(({ method }) => method === 'recall')).toBe(true);
    harness.delays.clear();
    await type(page, 'lisbon');
    await expect
      .poll(() => harness.calls.filter((call) => call.method === 'recall').map((call) => call.ended))
      .toContain('aborted');
    await page.getByText('Four slow days in Lisbon').first().waitFor();
    expect(await page.getByText('Choosing strings').count()).toBe(0);
  });

  it('is walked by keyboard alone: choose, read, original, back to the same row, and on typing', async () => {
    await open();
    await search('dough');
    await page.keyboard.press('ArrowDown');
    const first = await focused();
    await page.keyboard.press('Enter');
    await page.locator('article.target').waitFor();
    expect(await page.locator('article.target').evaluate((article) => article === document.activeElement)).toBe(true);
    expect(await page.evaluate(() => CSS.highlights.has('match'))).toBe(true);
    await page.keyboard.press('o');
    expect(await page.evaluate(() => window.panel.calls.at(-1))).toContain('https://chatgpt.com/c/sourdough');
    await page.keyboard.press('Escape');
    await expect.poll(focused).toBe(first);
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toBe('INPUT');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    await page.keyboard.press('c');
    await page.getByText('Copied.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/dough/u);
    await page.keyboard.press('x');
    expect(await field().inputValue()).toBe('doughx');
    await page.keyboard.press('Escape');
    expect(await field().inputValue()).toBe('');
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(focused).toBe('INPUT');
  });

  it('reads on Enter the first hit of what is typed, also where its hits are still to come', async () => {
    await open();
    await search('violin');
    harness.delays.set('recall', 600);
    await type(page, 'lisbon');
    await page.keyboard.press('Enter');
    await page.locator('.reading').waitFor();
    expect(await page.locator('.reading h2').textContent()).toBe('Four slow days in Lisbon with a toddler');
    await page.keyboard.press('Escape');
    await type(page, 'postgres');
    await page.keyboard.press('Enter');
    await type(page, 'ankle');
    await page.locator('.row', { hasText: 'sprained ankle' }).locator('mark').first().waitFor();
    expect(await page.locator('.reading').count()).toBe(0);
  });

  it('has one tab stop in a list', async () => {
    await open();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('.rows .row[tabindex="0"]').count()).toBe(1);
    expect(await page.locator('.rows .row[tabindex="0"]').evaluate((row) => row === document.activeElement)).toBe(true);
  });

  it.each([
    ['of the same day', 15, 3],
    ['of the day before', 4, 1],
  ])('deletes with Undo, and moves on to the next row, which is %s', async (_, hour, ofItsDay) => {
    await context.close();
    await openPage(zoneWhereItIs(hour));
    await open();
    const before = await titles();
    expect(await page.locator('.rows section').first().locator('.row').count()).toBe(ofItsDay);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Delete');
    await page.getByText('Deleted “Why my sourdough stays flat”.').waitFor();
    expect(await titles()).toEqual(before.slice(1));
    await expect.poll(focused).toBe(before[1]);
    expect((await harness.engine.status()).documents).toBe(EVERYTHING.length - 1);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(titles).toEqual(before);
    expect((await harness.engine.status()).documents).toBe(EVERYTHING.length);
  });

  it('undoes a deletion made while reading by Ctrl+Z', async () => {
    await open();
    await search('tide mills');
    await page.keyboard.press('Enter');
    await page.locator('article.target').waitFor();
    await page.keyboard.press('Delete');
    await page.getByText('Deleted “Outline').waitFor();
    await page.locator('.list').focus();
    await page.keyboard.press('Control+z');
    await page.getByText('“Outline of the thesis on tide mills” is back.').waitFor();
    await expect.poll(titles).toContain('Outline of the thesis on tide mills');
  });

  it('keeps the rows where they are when the full answer follows the quick one', async () => {
    await open();
    await search('dough');
    await page.locator('.save').waitFor();
    const top = () =>
      page
        .locator('.rows .row')
        .first()
        .evaluate((row) => row.getBoundingClientRect().top);
    const before = await top();
    harness.delays.set('recall:full', 60_000); // until it was looked at
    await type(page, 'violin');
    await expect.poll(titles).toContain('Choosing strings for a bright violin');
    expect(await top()).toBe(before);
    harness.delays.clear();
    await type(page, 'lisbon');
    await page
      .getByRole('status')
      .filter({ hasText: /^\d+ results?\.$/u })
      .waitFor();
    expect(await top()).toBe(before);
  });

  it('moves no row under the pointer when something newer or better arrives', async () => {
    await open();
    const before = await titles();
    await page.locator('.rows .row').nth(2).hover();
    await harness.engine.ingest([
      conversation('new', 'A conversation of this minute', 0, [['user', 'What is new about dough?']]),
    ]);
    await expect.poll(titles).toContain('A conversation of this minute');
    expect((await titles()).slice(0, 4)).toEqual([...before.slice(0, 3), 'A conversation of this minute']);

    await search('dough');
    const found = await titles();
    await page.locator('.rows .row').nth(1).hover();
    await harness.engine.ingest([
      conversation('best', 'Dough dough dough', 0, [['user', 'dough dough dough dough. Dough? Dough, dough.']]),
    ]);
    await expect.poll(titles).toContain('Dough dough dough');
    expect((await titles()).slice(0, 2)).toEqual(found.slice(0, 2));

    // Nobody on the rows: the better order may come.
    await page.mouse.move(5, 5);
    await harness.engine.ingest([conversation('other', 'About something else', 0, [['user', 'A walk.']])]);
    await expect.poll(async () => (await titles())[0]).toBe('Dough dough dough');
  });

  it('takes filters from typing and from the button, as chips that go again', async () => {
    await open();
    await field().pressSequentially('from:web ');
    await page.getByRole('button', { name: 'Remove filter: Web' }).waitFor();
    expect(await field().inputValue()).toBe('');
    await expect.poll(titles).toEqual(['What a heat pump needs from an old house', 'How to keep a commonplace book']);
    await page.getByRole('button', { name: 'Filters' }).click();
    await page.getByRole('button', { name: 'Conversation', exact: true }).click();
    await page.getByRole('heading', { name: 'Nothing kept that fits these filters' }).waitFor();
    await page.getByRole('button', { name: 'Remove filter: Web' }).click();
    await expect.poll(async () => (await titles()).length).toBe(EVERYTHING.length - 2);
    await field().focus();
    await page.keyboard.press('Backspace');
    await expect.poll(async () => (await titles()).length).toBe(EVERYTHING.length);
  });

  it('offers wider filters when nothing is found', async () => {
    await open();
    await field().pressSequentially('from:web ');
    await type(page, 'sourdough');
    await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
    await page.getByRole('button', { name: 'Also outside “Web”' }).click();
    await page.locator('.row mark').first().waitFor();
  });

  it('says what is known of the page one is on', async () => {
    await page.goto(`${harness.url}?url=${encodeURIComponent('https://example.org/notes/heat-pumps')}`);
    await page.getByRole('heading', { name: 'You have been here' }).waitFor();
    await page.locator('.known .row').click();
    await page.getByText('For the talk with the installer').waitFor();
  });

  it('reads further back as one scrolls', async () => {
    await harness.engine.ingest(
      Array.from({ length: 70 }, (_, index) =>
        conversation(`many-${index}`, `Conversation ${index}`, 24 * (500 + index), [['user', `Number ${index}`]]),
      ),
    );
    await open();
    expect((await titles()).length).toBe(30);
    for (let round = 0; round < 4; round++) {
      await page.locator('.list').evaluate((list) => {
        list.scrollTo(0, list.scrollHeight);
      });
      await page.waitForTimeout(250);
    }
    await expect.poll(async () => (await titles()).length).toBe(80);
    expect(new Set(await titles()).size).toBe(80);
  });

  it('pauses, excludes, and forgets with the count said before and Undo after', async () => {
    await page.goto(
      `${harness.url}?tab=${encodeURIComponent(JSON.stringify({ state: 'keeping', site: 'chatgpt', conversation_id: 'sourdough', turns: 4, complete: true }))}`,
    );
    await page.getByRole('button', { name: 'Keeping this chat' }).click();
    await page.getByRole('button', { name: 'All of ChatGPT' }).click();
    await page.getByText(/8 conversations with 1\d messages would be deleted/u).waitFor();
    await page.getByRole('button', { name: 'Delete all 8' }).click();
    await page.getByText('Deleted 8 conversations.').waitFor();
    await expect.poll(async () => (await harness.engine.status()).documents).toBe(2);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(async () => (await harness.engine.status()).documents).toBe(10);

    await page.locator('.status').click();
    await page.getByRole('button', { name: 'For an hour', exact: true }).click();
    await page.getByRole('button', { name: /Paused until/u }).waitFor();
    await page.locator('#control').getByRole('button', { name: 'Go on keeping' }).click();
    await page.locator('#control').getByRole('button', { name: 'Never on chatgpt.com' }).click();
    expect(await page.evaluate(() => window.panel.calls)).toEqual([
      'pause("hour")',
      'resume()',
      'excludeSite("chatgpt.com")',
    ]);
  });

  it('keeps Undo until it is closed, one for each deletion, and lets one be made final', async () => {
    await open();
    const before = await titles();
    for (const left of [9, 8, 7]) {
      await page.locator('.rows .row').first().focus();
      await page.keyboard.press('Delete');
      await expect.poll(async () => (await harness.engine.status()).documents).toBe(left);
    }
    await page.waitForTimeout(7_000); // longer than a passing word stays
    await page.getByRole('button', { name: 'and 2 more' }).click();
    expect(await page.locator('.deleted .said').allTextContents()).toEqual(
      before.slice(0, 3).map((title) => `Deleted “${title}”.`),
    );
    await page
      .locator('.deleted', { hasText: before[1] ?? '' })
      .getByRole('button', { name: 'Undo' })
      .click();
    await page.getByText(`“${before[1]}” is back.`).waitFor();
    await page
      .locator('.deleted', { hasText: before[0] ?? '' })
      .getByRole('button', { name: 'Delete for good now' })
      .click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(titles).toEqual(before.slice(1));
    expect(harness.calls.filter(({ method }) => method === 'endUndo')).toHaveLength(1);
    expect(await page.locator('.deleted').count()).toBe(0);
  });

  it('pauses and says never in one click, and takes either back', async () => {
    await open();
    const header = page.getByRole('banner');
    await header.getByRole('button', { name: 'Pause for an hour' }).click();
    await header.getByRole('button', { name: /Paused until/u }).waitFor();
    await header.getByRole('button', { name: 'Go on keeping' }).click();
    await header.getByRole('button', { name: 'Never on chatgpt.com' }).click();
    await header.getByRole('button', { name: 'Not kept on this site' }).waitFor();
    await header.getByRole('button', { name: 'Allow chatgpt.com again' }).click();
    await header.getByRole('button', { name: 'On for ChatGPT' }).waitFor();
    expect(await page.evaluate(() => window.panel.calls)).toEqual([
      'pause("hour")',
      'resume()',
      'excludeSite("chatgpt.com")',
      'allowSite("chatgpt.com")',
    ]);
  });

  it('forgets what was kept of the host one is on', async () => {
    await page.goto(
      `${harness.url}?tab=${encodeURIComponent(JSON.stringify({ state: 'unsupported', host: 'example.org' }))}`,
    );
    await page.locator('.status').click();
    await page.getByRole('button', { name: 'All of example.org' }).click();
    await page.getByText(/All of example.org: \d pages? would be deleted/u).waitFor();
    await page.getByText('It can be undone until you close the panel.').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'The last day' }).waitFor();
  });

  it('keeps a temporary chat only when asked for this one', async () => {
    await page.goto(
      `${harness.url}?tab=${encodeURIComponent(JSON.stringify({ state: 'temporary', site: 'chatgpt' }))}`,
    );
    await page.getByRole('button', { name: 'Temporary chat: not kept' }).click();
    await page.getByRole('button', { name: 'Keep this one chat' }).click();
    await page.getByRole('button', { name: 'Keeping temporary chat' }).waitFor();
    await page.getByRole('button', { name: 'Stop keeping this chat' }).click();
    expect(await page.evaluate(() => window.panel.calls)).toEqual(['keepTemporary(true)', 'keepTemporary(false)']);
  });

  it('copies diagnostics of a page that cannot be read: exactly what it shows, and no word of the user', async () => {
    const broken = STATES.find(({ name }) => name === 'broken');
    if (!broken) throw new Error('no such state');
    await reach(page, harness.url, broken);
    const shown = await page.locator('.diagnostics pre').textContent();
    await page.getByRole('button', { name: 'Copy diagnostics' }).click();
    await page.getByText('Copied. It holds counts').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(shown);
    expect(JSON.parse(shown ?? '')).toMatchObject({ commonplace_diagnostics: 1, address_kind: '/c/<id>' });
  });

  it('the menu says when the last backup was, leads to it, and tells nothing to who has only just begun', async () => {
    await open();
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'How it works' }).waitFor();
    expect(await page.getByRole('button', { name: /backup/u }).count()).toBe(0);
    const state = STATES.find(({ name }) => name === 'backups-not-permitted');
    if (!state) throw new Error('no such state');
    await reach(page, harness.url, state);
    expect(await focused()).toBe('SUMMARY');
    await page.getByText('Last backup: 3 days ago').waitFor();
    await page.getByText('the browser did not let it').waitFor();
    await page.getByRole('button', { name: 'Back up now' }).click();
    expect(await page.evaluate(() => window.panel.calls)).toEqual(['backups.now()']);
  });

  it('settings: allows a site, lets a host off the never list, and says what a shorter time would delete', async () => {
    await open();
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Allow on gemini.google.com' }).click();
    await expect.poll(() => page.getByText('Allowed', { exact: true }).count()).toBe(3);

    const never = page.getByRole('textbox', { name: 'Never here' });
    await never.fill('not a host');
    await never.press('Enter');
    await page.getByText('“not a host” is not the name of a site.').waitFor();
    await never.fill('https://Bank.example/account');
    await never.press('Enter');
    await page.getByRole('button', { name: 'Allow again: bank.example' }).click();
    await page.getByText('No site is on your never list.').waitFor();

    const chats = page.getByLabel('Conversations', { exact: true });
    await chats.selectOption('90');
    await page.getByText(/conversations? older than 90 days would/u).waitFor();
    expect((await harness.engine.retention()).conversation).toBeNull();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await chats.inputValue()).toBe('forever');
    await chats.selectOption('custom');
    await page.getByRole('spinbutton', { name: 'Conversations: number of days' }).fill('36500');
    await page.getByRole('spinbutton', { name: 'Conversations: number of days' }).press('Enter');
    await page.getByText('Saved.').waitFor();
    expect(await harness.engine.retention()).toMatchObject({ conversation: 36_500, page: null });
    await chats.selectOption('90');
    await page.getByRole('button', { name: /^Delete \d+ and save$/u }).click();
    await expect.poll(async () => (await harness.engine.retention()).conversation).toBe(90);
    await expect.poll(async () => (await harness.engine.status()).documents).toBeLessThan(EVERYTHING.length);
    expect(await page.evaluate(() => window.panel.calls)).toEqual([
      'requestPermission("gemini.google.com")',
      'excludeSite("bank.example")',
      'allowSite("bank.example")',
    ]);
  });

  it('draws hostile Markdown as text: nothing runs, nothing is loaded, no element is made of it', async () => {
    await harness.engine.ingest([HOSTILE]);
    const origin = new URL(harness.url).origin;
    const strangers: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) strangers.push(request.url());
    });
    await open();
    await page.getByText('An answer with everything nasty in it').click();
    await page.locator('.message .formula').first().waitFor();
    await page.waitForTimeout(500);
    expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
    expect(strangers).toEqual([]);
    const body = page.locator('.reading');
    expect(await body.locator('script, iframe, img, style, object, embed, link, form, input').count()).toBe(0);
    expect(
      await body.locator('a').evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href)),
    ).toEqual(['https://example.org/page', 'https://example.org/auto']);
    expect(
      await body.evaluate((root) =>
        [...root.querySelectorAll('*')].flatMap((element) =>
          element.getAttributeNames().filter((name) => name.startsWith('on')),
        ),
      ),
    ).toEqual([]);
    expect(await body.textContent()).toContain('<script>window.hacked = 3</script>');
    expect(await body.textContent()).toContain('Image: a picture');
    await body.getByText('fine').click();
    expect(await page.evaluate(() => window.panel.calls)).toEqual(['openOriginal("https://example.org/page")']);
  });

  it('goes on with what it has while the engine starts again', async () => {
    await open();
    await page.evaluate(() => {
      window.panel.setConnected(false);
    });
    await page.getByText('Starting again; nothing is lost').waitFor();
    expect((await titles()).length).toBe(EVERYTHING.length);
  });
});
