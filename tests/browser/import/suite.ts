/** History from an official export, dropped on the panel of the built extension in a real browser. */
import { BlobWriter, configure, TextReader, Uint8ArrayReader, ZipWriter } from '@zip.js/zip.js/lib/zip-core-native.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserKind, engineIn, freshProfile, type RunningBrowser, type Tab, until } from '../../harness/browser';
import { createChatGptSite, type SiteConversation, tree } from '../../harness/chatgpt-site';
import { type Internet, startInternet } from '../../harness/internet';

configure({ useWebWorkers: false });

const MAY = Date.UTC(2026, 4, 1, 8) / 1_000;
const uuid = (n: number, kind = 0) =>
  `0c0ffee0-0000-4000-9${String(kind).padStart(3, '0')}-${String(n).padStart(12, '0')}`;

function invented(n: number, title = `Conversation ${n}`, about = 'pears'): SiteConversation {
  return {
    id: uuid(n),
    title,
    messages: [
      { id: uuid(n, 1), role: 'user', text: `Question ${n} about ${about}`, time: MAY + n * 3_600 },
      { id: uuid(n, 2), role: 'assistant', text: `Answer ${n}: graft ${about} in March.`, time: MAY + n * 3_600 + 5 },
    ],
  };
}
const LIVE = invented(1, 'Kept as it was said', 'medlars');
const PAST = invented(2, 'From the year before', 'quinces');
const MANY = Array.from({ length: 600 }, (_, n) => invented(100 + n));

interface Given {
  name: string;
  base64: string;
}

async function zipped(name: string, files: Record<string, string | Uint8Array<ArrayBuffer>>): Promise<Given> {
  const writer = new ZipWriter(new BlobWriter('application/zip'));
  for (const [path, content] of Object.entries(files))
    await writer.add(path, typeof content === 'string' ? new TextReader(content) : new Uint8ArrayReader(content));
  const bytes = Buffer.from(await (await writer.close()).arrayBuffer());
  return { name, base64: bytes.toString('base64') };
}
const exported = (conversations: SiteConversation[]) => JSON.stringify(conversations.map((one) => tree(one)));

