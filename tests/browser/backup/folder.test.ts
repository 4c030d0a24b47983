/**
 * Backups into a folder that was picked, in Chromium. Its picker cannot be driven from outside, so the page's
 * `showDirectoryPicker` is answered here: by a directory of the extension's own file system, which is a real
 * FileSystemDirectoryHandle that is kept, written and listed like any other. Only its permission never ends: what the
 * browser says of that is answered here, too, by a script in the extension's pages.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineIn, freshProfile } from '../../harness/browser';
import { findChromium, launchChromium, type RunningChromium } from '../../harness/chromium';
import { type Internet, startInternet } from '../../harness/internet';
import { press, reads } from '../../harness/pressing';
import { built } from '../durability/built';
import { conversation } from '../panel/harness/invented';

/** As Chromium: after a restart it is to be asked for again, in a click. */
const PERMISSION = `
FileSystemHandle.prototype.queryPermission = async () => localStorage.getItem('permission') ?? 'granted';
FileSystemHandle.prototype.requestPermission = async () => {
  if (!navigator.userActivation.isActive) throw new DOMException('no click', 'SecurityError');
  localStorage.setItem('permission', 'granted');
  return 'granted';
};
`;

describe.skipIf(!findChromium())('backups into a folder, in chromium', () => {
  const profile = freshProfile();
  const extension = mkdtempSync(join(tmpdir(), 'commonplace-permission-'));
  let internet: Internet;
  let browser: RunningChromium;

  async function start(): Promise<void> {
    browser = await launchChromium({ profile: profile.path, proxyPort: internet.port, extension });
    await browser.context.addInitScript(() => {
      const pick = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true });
      Object.assign(globalThis, { showDirectoryPicker: pick });
    });
  }
  beforeAll(async () => {
    cpSync(built('chrome'), extension, { recursive: true });
    writeFileSync(join(extension, 'permission.js'), PERMISSION);
    for (const page of ['offscreen.html', 'sidepanel.html']) {
      const path = join(extension, page);
      writeFileSync(path, readFileSync(path, 'utf8').replace('<head>', '<head><script src="/permission.js"></script>'));
    }
    internet = await startInternet({});
    await start();
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    profile.remove();
    rmSync(extension, { recursive: true, force: true });
  });

  async function yourData(): Promise<Page> {
    const panel = await browser.open('sidepanel.html');
    await press(panel, 'Menu');
    await press(panel, 'Settings');
    await press(panel, 'Your data');
    return panel;
  }
  const sizes = (page: Page) =>
    page.evaluate(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true });
      const found: Record<string, number> = {};
      for await (const entry of folder.values())
        if (entry.kind === 'file') found[entry.name] = (await entry.getFile()).size;
      return found;
    });

  it('are made there and read back there; what a kill left of one goes', async () => {
    const script = await browser.open('console.html');
    await engineIn(script)('ingest', [
      conversation('camellia', 'Tea from the garden', 2, [['user', 'Can a camellia be drunk?']]),
    ]);
    await script.evaluate(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true });
      for (const name of ['commonplace-backup-2026-01-01-000000.zip', 'notes.zip'])
        await folder.getFileHandle(name, { create: true });
    });
    const panel = await yourData();
    await panel.getByLabel('Where', { exact: true }).selectOption('folder');
    await press(panel, 'Make backups');
    await reads(panel, 'Every week, into “picked”.');
    await reads(panel, 'Last backup: just now');
    const there = await sizes(script);
    const [name = '', ...others] = Object.keys(there).filter((one) => one !== 'notes.zip');
    expect(others).toEqual([]);
    expect(there['notes.zip']).toBe(0);
    const report = await script.evaluate(async (file) => {
      const { engine } = globalThis as unknown as { engine: { lookAtImport(blob: Blob, o: object): Promise<unknown> } };
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('picked');
      return engine.lookAtImport(await (await folder.getFileHandle(file)).getFile(), {});
    }, name);
    expect(report).toMatchObject({ documents: { same: 1 }, damage: { counts: {} } });
    await Promise.all([panel.close(), script.close()]);
  });

  it('say after a restart that they are not permitted any more, and ask again in the click', async () => {
    const before = await browser.open('console.html');
    await before.evaluate(() => {
      localStorage.setItem('permission', 'prompt');
    });
    await browser.close();
    await start();
    const script = await browser.open('console.html');
    await script.evaluate(
      async (at) => {
        const { chrome } = globalThis as unknown as {
          chrome: {
            storage: { local: { set(what: object): Promise<void> } };
            alarms: { create(name: string, when: object): Promise<void> };
          };
        };
        await chrome.storage.local.set({ 'backup.last': { at, documents: 1, bytes: 1, encrypted: false } });
        await chrome.alarms.create('soon', { when: Date.now() });
      },
      new Date(Date.now() - 8 * 86_400_000).toISOString(),
    );
    const panel = await browser.open('sidepanel.html');
    await press(panel, 'Menu');
    await press(panel, 'The last backup failed');
    await reads(panel, 'the browser did not let it. Press “Back up now” and allow it.');
    const had = Object.keys(await sizes(script));
    await press(panel, 'Back up now');
    await reads(panel, 'Last backup: just now');
    expect(Object.keys(await sizes(script)).length).toBe(had.length + 1);

    await script.evaluate(async () => {
      await (await navigator.storage.getDirectory()).removeEntry('picked', { recursive: true });
    });
    await press(panel, 'Back up now');
    await reads(panel, 'The folder for them is not there any more.');
    await Promise.all([panel.close(), script.close()]);
  });
});
