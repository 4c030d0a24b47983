/**
 * Backups into a folder that was picked, in Chromium. Its picker cannot be driven from outside, so the page's
 * `showDirectoryPicker` is answered here: by a directory of the extension's own file system, which is a real
 * FileSystemDirectoryHandle that is kept, written and listed like any other. Only its permission never ends.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineIn, freshProfile } from '../../harness/browser';
import { findChromium, launchChromium, type RunningChromium } from '../../harness/chromium';
import { type Internet, startInternet } from '../../harness/internet';
import { press, reads } from '../../harness/pressing';
import { built } from '../durability/built';
import { conversation } from '../panel/harness/invented';

describe.skipIf(!findChromium())('backups into a folder, in chromium', () => {
  const profile = freshProfile();
  let internet: Internet;
  let browser: RunningChromium;

  async function start(): Promise<void> {
    browser = await launchChromium({ profile: profile.path, proxyPort: internet.port, extension: built('chrome') });
    await browser.context.addInitScript(() => {
      const pick = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true });
      Object.assign(globalThis, { showDirectoryPicker: pick });
    });
  }
  beforeAll(async () => {
    internet = await startInternet({});
    await start();
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    profile.remove();
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
});
