/**
 * A model downloaded in the panel of the built extension, from a server that answers under the hub's names: paused, the
 * browser killed while it goes on without the panel, whole after the next start, and offered for answers.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OfferedModel } from '../../../engine/api';
import { CHROMIUM, engineIn, freshProfile, until } from '../../harness/browser';
import { findChromium, launchChromium, type RunningChromium } from '../../harness/chromium';
import { type Internet, startInternet } from '../../harness/internet';
import { createModelHub } from '../../harness/model-hub';

const BUILT = `${process.env.WXT_OUTDIR ?? `${import.meta.dirname}/../../../.output`}/chrome-mv3`;
const ID = 'smollm2-360m-gguf';
const NAME = 'SmolLM2-360M-Instruct Q8_0';
const REPOSITORY = 'HuggingFaceTB/SmolLM2-360M-Instruct-GGUF';
const CDN = 'cas-bridge.xethub.hf.co';

/** Of no use but for its beginning and its length: two ranges and a half. */
function invented(): Uint8Array {
  const bytes = new Uint8Array(40 * 2 ** 20);
  for (let at = 0; at < bytes.length; at += 4_096) bytes.fill((at / 4_096) % 251, at, at + 4_096);
  bytes.set(new TextEncoder().encode('GGUF'));
  return bytes;
}

describe.skipIf(!findChromium())(`downloading a model in ${CHROMIUM.name}`, () => {
  const profile = freshProfile();
  const file = { path: 'smollm2-360m-instruct-q8_0.gguf', bytes: invented() };
  const hub = createModelHub({ [REPOSITORY]: [file] }, `https://${CDN}`);
  let internet: Internet;
  let browser: RunningChromium;
  let engine: ReturnType<typeof engineIn>;
  const launch = async () => {
    browser = await launchChromium({ profile: profile.path, proxyPort: internet.port, extension: BUILT });
    engine = engineIn(await browser.open('console.html'));
  };
  const model = (accept: (model: OfferedModel) => boolean) =>
    until(
      async () => (await engine('models', 'answer')).find(({ id }) => id === ID),
      (found) => found !== undefined && accept(found),
    );
  const ranges = () =>
    hub.asked.filter((asked) => asked.startsWith('GET /files/')).map((asked) => Number(/=(\d+)/u.exec(asked)?.[1]));

  beforeAll(async () => {
    internet = await startInternet({ 'huggingface.co': hub.site, [CDN]: hub.site });
    await launch();
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    profile.remove();
  });

  it('asks first, shows how far it is, pauses, goes on over a kill, and is then offered', async () => {
    const panel = await browser.open('sidepanel.html');
    await panel.getByRole('button', { name: 'Menu' }).click();
    await panel.getByRole('button', { name: 'Models', exact: true }).click();
    await panel.getByRole('button', { name: `Download: ${NAME}` }).click();
    const row = panel.getByRole('region', { name: NAME });
    await row.getByText(`from huggingface.co, repository ${REPOSITORY}`).waitFor();
    expect(hub.asked).toEqual([]);
    hub.slow = 20;
    await row.getByRole('button', { name: `Download it: ${NAME}` }).click();
    await row.getByText('a second').waitFor();
    await row.getByRole('button', { name: `Pause: ${NAME}` }).click();
    await row.getByText('Paused:').waitFor();
    const paused = await model(({ state }) => state === 'paused');
    expect(paused).toMatchObject({ failure: null, bytes: file.bytes.length, sums: 'hub' });
    expect(paused?.done).toBeGreaterThan(0);

    await row.getByRole('button', { name: `Go on: ${NAME}` }).click();
    await panel.close();
    const before = await model(({ done }) => done > (paused?.done ?? 0));
    await browser.kill();
    const asked = ranges().length;
    hub.slow = 0;
    await launch();
    await model(({ state }) => state === 'done');
    // what lay there was not asked for again
    expect(ranges()[asked]).toBeGreaterThanOrEqual(before?.done ?? Infinity);

    const [local] = (await engine('localModels')) ?? [];
    expect(local).toMatchObject({ id: `llama:${ID}`, name: NAME, bytes: file.bytes.length, entry: ID });
    const again = await browser.open('sidepanel.html');
    await again.getByRole('button', { name: 'Menu' }).click();
    await again.getByRole('button', { name: 'Ask and chats' }).click();
    await again.getByRole('combobox').selectOption({ label: NAME });

    const sent = await engine('sent');
    expect(new Set(sent.map(({ host }) => host))).toEqual(new Set(['huggingface.co', CDN]));
    expect(sent.at(-1)).toMatchObject({ provider: NAME, bytes: 0, passages: [], fetches: 386_000_000 });
    const others = internet.seen.filter(
      ({ origin, host }) => origin?.startsWith('chrome-extension:') && !['huggingface.co', CDN].includes(host),
    );
    expect(others).toEqual([]);

    await engine('removeLocalModel', local?.id ?? '');
    expect(await engine('localModels')).toEqual([]);
    expect(await model(({ state }) => state === 'none')).toMatchObject({ done: 0, commit: null });
    expect((await engine('space')).models).toBe(0);
  });
});
