/** Backups by themselves, in a real browser: asked for once, made when due, what lies in the downloads opens again. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineIn, freshProfile, type Tab, until } from '../../harness/browser';
import { launchChromium, type RunningChromium } from '../../harness/chromium';
import { type Internet, startInternet } from '../../harness/internet';
import { press, reads } from '../../harness/pressing';
import { built } from '../durability/built';
import { conversation } from '../panel/harness/invented';

describe('backups by themselves, in chromium', () => {
  const profile = freshProfile();
  const extension = mkdtempSync(join(tmpdir(), 'commonplace-downloading-'));
  const downloads = mkdtempSync(join(tmpdir(), 'commonplace-downloads-'));
  let internet: Internet;
  let browser: RunningChromium;
  let panel: Tab;

  beforeAll(async () => {
    // The extension with the permission that the click would ask for: no prompt can be answered here.
    cpSync(built('chrome'), extension, { recursive: true });
    const path = join(extension, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string[]>;
    manifest['permissions']?.push(...(manifest['optional_permissions'] ?? []));
    writeFileSync(path, JSON.stringify(manifest));
    // A download that an extension begins goes where the user's settings say.
    mkdirSync(join(profile.path, 'Default'));
    writeFileSync(
      join(profile.path, 'Default', 'Preferences'),
      JSON.stringify({
        extensions: { ui: { developer_mode: true } },
        download: { default_directory: downloads, prompt_for_download: false },
      }),
    );
    internet = await startInternet({});
    browser = await launchChromium({ profile: profile.path, proxyPort: internet.port, extension });
    const session = await browser.context.browser()?.newBrowserCDPSession();
    await session?.send('Browser.setDownloadBehavior', { behavior: 'default' });
    panel = await browser.open('sidepanel.html');
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    profile.remove();
    for (const folder of [extension, downloads]) rmSync(folder, { recursive: true, force: true });
  });

  const files = () =>
    readdirSync(downloads, { recursive: true })
      .map(String)
      .filter((name) => /commonplace-backup-[\d-]+\.zip(\.age)?$/u.test(name))
      .toSorted();

  it('are turned on in the panel: the first is made at once, read back, and what lies there opens', async () => {
    const script = await browser.open('console.html');
    await engineIn(script)('ingest', [
      conversation('camellia', 'Tea from the garden', 2, [['user', 'Can a camellia be drunk?']]),
    ]);
    await press(panel, 'Menu');
    await press(panel, 'Settings');
    await press(panel, 'Your data');
    await reads(panel, 'Last backup: never');
    await press(panel, 'Make backups');
    await reads(panel, 'Every week, into “Commonplace” in your downloads.');
    await reads(panel, 'Last backup: just now');
    const [name] = await until(
      () => Promise.resolve(files()),
      (names) => names.length === 1,
    );
    const inside = Object.keys(unzipSync(readFileSync(join(downloads, name ?? ''))));
    expect(inside.some((one) => one.includes('Tea from the garden'))).toBe(true);
    await script.close();
  });

  it('are made when they are due, and the oldest go', async () => {
    const seen = new Set(files());
    for (let made = 2; made <= 6; made++) {
      await panel.evaluate(
        async (last) => {
          // as if the last one were eight days old
          const { chrome } = globalThis as unknown as {
            chrome: {
              storage: { local: { set(what: object): Promise<void> } };
              alarms: { create(name: string, when: object): Promise<void> };
            };
          };
          await chrome.storage.local.set({ 'backup.last': last });
          await chrome.alarms.create('soon', { when: Date.now() });
        },
        { at: new Date(Date.now() - 8 * 86_400_000).toISOString(), documents: 1, bytes: 1, encrypted: false },
      );
      await until(
        () => Promise.resolve(files().filter((name) => !seen.has(name))),
        (names) => names.length === 1,
      );
      for (const name of files()) seen.add(name);
      await reads(panel, 'Last backup: just now');
    }
    expect(seen.size).toBe(6);
    await until(
      () => Promise.resolve(files()),
      (names) => names.length === 5,
    );
    expect(files()).toEqual([...seen].toSorted().slice(1));
  });
});
