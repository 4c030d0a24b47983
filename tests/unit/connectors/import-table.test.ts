/** docs/import.md: what each fixture yields. `UPDATE=1` writes it; without, it must be as it was written. */
import { openAsBlob, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GivenFile } from '../../../engine/connectors';
import { type AllRead, folder, readAll } from './given';

const fixtures = process.env['COMMONPLACE_FIXTURES'];
const page = new URL('../../../docs/import.md', import.meta.url);
const BEGIN = '<!-- begin fixtures: written by tests/unit/connectors/import-table.test.ts -->';
const END = '<!-- end fixtures -->';
const OURS = new URL('../../fixtures/connectors/', import.meta.url);

const HEAD = [
  'fixture',
  'read by',
  'conversations',
  'messages',
  'documents',
  'pictures named',
  'files named',
  'code',
  'citations',
  'links',
  'left out',
];

function row(name: string, { by, items, warnings }: AllRead): string[] {
  const parts = items.flatMap((item) => (item.kind === 'conversation' ? item.messages : item.sections));
  const attached = items.flatMap((item) =>
    item.kind === 'conversation' ? item.messages.flatMap(({ attachments }) => attachments) : item.attachments,
  );
  const texts = parts.map(({ markdown }) => markdown);
  const count = (pattern: RegExp) => texts.reduce((sum, text) => sum + (text.match(pattern)?.length ?? 0), 0);
  const cited = parts.reduce((sum, { metadata }) => {
    const list = metadata['citations'];
    return sum + (Array.isArray(list) ? list.length : 0);
  }, 0);
  const codes = new Map<string, number>();
  for (const { code } of warnings) codes.set(code, (codes.get(code) ?? 0) + 1);
  const conversations = items.filter((item) => item.kind === 'conversation');
  const numbers = [
    new Set(conversations.map(({ site, id }) => `${site} ${id}`)).size,
    conversations.reduce((sum, { messages }) => sum + messages.length, 0),
    items.length - conversations.length,
    attached.filter(({ kind }) => kind === 'image').length,
    attached.filter(({ kind }) => kind !== 'image').length,
    Math.floor(count(/^\s*(?:`{3,}|~{3,})/gm) / 2),
    cited,
    count(/\]\(https?:|<https?:/g),
  ];
  const left = [...codes].map(([code, times]) => (times === 1 ? code : `${code} × ${times}`)).join(', ');
  return [name, by.join(', '), ...numbers.map(String), left];
}

const table = (rows: string[][]): string =>
  [HEAD, HEAD.map((_, at) => (at < 2 || at === HEAD.length - 1 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

async function given(root: string): Promise<Array<[string, GivenFile]>> {
  const found: Array<[string, GivenFile]> = [];
  for (const part of ['chatgpt', 'claude', 'gemini', 'facebook', 'readwise'])
    for (const name of readdirSync(join(root, part))
      .filter((each) => !each.endsWith('.md'))
      .sort()) {
      const path = join(root, part, name);
      if (!statSync(path).isFile()) continue;
      found.push([
        `${part} / ${name.replace(/__/g, ' / ')}`,
        { path: name, blob: await openAsBlob(path), modified: '2026-10-01T00:00:00.000Z' },
      ]);
    }
  return found;
}

it.skipIf(!fixtures)('every fixture yields what docs/import.md says', { timeout: 300_000 }, async () => {
  const invented: string[][] = [];
  for (const name of readdirSync(OURS).sort()) invented.push(row(name, await readAll(await folder(name))));
  const real: string[][] = [];
  for (const [name, file] of await given(fixtures ?? '')) real.push(row(name, await readAll([file])));
  expect(real.length).toBeGreaterThanOrEqual(60);
  const written = ['### Invented', table(invented), '### From public repositories', table(real)].join('\n\n');
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  expect(after).toBeDefined();
  const wanted = `${before ?? ''}${BEGIN}\n\n${written}\n\n${END}${after ?? ''}`;
  if (process.env['UPDATE'] === '1') writeFileSync(page, wanted);
  else expect(text).toBe(wanted);
});
