/** A real small model in the built extension: its file added in the panel, its words checked like any other's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineIn, freshProfile, until } from '../../harness/browser';
import { findChromium, launchChromium, type RunningChromium } from '../../harness/chromium';
import { findGguf } from '../../harness/gguf';
import { type Internet, startInternet } from '../../harness/internet';
import { conversation } from './suite';

const BUILT = `${process.env.WXT_OUTDIR ?? `${import.meta.dirname}/../../../.output`}/chrome-mv3`;
const gguf = findGguf();

describe.skipIf(!findChromium() || gguf === null)('a model in the browser', () => {
  const profile = freshProfile();
  let internet: Internet;
  let browser: RunningChromium;
  let engine: ReturnType<typeof engineIn>;

  beforeAll(async () => {
    internet = await startInternet({});
    browser = await launchChromium({ profile: profile.path, proxyPort: internet.port, extension: BUILT });
    engine = engineIn(await browser.open('console.html'));
    await until(
      () => engine('status'),
      ({ store }) => store.state !== 'opening',
    );
    await engine('ingest', [
      conversation('trip', 'Trip', '2026-05-04', ['Hotel Lumen is booked for two nights.', 'Noted.']),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    profile.remove();
  });

  it('is added from its file, known by its sum, writes an answer that is checked, and asks nobody', async () => {
    const panel = await browser.open('sidepanel.html');
    await panel.getByRole('button', { name: 'Menu' }).click();
    await panel.getByRole('button', { name: 'Models', exact: true }).click();
    await panel.locator('input[accept=".gguf"]').waitFor();
    // by its path: Playwright sends no more than 50 MB to a browser that it did not start
    const session = await browser.context.newCDPSession(panel);
    const { root } = await session.send('DOM.getDocument', { depth: -1 });
    const { nodeId } = await session.send('DOM.querySelector', {
      nodeId: root.nodeId,
      selector: 'input[accept=".gguf"]',
    });
    await session.send('DOM.setFileInputFiles', { nodeId, files: [gguf ?? ''] });
    const models = await until(
      () => engine('localModels'),
      (models) => models?.length === 1,
    );
    const model = models?.[0];
    expect(model).toMatchObject({ name: 'SmolLM2-135M-Instruct Q4_1', known: true, licence: 'Apache-2.0' });

    await panel.getByRole('button', { name: /^Back/u }).click();
    await panel.getByRole('button', { name: 'Menu' }).click();
    await panel.getByRole('button', { name: 'Ask and chats' }).click();
    await panel.getByRole('combobox').selectOption({ label: 'SmolLM2-135M-Instruct Q4_1' });
    await panel.getByRole('textbox', { name: 'Your question' }).fill('Which hotel is booked?');
    await panel.keyboard.press('Enter');
    await panel.locator('.turn .tools').waitFor({ timeout: 500_000 });
    const [chat] = await engine('chats');
    const { messages } = await engine('chat', chat?.id ?? '');
    const { markdown = '', answer } = messages[1] ?? {};
    expect(answer).toMatchObject({ failure: null, ended: 'done', generator: model?.id });
    expect(markdown).toMatch(/\p{L}{3}.*\p{L}{3}/u);
    // a model as small as this is often wrong ("The hotel is not booked."); what it makes up must not look supported
    for (const { start, end, state } of answer?.sentences ?? []) {
      if (state === 'supported') expect(markdown.slice(start, end)).toContain('Lumen');
    }
    expect(await engine('sent')).toEqual([]);
    expect(internet.seen.filter(({ origin }) => origin?.includes('-extension://'))).toEqual([]);
  }, 600_000);
});
