/** Firefox ends the background page when nothing happens in it, and every worker with it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Capture } from '../../../engine/capture/types';
import { engineIn, freshProfile, type Tab, until } from '../../harness/browser';
import { findFirefox, launchFirefox, type RunningFirefox } from '../../harness/firefox';
import { type Internet, startInternet } from '../../harness/internet';
import { conversation } from '../panel/harness/invented';
import { built } from './built';

/** Firefox's own is 30 s. The background says that it lives every 15. */
const IDLE_MS = 18_000;

interface ConsolePage {
  engine: { disconnect(): void };
  ask: (name: 'capture', capture: Capture) => Promise<unknown>;
  /** Does not wake what sleeps: null then. */
  browser: { extension: { getBackgroundPage(): { name: string } | null } };
}

describe.skipIf(!findFirefox())('the background page of firefox', () => {
  const profile = freshProfile();
  let internet: Internet;
  let browser: RunningFirefox;
  let page: Tab;

  beforeAll(async () => {
    internet = await startInternet({});
    browser = await launchFirefox({
      profile: profile.path,
      proxyPort: internet.port,
      extension: built('firefox'),
      preferences: { 'extensions.background.idle.timeout': IDLE_MS },
    });
    page = (await browser.open('console.html')) as unknown as Tab;
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    profile.remove();
  });

  /** The name that was given to the background page which is there now; null when there is none. */
  const background = () =>
    page.evaluate(
      () => (globalThis as unknown as ConsolePage).browser.extension.getBackgroundPage()?.name ?? null,
      null,
    );

  it('stays while something is connected to the engine, ends when nothing is, and what is kept then wakes it', async () => {
    await engineIn(page)('ingest', [
      conversation('oolong', 'Tea for guests', 2, [['user', 'How long should oolong steep?']]),
    ]);
    await page.evaluate(() => {
      const there = (globalThis as unknown as ConsolePage).browser.extension.getBackgroundPage();
      if (there) there.name = 'first';
    }, null);
    await new Promise((resolve) => setTimeout(resolve, 1.5 * IDLE_MS));
    expect(await background()).toBe('first');

    await page.evaluate(() => {
      (globalThis as unknown as ConsolePage).engine.disconnect();
    }, null);
    await until(background, (name) => name === null);

    const kept = conversation('camellia', 'Tea from the garden', 1, [['user', 'Can a camellia be drunk?']]);
    await page.evaluate((capture) => (globalThis as unknown as ConsolePage).ask('capture', capture), kept);
    expect(await background()).not.toBe('first');

    const engine = engineIn((await browser.open('console.html')) as unknown as Tab);
    await engine('drainOutbox');
    const { hits } = await engine('recall', { text: 'tea' });
    expect(hits.map(({ title }) => title).toSorted()).toEqual(['Tea for guests', 'Tea from the garden']);
  });
});
