/** Another embedder in the built extension: added from its folder in the panel, chosen, and a kill on the way to it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineIn, freshProfile, until } from '../../harness/browser';
import { findChromium, launchChromium, type RunningChromium } from '../../harness/chromium';
import { type Internet, startInternet } from '../../harness/internet';
import { conversation } from '../ask/suite';

const BUILT = `${process.env.WXT_OUTDIR ?? `${import.meta.dirname}/../../../.output`}/chrome-mv3`;
const NAME = 'all-MiniLM-L6-v2';
const folder = join(process.env.COMMONPLACE_MODELS ?? '/nowhere', NAME.toLowerCase());

/** Shares no word with the question. */
const QUESTION = 'pet scared by a storm';
const ANSWER = 'The cat is afraid of thunder.';
/** Enough that a kill comes in the midst. */
const OTHERS = Array.from({ length: 10 }, (_, n) =>
  conversation(
    `minutes-${n}`,
    'Minutes',
    '2026-05-05',
    Array.from(
      { length: 10 },
      (_, m) => `Item ${m}: the minutes of meeting ${n} say who was there, what was decided and when they meet again.`,
    ),
  ),
);
const PASSAGES = 102;

describe.skipIf(!findChromium() || !existsSync(folder))('another embedder', () => {
  const profile = freshProfile();
  let internet: Internet;
  let browser: RunningChromium;
  let engine: ReturnType<typeof engineIn>;

  async function launch(): Promise<void> {
    browser = await launchChromium({ profile: profile.path, proxyPort: internet.port, extension: BUILT });
    engine = engineIn(await browser.open('console.html'));
    await until(
      () => engine('status'),
      ({ store, embedder }) => store.state !== 'opening' && embedder.state === 'ready',
    );
  }
  async function models(): Promise<Page> {
    const panel = await browser.open('sidepanel.html');
    await panel.getByRole('button', { name: 'Menu' }).click();
    await panel.getByRole('button', { name: 'Models', exact: true }).click();
    await panel.locator('.embedders').waitFor();
    return panel;
  }
  async function byMeaning(): Promise<string | undefined> {
    const { hits, used_meaning } = await engine('recall', { text: QUESTION, mode: 'meaning', limit: 1 });
    expect(used_meaning).toBe(true);
    return hits[0]?.passage;
  }

  beforeAll(async () => {
    internet = await startInternet({});
    await launch();
    await engine('ingest', [conversation('cat', 'Animals', '2026-05-04', [ANSWER, 'Noted.']), ...OTHERS]);
    await engine('idle');
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    profile.remove();
  });

  it('is added from its folder and takes over once everything was read again, whatever happens on the way', async () => {
    const panel = await models();
    await browser.pick(panel, '.embedders input[webkitdirectory]', folder);
    await panel.getByRole('button', { name: `Use ${NAME} for search by meaning` }).click();
    await panel.getByText(new RegExp(`Re-reading \\d+ of ${PASSAGES} passages`, 'u')).waitFor();
    expect(await byMeaning()).toBe(ANSWER);
    await until(
      () => engine('status'),
      ({ reembedding }) => reembedding === null || reembedding.done > 0,
    );
    const { reembedding } = await engine('status');
    expect(reembedding?.done).toBeLessThan(PASSAGES);
    await browser.kill();

    await launch();
    expect(await byMeaning()).toBe(ANSWER);
    await until(
      () => engine('status'),
      ({ reembedding, chunks_waiting }) => reembedding === null && chunks_waiting === 0,
    );
    expect((await engine('status')).embedder).toMatchObject({ model_id: 'all-minilm-l6-v2/q8/1' });
    expect(await byMeaning()).toBe(ANSWER);
    await engine('ingest', [conversation('dog', 'Animals', '2026-05-06', ['The dog hides under the bed.'])]);
    await engine('idle');
    const found = await engine('recall', { text: 'where does the hound go', mode: 'meaning', limit: 1 });
    expect(found.hits[0]?.passage).toBe('The dog hides under the bed.');

    const after = await models();
    await after.locator('.embedders li', { hasText: NAME }).getByText('searches now').waitFor();
    expect(internet.seen.filter(({ origin }) => origin?.includes('-extension://'))).toEqual([]);
  });
});
