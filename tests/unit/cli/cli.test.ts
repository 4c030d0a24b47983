import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../../scripts/cli';

interface Run {
  code: number;
  out: string;
  err: string;
}

/** The command, in this process: a process of its own costs seconds each time. */
async function cli(...args: string[]): Promise<Run> {
  const run: Run = { code: 0, out: '', err: '' };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((run.out += String(text))));
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((run.err += String(text))));
  try {
    run.code = await main(args);
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
  return run;
}

/** As a person runs it. */
function spawned(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/run.mjs', 'scripts/cli.ts', ...args], (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

/** Invented: an export of one conversation, as a mapping tree. */
const EXPORT = JSON.stringify([
  {
    title: 'Sourdough',
    create_time: 1777629600,
    update_time: 1777629660,
    conversation_id: '00000000-0000-4000-8000-000000000001',
    current_node: 'b',
    mapping: {
      root: { id: 'root', message: null, parent: null, children: ['a'] },
      a: node('a', 'root', ['b'], 'user', 'How warm should the levain be?'),
      b: node('b', 'a', [], 'assistant', 'Keep the starter at 26 degrees.'),
    },
  },
]);

function node(id: string, parent: string, children: string[], role: string, text: string) {
  return {
    id,
    parent,
    children,
    message: {
      id,
      author: { role },
      create_time: 1777629600,
      content: { content_type: 'text', parts: [text] },
      status: 'finished_successfully',
      end_turn: true,
      metadata: {},
      recipient: 'all',
    },
  };
}

let work: string;
let file: string;
let data: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'commonplace-cli-'));
  vi.stubEnv('TMPDIR', work);
  vi.stubEnv('NO_COLOR', '1');
  file = join(work, 'conversations.json');
  data = join(work, 'data');
  await writeFile(file, EXPORT);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(work, { recursive: true, force: true });
});

describe('the terminal', () => {
  test('imports, and a second time changes nothing; finds by words; counts', async () => {
    const first = await cli('import', file, '--data', data, '--json');
    expect(first).toMatchObject({ code: 0 });
    expect(JSON.parse(first.out)).toMatchObject({
      files: [{ file, conversations: 1, messages: 2, error: null }],
      messages_added: 2,
      stored: { documents: 1, messages: 2, chunks: 2 },
    });
    const second = await cli('import', file, '--data', data, '--json');
    expect(JSON.parse(second.out)).toMatchObject({ messages_added: 0, messages_updated: 0, messages_unchanged: 2 });

    const recalled = await cli('recall', 'levain', '--data', data, '--words', '--json');
    expect(JSON.parse(recalled.out)).toMatchObject({
      hits: [{ title: 'Sourdough', passage: 'How warm should the levain be?' }],
      used_meaning: false,
    });
    const stats = await cli('stats', '--data', data);
    expect(stats.out).toContain('1 document, 2 messages, 2 passages');
  });

  test('finds by meaning what shares no word, making vectors first', async () => {
    await cli('import', file, '--data', data);
    const run = await cli('recall', 'temperature of yeast', '--data', data, '--json');
    expect(run.code).toBe(0);
    const result = JSON.parse(run.out) as { used_meaning: boolean; hits: Array<{ passage: string }> };
    expect(result.used_meaning).toBe(true);
    expect(result.hits).toHaveLength(2);
  });

  test('writes everything to one file and brings it back elsewhere', async () => {
    const [backup, other] = [join(work, 'all.zip'), join(work, 'other')];
    await cli('import', file, '--data', data);
    const written = await cli('export', backup, '--data', data, '--json');
    expect(JSON.parse(written.out)).toMatchObject({ file: backup, documents: 1, encrypted: false });
    const looked = await cli('restore', backup, '--look', '--data', other);
    expect(looked.out).toContain('messages: 2 new');
    const restored = await cli('restore', backup, '--data', other, '--json');
    expect(JSON.parse(restored.out)).toMatchObject({ messages: { added: 2 }, damage: { counts: {} } });
    expect((await cli('recall', 'levain', '--words', '--data', other)).out).toContain('levain');
    expect((await cli('restore', backup, '--replace', '--look')).code).toBe(2);
  });

  test('leaves no temporary directory behind', async () => {
    const before = await readdir(work);
    const { code, out } = await cli('import', file);
    expect(code).toBe(0);
    expect(out).toContain('Stored: 1 document, 2 messages, 2 passages');
    expect((await readdir(work)).filter((name) => !before.includes(name) && name.startsWith('commonplace-'))).toEqual(
      [],
    );
  });

  test('says which file could not be read, and keeps the others', async () => {
    const missing = join(work, 'missing.json');
    const { code, out, err } = await cli('import', missing, file, '--json');
    expect(code).toBe(1);
    expect(err).toContain(missing);
    expect(JSON.parse(out)).toMatchObject({
      files: [{ error: { code: 'not_found' } }, { conversations: 1, error: null }],
      stored: { documents: 1 },
    });
  });

  test.each([
    [[], 'Say what to do'],
    [['fly'], 'There is no verb "fly"'],
    [['recall'], 'one question'],
    [['recall', 'x', '--limit', '0'], '--limit'],
    [['import', 'x', '--nonsense'], '--nonsense'],
  ])('exit code 2 for wrong usage: %j', async (args, message) => {
    const { code, out, err } = await cli(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(message);
  });

  test('as a command: with --json, an error is one document too', async () => {
    const { code, out } = await spawned('stats', '--data', join(work, 'nowhere'), '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'not_found' } });
  });
});
