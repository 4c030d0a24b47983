/** PDFs that the browser shows, kept by their text, held against the built extension in a real browser. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineIn, until } from '../../harness/browser';
import { findChromium, launchChromium, type RunningChromium } from '../../harness/chromium';
import { type Internet, type Site, startInternet } from '../../harness/internet';
import { pdfOf } from '../../unit/pages/pdf-file';

/** In pages of the extension. */
declare const chrome: { tabs: { query(where: object): Promise<Array<{ id: number }>> } };
declare const ask: (name: string, input: object) => Promise<unknown>;

const BUILT = join(import.meta.dirname, '../../../.output/chrome-mv3');

const TEXT = [
  'The tide tables of the harbour\nare printed once a year.',
  'The fog signal is explained\non the second page.',
];
const FILES: Record<string, Uint8Array> = {
  '/tides.pdf': pdfOf(TEXT, { title: 'Tide tables' }),
  '/fog.pdf': pdfOf(['The keeper of the light sounds\nthe fog signal by hand.'], { title: 'Fog' }),
  '/scan.pdf': pdfOf(['', '']),
  '/fresh.pdf': pdfOf(TEXT),
};
const site: Site = (request, response) => {
  const path = request.url ?? '';
  const file = FILES[path.replace(/^http:\/\/[^/]+/u, '')];
  if (!file) {
    response.writeHead(404).end();
    return;
  }
  response
    .writeHead(200, {
      'content-type': 'application/pdf',
      'content-length': file.byteLength,
      'cache-control': path.endsWith('/fresh.pdf') ? 'no-store' : 'max-age=600',
    })
    .end(file);
};

describe.skipIf(!findChromium())('a PDF', () => {
  const root = mkdtempSync(join(tmpdir(), 'commonplace-pdf-'));
  let internet: Internet;
  let browser: RunningChromium;
  let console: Page;
  let engine: ReturnType<typeof engineIn>;

  beforeAll(async () => {
    // without TLS: what comes under a certificate that is not trusted is not put into the cache
    internet = await startInternet({ 'papers.example': site });
    const extension = join(root, 'extension');
    cpSync(BUILT, extension, { recursive: true });
    const path = join(extension, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    manifest.host_permissions = manifest.optional_host_permissions;
    writeFileSync(path, JSON.stringify(manifest));
    browser = await launchChromium({ profile: join(root, 'profile'), extension, proxyPort: internet.port });
    console = await browser.open('console.html');
    engine = engineIn(console);
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  async function open(path: string): Promise<Page> {
    const tab = await browser.context.newPage();
    await tab.goto(`http://papers.example${path}`, { waitUntil: 'load' });
    // the viewer starts after the page has loaded
    await tab.waitForTimeout(1_500);
    return tab;
  }
  /** Resolves with null, or the code of what went wrong. */
  const remember = (path: string) =>
    console.evaluate(async (url) => {
      const [tab] = await chrome.tabs.query({ url });
      if (!tab) throw new Error(`There is no tab with ${url}.`);
      return ask('rememberTab', { tabId: tab.id, note: null }).then(
        () => null,
        (error: unknown) => (error as { code: string }).code,
      );
    }, `http://papers.example${path}`);
  const find = (path: string) => engine('find', { source: 'web', external_id: `http://papers.example${path}` });

  it('is kept by its text when the user says so, without asking for the file again', async () => {
    const tab = await open('/tides.pdf');
    expect(await remember('/tides.pdf')).toBeNull();
    await engine('drainOutbox');
    const found = await find('/tides.pdf');
    const document = await engine('read', found?.id ?? '');
    expect(document.title).toBe('Tide tables');
    expect(document.messages[0]?.markdown).toBe(
      '## Page 1\n\nThe tide tables of the harbour are printed once a year.\n\n## Page 2\n\nThe fog signal is explained on the second page.',
    );
    expect(internet.seen.filter(({ path }) => path === '/tides.pdf')).toHaveLength(1);
    await tab.close();
  });

  it('of pictures, or that the browser does not hold, is said not to be kept', async () => {
    const scan = await open('/scan.pdf');
    expect(await remember('/scan.pdf')).toBe('pdf_without_text');
    await scan.close();
    const fresh = await open('/fresh.pdf');
    expect(await remember('/fresh.pdf')).toBe('pdf_not_at_hand');
    expect(internet.seen.filter(({ path }) => path === '/fresh.pdf')).toHaveLength(1);
    await fresh.close();
  });

  it('is kept by being read, where that is turned on', async () => {
    const panel = await browser.open('sidepanel.html');
    await panel.getByRole('button', { name: 'Menu' }).click();
    await panel.getByRole('button', { name: 'Pages you read' }).click();
    await panel.getByRole('group', { name: 'On every site' }).getByLabel('Keep their text').click();
    const tab = await open('/fog.pdf');
    const found = await until(
      async () => {
        await engine('drainOutbox');
        return find('/fog.pdf');
      },
      (document) => document !== null,
    );
    expect(found).toMatchObject({ title: 'Fog' });
    expect(internet.seen.filter(({ path }) => path === '/fog.pdf')).toHaveLength(1);
    await tab.close();
  });
});