export function describeImport(kind: BrowserKind): void {
  describe(`an export dropped on the panel in ${kind.name}`, () => {
    const profile = freshProfile();
    let internet: Internet;
    let browser: RunningBrowser;
    let panel: Tab;
    let engine: ReturnType<typeof engineIn>;

    async function start(): Promise<void> {
      browser = await kind.launch({ profile: profile.path, proxyPort: internet.port });
      engine = engineIn(await browser.open('console.html'));
      panel = await browser.open('sidepanel.html');
    }
    beforeAll(async () => {
      internet = await startInternet({ 'chatgpt.com': createChatGptSite([LIVE]).site });
      await start();
    });
    afterAll(async () => {
      await browser.close();
      await internet.close();
      profile.remove();
    });

    /** As files from a file manager: no click of a test can choose them in the browser's own window. */
    const drop = (given: Given) =>
      panel.evaluate(({ name, base64 }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], name));
        const target = document.querySelector('.panel');
        for (const type of ['dragover', 'drop'])
          target?.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
      }, given);
    /** What the panel says of the run under this name. */
    const said = (name: string) =>
      panel.evaluate(
        (wanted) =>
          [...document.querySelectorAll('.import')].find((one) => one.getAttribute('aria-label') === wanted)
            ?.textContent ?? '',
        name,
      );
    const press = (name: string, text: string) =>
      panel.evaluate(
        ({ name, text }) => {
          const run = [...document.querySelectorAll('.import')].find((one) => one.getAttribute('aria-label') === name);
          const button = [...(run?.querySelectorAll('button') ?? [])].find((one) => one.textContent === text);
          if (!button || button.disabled) throw new Error(`There is no button ${text}.`);
          button.click();
        },
        { name, text },
      );
    const says = (name: string, words: string) =>
      until(
        () => said(name),
        (text) => text.includes(words),
        60_000,
      );

    it('is looked into, brought in, and found; what was captured live is the same conversation', async () => {
      const tab = await browser.newTab();
      await tab.goto(`https://chatgpt.com/c/${LIVE.id}`);
      await until(
        async () => {
          await engine('drainOutbox');
          return engine('find', { source: 'chatgpt', external_id: LIVE.id });
        },
        (found) => found?.complete === true,
      );
      await tab.close();

      const export1 = await zipped('export.zip', {
        'conversations.json': exported([LIVE, PAST]),
        'user.json': '{"id":"user-invented"}',
        'chat.html': '<html></html>',
      });
      await drop(export1);
      const look = await says('export.zip', 'Choose what to bring in.');
      expect(look).toContain('ChatGPT 2 conversations, 4 messages');
      expect(look).toContain('1 new · 1 here already');
      expect((await engine('stats')).documents).toBe(1);

      await press('export.zip', 'Bring in');
      expect(await says('export.zip', 'Done')).toContain('2 texts new, 0 changed.');
      const { hits } = await engine('recall', { text: 'quinces', mode: 'words' });
      expect(hits[0]).toMatchObject({ title: PAST.title, source: 'chatgpt', url: `https://chatgpt.com/c/${PAST.id}` });
      expect((await engine('stats')).by_source).toEqual([
        { source: 'chatgpt', kind: 'conversation', documents: 2, messages: 4 },
      ]);
      await press('export.zip', 'Put away');
      await until(
        () => said('export.zip'),
        (text) => text === '',
      );

      await drop(export1);
      await says('export.zip', 'Everything in it is here already.');
      await press('export.zip', 'Cancel');
    });

    it('that is damaged is read as far as it goes, and says what could not be', async () => {
      const whole = exported([invented(11, 'Whole before'), invented(12, 'Cut in the middle')]);
      await drop(
        await zipped('damaged.zip', {
          'conversations-000.json': whole.slice(0, -200),
          'conversations-001.json': exported([invented(13, 'In the next part')]),
        }),
      );
      const look = await says('damaged.zip', 'Choose what to bring in.');
      expect(look).toContain('2 conversations');
      expect(look).toContain('1 thing could not be read');
      expect(look).toMatch(/conversations-000\.json, line \d+/);
      await press('damaged.zip', 'Bring in');
      await says('damaged.zip', 'Done');
      const cut = await zipped('cut.zip', { 'conversations.json': whole });
      await drop({ ...cut, base64: Buffer.from(cut.base64, 'base64').subarray(0, -60).toString('base64') });
      expect(await says('cut.zip', 'There is nothing in it that can be kept.')).toContain('cut.zip cannot be read');
      await press('cut.zip', 'Cancel');
    });

    it('is paused, goes on after the browser was killed, and everything is there once', async () => {
      const before = (await engine('stats')).documents;
      await drop(await zipped('many.zip', { 'conversations.json': exported(MANY) }));
      await says('many.zip', 'Choose what to bring in.');
      await press('many.zip', 'Bring in');
      const running = () => engine('imports').then((runs) => runs.find(({ name }) => name === 'many.zip'));
      await until(running, (run) => (run?.done ?? 0) > 0);
      await press('many.zip', 'Pause');
      const paused = await until(running, (run) => run?.state === 'paused');
      expect(paused?.done).toBeLessThan(MANY.length);
      await says('many.zip', 'Paused at');
      await press('many.zip', 'Go on');
      await until(running, (run) => run?.state === 'running');
      await browser.kill();

      await start();
      // On a busy machine the kill may come after the last of it: then there is nothing to go on with, and no run.
      const there = async () => ({ run: await running(), documents: (await engine('stats')).documents - before });
      const { run } = await until(
        there,
        ({ run, documents }) => run?.state === 'done' || (run === undefined && documents === MANY.length),
        150_000,
      );
      if (run) expect(run.total).toBe(MANY.length);
      expect((await engine('stats')).documents).toBe(before + MANY.length);
      const { hits } = await engine('recall', { text: 'question 555 about pears', mode: 'words' });
      expect(hits.some(({ passage }) => passage.includes('555'))).toBe(true);
    });
  });
}
