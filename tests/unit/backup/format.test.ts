import { Ajv2020 } from 'ajv/dist/2020';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { DERIVED, exportAll, recordSchema, TABLES } from '../../../engine/backup';
import { fileName, markdownHead } from '../../../engine/backup/markdown';
import { ingest } from '../../../engine/ingest';
import { openStore, type Store } from '../../../engine/store';
import { conversation, message, page } from '../ingest/captures';
import { dataDirectory } from '../store/prebuilt';

let store: Store;
let files: Record<string, Uint8Array>;
beforeAll(async () => {
  store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
  await ingest(store, [
    conversation([
      message('m1', 'How warm should the **levain** be?', { created_at: '2026-05-01T10:00:00.000Z' }),
      message('m2', 'At 26 degrees.', {
        role: 'assistant',
        model: 'gpt-5',
        metadata: { thinking: 'Dough\nfirst.' },
        attachments: [{ kind: 'image', name: 'crumb.jpg', reference: null }],
      }),
    ]),
    page({ note: 'For Sunday' }),
  ]);
  await store.query("insert into forgotten values (repeat('a', 64), '2026-05-01')");
  await store.query("insert into retention values ('visit', 400)");
  const pieces: Uint8Array[] = [];
  for await (const piece of exportAll(store, { settings: { excluded: ['example.org'] } })) pieces.push(piece);
  files = unzipSync(Buffer.concat(pieces));
});
afterAll(async () => {
  await store.close();
});

const text = (name: string) => Buffer.from(files[name] ?? []).toString();

describe('the format', () => {
  test('says of every table and column of the database whether it is exported, and why not', async () => {
    const columns = await store.query<{ table_name: string; column_name: string }>(
      `select c.table_name, c.column_name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
      where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const unsaid = columns.filter(({ table_name, column_name }) => {
      if (table_name in DERIVED) return false;
      const table = TABLES.find(({ name }) => name === table_name);
      return !table?.fields.some(({ name }) => name === column_name) && !(column_name in (table?.left_out ?? {}));
    });
    expect(unsaid).toEqual([]);
    // and of none that is not there
    const there = new Set(columns.map(({ table_name }) => table_name));
    expect([...TABLES.map(({ name }) => name), ...Object.keys(DERIVED)].filter((name) => !there.has(name))).toEqual([]);
    const known = new Set(columns.map(({ table_name, column_name }) => `${table_name}.${column_name}`));
    const said = TABLES.flatMap(({ name, fields, left_out }) =>
      [...fields.map((field) => field.name), ...Object.keys(left_out)].map((column) => `${name}.${column}`),
    );
    expect(said.filter((name) => !known.has(name))).toEqual([]);
  });

  test('has a JSON schema that every record of an export passes', () => {
    const check = new Ajv2020({ strict: true }).compile(recordSchema());
    const lines = Object.keys(files)
      .filter((name) => name.startsWith('data/'))
      .flatMap((name) => text(name).trimEnd().split('\n'));
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type).toSorted()).toEqual([
      'document',
      'document',
      'forgotten',
      'message',
      'message',
      'message',
      'retention',
    ]);
    for (const line of lines) {
      check(JSON.parse(line));
      expect(check.errors).toBeNull();
    }
    expect(JSON.parse(text('record.schema.json'))).toEqual(recordSchema());
  });

  test('has a manifest with the checksum and size of each part, and checksums of the Markdown files', () => {
    const manifest = JSON.parse(text('manifest.json')) as {
      counts: unknown;
      parts: Array<{ name: string; bytes: number; sha256: string }>;
    };
    expect(manifest.counts).toEqual({ document: 2, message: 3, forgotten: 1, retention: 1 });
    const sum = (name: string) =>
      createHash('sha256')
        .update(files[name] ?? new Uint8Array())
        .digest('hex');
    for (const { name, bytes, sha256 } of manifest.parts) {
      expect([name, bytes, sha256]).toEqual([name, files[name]?.length, sum(name)]);
    }
    const sums = text('documents/SHA256SUMS').trimEnd().split('\n');
    expect(sums).toEqual(
      Object.keys(files)
        .filter((name) => name.endsWith('.md') && name.startsWith('documents/'))
        .map((name) => `${sum(name)}  ${name.slice('documents/'.length)}`),
    );
    const told = new Set([...manifest.parts.map(({ name }) => name), 'manifest.json']);
    expect(Object.keys(files).filter((name) => !told.has(name) && !name.endsWith('.md'))).toEqual([]);
  });

  test('has a document as Markdown that a person reads', () => {
    const name = Object.keys(files).find((one) => one.startsWith('documents/chatgpt/')) ?? '';
    expect(name).toMatch(/^documents\/chatgpt\/2026-05-01 Sourdough [0-9a-f]{12}\.md$/);
    expect(text(name)).toBe(
      `---
title: "Sourdough"
id: ${JSON.stringify(/id: "([^"]+)"/.exec(text(name))?.[1])}
kind: "conversation"
source: "chatgpt"
url: "https://chatgpt.com/c/conversation-1"
created: "2026-05-01T10:00:00Z"
captured: "2026-05-02T10:00:00Z"
complete: true
---

# Sourdough

## You · 2026-05-01 10:00 UTC

How warm should the **levain** be?

## Assistant (gpt-5)

> Thinking: Dough
> first.

At 26 degrees.

- image: crumb.jpg
`,
    );
    expect(text(Object.keys(files).find((one) => one.startsWith('documents/web/')) ?? '')).toContain(
      '\n> For Sunday\n',
    );
  });

  test.each([
    ['../../../etc/passwd', '2026-05-01 etc passwd'],
    ['C:\\CON', '2026-05-01 C CON'],
    ['a/b\0c:d*e?f"g<h>i|j', '2026-05-01 a b c d e f g h i j'],
    ['Überraschung für Ψυχή, 你好 👋🏽', '2026-05-01 Überraschung für Ψυχή 你好'],
    ['.hidden.', '2026-05-01 hidden'],
    ['', '2026-05-01'],
    ['x'.repeat(500), `2026-05-01 ${'x'.repeat(60)}`],
  ])('names the file of %j so that every file system takes it', (title, expected) => {
    const name = fileName({
      id: '0197c5d2-0000-7000-8000-0123456789ab',
      source: '../web',
      title,
      happened_at: '2026-05-01T00:00:00Z',
    });
    expect(name).toBe(`documents/web/${expected} 0123456789ab.md`);
  });

  test('keeps front matter whole whatever a title says', () => {
    const head = markdownHead({
      id: 'i',
      kind: 'page',
      source: 'web',
      url: null,
      title: '"\n---\nevil: true\n# x',
      author: null,
      language: null,
      note: null,
      created_at: null,
      updated_at: null,
      captured_at: '2026-05-01T00:00:00Z',
      happened_at: '2026-05-01T00:00:00Z',
      complete: true,
    });
    expect(head.split('\n---\n')).toHaveLength(2);
    expect(head.split('\n')[1]).toBe('title: "\\"\\n---\\nevil: true\\n# x"');
  });
});
