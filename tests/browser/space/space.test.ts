/** Room on a disk that is really small: what takes it, giving it back, and what happens when there is none. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, engineIn, type RunningBrowser, type Tab, until } from '../../harness/browser';
import { type Internet, startInternet } from '../../harness/internet';
import { press, reads } from '../../harness/pressing';

const disk = mkdtempSync(join(tmpdir(), 'commonplace-disk-'));
/** A file system of 700 MB in memory; null where this user may not make one. */
const small = (() => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=700m', 'tmpfs', disk], { stdio: 'ignore' });
    return disk;
  } catch {
    rmSync(disk, { recursive: true });
    return null;
  }
})();
const LITTLE = 100 * 1024 * 1024;

const conversation = (n: number, text: string) => ({
  kind: 'conversation' as const,
  site: 'chatgpt' as const,
  id: `conversation-${n}`,
  url: `https://chatgpt.com/c/conversation-${n}`,
  title: `Number ${n}`,
  created_at: null,
  updated_at: null,
  captured_at: '2026-05-01T10:00:00.000Z',
  strategy: 'json-tree' as const,
  coverage: 'all' as const,
  complete: true,
  messages: [
    {
      id: `m-${n}`,
      parent_id: null,
      role: 'user' as const,
      author: null,
      model: null,
      created_at: '2026-05-01T10:00:00.000Z',
      markdown: text,
      finished: true,
      on_active_branch: true,
      attachments: [],
      metadata: {},
    },
  ],
  metadata: {},
});

describe.skipIf(small === null)('room on a small disk, in chromium', () => {
  let internet: Internet;
  let browser: RunningBrowser;
  let script: Tab;

  beforeAll(async () => {
    mkdirSync(join(disk, 'profile'));
    internet = await startInternet({});
    browser = await CHROMIUM.launch({ profile: join(disk, 'profile'), proxyPort: internet.port });
    script = await browser.open('console.html');
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  const free = () => {
    const { bavail, bsize } = statfsSync(disk);
    return bavail * bsize;
  };

  it('says what takes how much, and gives back what was deleted', async () => {
    const engine = engineIn(script);
    const words = (n: number) =>
      Array.from({ length: 1_500 }, (_, at) => ((n * 1_500 + at) * 2_654_435_761).toString(36)).join(' ');
    for (let from = 0; from < 80; from += 20)
      await engine(
        'ingest',
        Array.from({ length: 20 }, (_, at) => conversation(from + at, `teapot ${words(from + at)}`)),
      );
    const { hits } = await engine('recall', { text: 'teapot', mode: 'words', limit: 100 });
    const [kept, ...others] = [...new Set(hits.map(({ document_id }) => document_id))];
    const { id } = await engine('forget', { document_ids: others });
    await engine('purgeForgotten', [id]);
    const before = await engine('space');
    expect(before.spare).toBeGreaterThan(1_000_000);
    expect(before.room).toMatchObject({ state: 'low' });

    const panel = await space();
    await reads(panel, 'The database itself');
    const left = free();
    await press(panel, 'Give the empty room back');
    await reads(panel, 'given back.');
    expect(free() - left).toBeGreaterThan(before.spare / 2);
    const after = await engine('recall', { text: 'teapot', mode: 'words' });
    expect(after.hits.map(({ document_id }) => document_id)).toContain(kept);
    await panel.close();
  });

  it('keeps captures where they wait when the disk is full, says so, and stores them when there is room', async () => {
    const engine = engineIn(script);
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(Math.max(0, free() - LITTLE)));
    // what the browser said a moment ago counts for a few seconds
    await until(
      () => engine('space'),
      ({ room }) => room.state === 'full',
    );
    await expect(engine('ingest', [conversation(500, 'a capture for which there is no room')])).rejects.toThrow(
      'Nothing is stored while there is no room',
    );
    const panel = await browser.open('sidepanel.html');
    await reads(panel, 'There is no room left');
    // as a page hands it over: acknowledged, and not stored
    await script.evaluate(
      async (capture) => {
        const { runtime } = (
          globalThis as unknown as { chrome: { runtime: { sendMessage(what: unknown): Promise<unknown> } } }
        ).chrome;
        await runtime.sendMessage({ target: 'commonplace:background', name: 'addNote', input: { capture } });
      },
      conversation(501, 'a camellia that waits'),
    );
    await until(
      () => engine('status'),
      ({ outbox_waiting, room }) => outbox_waiting === 1 && room.state === 'full',
    );
    await reads(panel, '1 capture waits');
    rmSync(ballast);
    await press(panel, 'See what takes how much');
    const found = await until(
      () => engine('recall', { text: 'camellia', mode: 'words' }),
      ({ hits }) => hits.length > 0,
    );
    expect(found.hits[0]?.title).toBe('Number 501');
    await panel.close();
  });

  async function space(): Promise<Tab> {
    const panel = await browser.open('sidepanel.html');
    await press(panel, 'Menu');
    await press(panel, 'Space');
    return panel;
  }
});
