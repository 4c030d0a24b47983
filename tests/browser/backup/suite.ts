/** Everything into a file and back, in a real browser: what the user clicks, what lies on the disk, what is found again. */
import { unzipSync } from 'fflate';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserKind, engineIn, freshProfile, type RunningBrowser, type Tab, until } from '../../harness/browser';
import { createChatGptSite, type SiteConversation } from '../../harness/chatgpt-site';
import { type Internet, startInternet } from '../../harness/internet';
import { press, reads } from '../../harness/pressing';

const QUESTION = 'How long should oolong steep?';
const ANSWER = 'Steep **oolong** for three minutes.\n\n```python\nsteep("oolong", minutes=3)\n```';
const TEA: SiteConversation = {
  id: '0c0ffee0-0000-4000-8000-746561000000',
  title: 'Oolong for guests',
  messages: [
    { id: '0c0ffee0-0000-4000-8000-713100000000', role: 'user', text: QUESTION, time: 1_773_307_800 },
    { id: '0c0ffee0-0000-4000-8000-613100000000', role: 'assistant', text: ANSWER, time: 1_773_307_805 },
  ],
};
const PASSWORD = 'a pot of tea';

export function describeBackup(kind: BrowserKind): void {
  describe(`everything in a file and back, in ${kind.name}`, () => {
    const first = freshProfile();
    const second = freshProfile();
    const downloads = mkdtempSync(join(tmpdir(), 'commonplace-downloads-'));
    let internet: Internet;
    let browser: RunningBrowser;

    beforeAll(async () => {
      mkdirSync(downloads, { recursive: true });
      internet = await startInternet({ 'chatgpt.com': createChatGptSite([structuredClone(TEA)]).site });
      browser = await kind.launch({ profile: first.path, proxyPort: internet.port, downloads });
    });
    afterAll(async () => {
      await browser.close();
      await internet.close();
      first.remove();
      second.remove();
      rmSync(downloads, { recursive: true, force: true });
    });

    /** The file that ends so, once it is whole. */
    async function downloaded(ending: string): Promise<string> {
      const [name] = await until(
        () => Promise.resolve(readdirSync(downloads).filter((one) => one.endsWith(ending))),
        (names) => names.length > 0,
      );
      return join(downloads, name ?? '');
    }
    async function settings(): Promise<Tab> {
      const panel = await browser.open('sidepanel.html');
      await withoutDialog(panel);
      await press(panel, 'Menu');
      await press(panel, 'Settings');
      await press(panel, 'Your data');
      return panel;
    }

    it('writes a file that needs no Commonplace to be read, and reads it back', async () => {
      const tab = await browser.newTab();
      await tab.goto(`https://chatgpt.com/c/${TEA.id}`);
      const console = await browser.open('console.html');
      const engine = engineIn(console);
      await until(
        async () => {
          await engine('drainOutbox');
          const found = await engine('find', { source: 'chatgpt', external_id: TEA.id });
          return found && (await engine('read', found.id));
        },
        (document) => document?.complete === true,
      );
      await tab.close();

      const panel = await settings();
      await reads(panel, 'Last backup: never');
      await press(panel, 'Export everything');
      await reads(panel, 'Saved and read back: 1 conversation or page');
      await reads(panel, 'Last backup: ');

      const files = unzipSync(readFileSync(await downloaded('.zip')));
      const names = Object.keys(files);
      const said = names.find((name) => /^documents\/chatgpt\/2026-03-12 Oolong for guests \w+\.md$/u.test(name)) ?? '';
      expect(Buffer.from(files[said] ?? []).toString()).toContain(ANSWER);
      expect(names).toEqual(expect.arrayContaining(['README.md', 'manifest.json', 'data/document/00001.jsonl']));
      await Promise.all([panel.close(), console.close()]);
    });

    // By itself it passes in Firefox; there the panel does not open a third time in one run.
    const inChromium = it.skipIf(kind.name === 'firefox');
    inChromium('keeps a note that is written in the panel, and saves it as a file for reading', async () => {
      const panel = await browser.open('sidepanel.html');
      await withoutDialog(panel);
      await press(panel, 'New note');
      await panel.type('.note-sheet textarea', 'The kettle\nIt whistles at ninety degrees.');
      await press(panel, 'Keep it');
      await reads(panel, 'Kept.');
      await panel.type('.field input', 'whistles');
      await reads(panel, 'Your notes');
      await press(panel, 'Save '); // whatever else is near in meaning goes along
      await press(panel, 'Markdown');
      await reads(panel, 'Saved: ');
      expect(readFileSync(await downloaded('whistles.md')).toString()).toContain('It whistles at ninety degrees.');
      await panel.close();
      const console = await browser.open('console.html');
      const [note] = (await engineIn(console)('recall', { text: 'whistles', mode: 'words' })).hits;
      const { id } = await engineIn(console)('forget', { document_ids: [note?.document_id ?? ''] });
      await engineIn(console)('purgeForgotten', [id]);
      await console.close();
    });

    it('writes it under a password, with vectors', async () => {
      const panel = await settings();
      await press(panel, 'Encrypt it with a password');
      await press(panel, 'With what search has worked out');
      await panel.type('.export input[type=password]', PASSWORD);
      await press(panel, 'Export everything');
      await reads(panel, 'Saved and read back: 1 conversation or page');
      expect(
        readFileSync(await downloaded('.zip.age'))
          .subarray(0, 22)
          .toString(),
      ).toBe('age-encryption.org/v1\n');
      await panel.close();
      await browser.close();
    });

    it('is brought back by a fresh install from its welcome page, and is found', async () => {
      browser = await kind.launch({ profile: second.path, proxyPort: internet.port, downloads });
      const welcome = await browser.open('welcome.html');
      await press(welcome, 'Skip');
      await reads(welcome, 'Import a file');
      await browser.pick(welcome, 'input[type=file]', await downloaded('.zip'));
      await press(welcome, 'Add to what is here');
      await reads(welcome, 'Done. Of the file:');
      await welcome.close();

      const console = await browser.open('console.html');
      const engine = engineIn(console);
      const { hits } = await engine('recall', { text: 'oolong steep', mode: 'words' });
      expect(hits[0]).toMatchObject({ title: 'Oolong for guests', source: 'chatgpt' });
      const document = await engine('read', hits[0]?.document_id ?? '');
      expect(document.messages.map(({ role, markdown }) => [role, markdown])).toEqual([
        ['user', QUESTION],
        ['assistant', ANSWER],
      ]);
      const meaning = await until(
        () => engine('recall', { text: 'brewing time of a hot drink' }),
        ({ used_meaning, hits: found }) => used_meaning && found.length > 0,
      );
      expect(meaning.hits[0]?.title).toBe('Oolong for guests');
      const panel = await browser.open('sidepanel.html');
      await reads(panel, 'Oolong for guests');
      await Promise.all([panel.close(), console.close()]);
    });

    // What follows was not yet seen to pass in Firefox, whose panel did not open a third time in one run under load.
    if (kind.name === 'firefox') return;

    it('asks for the password of an encrypted file, and says that all of it is here', async () => {
      const panel = await settings();
      await browser.pick(panel, 'input[type=file]', await downloaded('.zip.age'));
      await reads(panel, 'This file is encrypted.');
      await panel.type('.ask input[type=password]', 'not it');
      await press(panel, 'Open');
      await reads(panel, 'This password does not open the file.');
      await panel.evaluate(() => document.querySelector<HTMLInputElement>('.ask input[type=password]')?.select(), null);
      await panel.type('.ask input[type=password]', PASSWORD);
      await press(panel, 'Open');
      await reads(panel, 'All of it is here already.');
      await panel.close();
    });

    it('goes back to a copy from before, having said what that does, and takes it back', async () => {
      const panel = await settings();
      // the one that was made before the file came in
      await press(panel, 'Go back to the copy of', { beside: '0 conversations and pages' });
      await reads(panel, 'Newer than the copy, put aside');
      await press(panel, 'Go back', { beside: 'Newer than the copy' });
      await reads(panel, 'What was here before (just now) is put aside.');
      const console = await browser.open('console.html');
      const engine = engineIn(console);
      expect((await engine('recall', { text: 'oolong', mode: 'words' })).hits).toEqual([]);
      await press(panel, 'Bring it back');
      await reads(panel, 'It is back.');
      const { hits } = await engine('recall', { text: 'oolong', mode: 'words' });
      expect(hits[0]).toMatchObject({ title: 'Oolong for guests' });
      await Promise.all([panel.close(), console.close()]);
    });
  });
}

/** Where a browser asks where to save, nobody is there to answer: it saves as one that does not ask. */
async function withoutDialog(tab: Tab): Promise<void> {
  await tab.evaluate(() => {
    delete (globalThis as { showSaveFilePicker?: unknown }).showSaveFilePicker;
  }, null);
}
