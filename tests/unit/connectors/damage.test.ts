/**
 * Damaged files: cut at every byte, letters changed at random. Nothing may throw or go on for ever, and what is lost is
 * said, with its place.
 */
import { describe, expect, it } from 'vitest';
import { pdfOf } from '../pages/pdf-file';
import { folder, readAll, textFile, zip } from './given';

const TEXTS: Array<[string, string]> = [
  ['chatgpt', 'conversations-000.json'],
  ['claude', 'conversations.json'],
  ['claude', 'projects.json'],
  ['gemini', 'Takeout/My Activity/Gemini Apps/MyActivity.json'],
  ['gemini-html', 'Takeout/Meine Aktivitäten/Gemini-Apps/MeineAktivitäten.html'],
  ['messenger', 'your_facebook_activity/messages/inbox/radek_17/message_1.json'],
  ['deepseek', 'conversations.json'],
  ['grok', 'ttl/30d/export_data/u1/prod-grok-backend.json'],
  ['mistral', 'chat-11111111-1111-4111-8111-111111111111.json'],
  ['perplexity', 'thread.json'],
  ['readwise', 'readwise-data.csv'],
  ['readwise', 'export.json'],
  ['notion', 'Garden 0123456789abcdef0123456789abcdef.md'],
  ['todoist', 'Trip [2203306141].csv'],
  ['bookmarks', 'bookmarks.html'],
  ['pocket', 'ril_export.html'],
  ['kindle', 'My Clippings.txt'],
  ['keep', 'Takeout/Keep/Groceries.json'],
  ['mail', 'letter.eml'],
  ['mail', 'All mail.mbox'],
  ['markdown', 'plan.md'],
  ['pages', 'article.html'],
  ['csv', 'prices.csv'],
  ['json', 'settings.json'],
];
const BINARIES: Array<[string, string]> = [
  ['docx', 'report.docx'],
  ['epub', 'book.epub'],
];

/** How many cuts and changes of each; the whole run of all bytes and thousands is `DAMAGE=all`. */
const ALL = process.env['DAMAGE'] === 'all';
const CHANGES = ALL ? 400 : 40;
const CUTS = ALL ? Number.POSITIVE_INFINITY : 60;

/** The same changes in every run (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** Signs that change what is around them. */
const TELLING = ['"', '\\', '{', '}', '[', ']', ',', '<', '>', '\n', '\u0000', '=', '\u00ff'];

function changed(bytes: Uint8Array<ArrayBuffer>, roll: (below: number) => number): Uint8Array<ArrayBuffer> {
  const made = [...bytes];
  for (let times = 1 + roll(3); times > 0; times--) {
    const at = roll(made.length);
    const what = roll(5);
    if (what === 0) made[at] = roll(256);
    else if (what === 1) made[at] = (TELLING[roll(TELLING.length)] ?? '').charCodeAt(0);
    else if (what === 2) made.splice(at, 1 + roll(20));
    else if (what === 3) made.splice(at, 0, (TELLING[roll(TELLING.length)] ?? '').charCodeAt(0));
    else made.splice(at, 0, ...made.slice(at, at + roll(200)));
  }
  return Uint8Array.from(made);
}

async function bytesOf(name: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = (await folder(name)).find((each) => each.path === path);
  if (file === undefined) throw new Error(`${name}/${path} is not there`);
  return new Uint8Array(await file.blob.arrayBuffer());
}

/** Reads it; anything that it throws is a fault. What is left out is said. */
async function survives(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const { items, warnings } = await readAll([textFile(path, bytes)]);
  if (bytes.length > 0) expect(items.length + warnings.length).toBeGreaterThan(0);
  for (const { code, message, file } of warnings) {
    expect(file.startsWith(path)).toBe(true);
    expect(code).not.toBe('internal');
    expect(message).not.toBe('');
  }
}

function cuts(length: number): number[] {
  const step = Math.max(1, Math.floor(length / CUTS));
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}

describe.each([...TEXTS, ...BINARIES])('%s: %s', (name, path) => {
  it('cut anywhere', { timeout: 600_000 }, async () => {
    const bytes = await bytesOf(name, path);
    for (const at of cuts(bytes.length)) await survives(path, bytes.slice(0, at));
  });

  it('changed anywhere', { timeout: 600_000 }, async () => {
    const bytes = await bytesOf(name, path);
    const roll = dice(bytes.length);
    for (let count = 0; count < CHANGES; count++) await survives(path, changed(bytes, roll));
  });
});

describe('an archive and a PDF', () => {
  it('cut and changed anywhere', { timeout: 600_000 }, async () => {
    const archive = await zip(await folder('deepseek'), 'x.zip');
    const packed = new Uint8Array(await archive.blob.arrayBuffer());
    const pdf = pdfOf(['The first page says hello to all.', 'The second page says goodbye.']);
    for (const [path, bytes] of [
      ['x.zip', packed],
      ['x.pdf', pdf],
    ] as const) {
      for (const at of cuts(bytes.length)) await survives(path, bytes.slice(0, at));
      const roll = dice(bytes.length);
      for (let count = 0; count < CHANGES; count++) await survives(path, changed(bytes, roll));
    }
  });

  it('one that unpacks to far more than it can hold is stopped', async () => {
    const bomb = await zip([textFile('notes.txt', new Uint8Array(400_000_000).fill(97))], 'bomb.zip');
    const { items, warnings } = await readAll([bomb]);
    expect(items).toEqual([]);
    expect(warnings.map(({ code }) => code)).toEqual(['unreadable_file']);
  });

  it('paths that lead out of it stay in it', async () => {
    const given = await zip([textFile('../../etc/notes.txt', 'hello'), textFile('a\\..\\b.md', '# B')], 'tricky.zip');
    const { items } = await readAll([given]);
    expect(items.map((item) => item.metadata['file'])).toEqual(['tricky.zip/a/b.md', 'tricky.zip/etc/notes.txt']);
  });
});

it('a broken record costs itself, and is named with its file and line', async () => {
  for (const [name, path, good] of [
    ['chatgpt', 'conversations-000.json', 1],
    ['deepseek', 'conversations.json', 1],
  ] as const) {
    const [record] = JSON.parse(new TextDecoder().decode(await bytesOf(name, path))) as unknown[];
    const text = JSON.stringify(record);
    const broken = [text, text.replace('"mapping"', '"mapping'), text.replaceAll(/0000-4000/g, '0001-4000')].join(
      ',\n',
    );
    const { items, warnings } = await readAll([textFile(path, `[\n${broken}\n]`)]);
    expect(items).toHaveLength(good + 1);
    expect(warnings).toMatchObject([{ code: 'unreadable_record', file: path, where: 'line 3' }]);
  }
});
