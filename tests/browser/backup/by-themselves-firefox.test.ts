/** Backups by themselves in Firefox: into the downloads, and again; what lies on the disk is read by the command line. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAsBlob } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importExport } from '../../../engine/backup';
import { openStore } from '../../../engine/store';
import { engineIn, FIREFOX, freshProfile, type RunningBrowser, until } from '../../harness/browser';
import { findFirefox } from '../../harness/firefox';
import { type Internet, startInternet } from '../../harness/internet';
import { press, reads } from '../../harness/pressing';
import { conversation } from '../panel/harness/invented';

describe.skipIf(!findFirefox())('backups by themselves, in firefox', () => {
  const profile = freshProfile();
  const downloads = mkdtempSync(join(tmpdir(), 'commonplace-downloads-'));
  let internet: Internet;
  let browser: RunningBrowser;

  beforeAll(async () => {
    internet = await startInternet({});
    browser = await FIREFOX.launch({ profile: profile.path, proxyPort: internet.port, downloads, permits: true });
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    profile.remove();
    rmSync(downloads, { recursive: true, force: true });
  });

  const files = () =>
    readdirSync(downloads, { recursive: true })
      .map(String)
      .filter((name) => /commonplace-backup-[\d-]+\.zip$/u.test(name))
      .toSorted();

  it('are turned on in the panel and made, and made again when it is pressed', async () => {
    const script = await browser.open('console.html');
    await engineIn(script)('ingest', [
      conversation('camellia', 'Tea from the garden', 2, [['user', 'Can a camellia be drunk?']]),
    ]);
    const panel = await browser.open('sidepanel.html');
    await press(panel, 'Menu');
    await press(panel, 'Settings');
    await press(panel, 'Your data');
    await press(panel, 'Make backups');
    await reads(panel, 'Every week, into “Commonplace” in your downloads.');
    await reads(panel, 'Last backup: just now');
    const [name = ''] = await until(
      () => Promise.resolve(files()),
      (names) => names.length === 1,
    );
    const store = await openStore({ storage: 'memory' });
    const report = await importExport(store, await openAsBlob(join(downloads, name)), { apply: true });
    expect(report).toMatchObject({ documents: { added: 1 }, damage: { counts: {} } });
    await store.close();
    await press(panel, 'Back up now');
    await until(
      () => Promise.resolve(files()),
      (names) => names.length === 2,
    );
    await reads(panel, 'Last backup: just now');
  });
});
