import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImportReport } from '../../../engine/api';
import { exportAll, importExport } from '../../../engine/backup';
import { EngineError } from '../../../engine/errors';
import { ingest } from '../../../engine/ingest';
import { openStore, type Store } from '../../../engine/store';
import { conversation, message, page } from '../ingest/captures';
import { dataDirectory } from '../store/prebuilt';
import { clear, rows } from './generate';
import { type Part, zipOf } from './pack';

let store: Store;
/** Two conversations and a page, exported: small, with every kind of part but vectors. */
let whole: Uint8Array<ArrayBuffer>;
let before: string[];

beforeAll(async () => {
  store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
  await ingest(store, [
    conversation([
      message('m1', 'How warm should the levain be?'),
      message('m2', 'At 26 degrees.', { role: 'assistant' }),
    ]),
    conversation([message('n1', 'Which flour?'), message('n2', 'Strong wheat.', { role: 'assistant' })], {
      id: 'conversation-2',
      title: 'Flour',
    }),
    page(),
  ]);
  await store.query("insert into forgotten values (repeat('a', 64), '2026-05-01')");
  await store.query("insert into retention values ('visit', 400)");
  before = await rows(store);
  whole = await exported();
});
afterAll(async () => {
  await store.close();
});

async function exported(): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of exportAll(store)) pieces.push(piece);
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

/** What a look says of these bytes, or the error it ends with; anything but an EngineError fails the test. */
async function look(bytes: Uint8Array<ArrayBuffer>): Promise<ImportReport | EngineError> {
  try {
    return await importExport(store, new Blob([bytes]), { apply: false });
  } catch (error) {
    if (error instanceof EngineError && error.code === 'bad_input') return error;
    throw error;
  }
}

const isClean = (result: ImportReport | EngineError) =>
  !(result instanceof EngineError) && Object.keys(result.damage.counts).length === 0;

const messages = (result: ImportReport | EngineError) =>
  result instanceof EngineError ? 0 : result.by_source.reduce((sum, row) => sum + row.messages, 0);

/** A repeatable stream of numbers: mulberry32. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

describe('a damaged file', () => {
  test('whole, is found to be whole', async () => {
    const result = await look(whole);
    expect(isClean(result)).toBe(true);
    expect(messages(result)).toBe(5);
  });

  test('cut at any byte, is reported as cut, and what came before the cut is read', async () => {
    let most = 0;
    const step = numbers(Date.now());
    // a third of the places, others each time: a failure names its own
    for (let end = 0; end < whole.length; end += 1 + step(5)) {
      const result = await look(whole.slice(0, end));
      expect(isClean(result), `cut at ${end}`).toBe(false);
      // never less than a shorter file had
      expect(messages(result), `cut at ${end}`).toBeGreaterThanOrEqual(most);
      most = messages(result);
    }
    expect(most).toBe(5);
  }, 300_000);

  test('with any byte of a part changed, is never taken for whole', async () => {
    const text = new TextDecoder('latin1').decode(whole);
    const start = text.indexOf('PK', text.indexOf('data/document/') - 40);
    const end = text.indexOf('PK\u0003\u0004', text.indexOf('data/document/'));
    for (let at = start; at < end; at++) {
      const bytes = whole.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0x55;
      const result = await look(bytes);
      // a header's time, flags and version say nothing that an import believes; with the directory's sizes it reads all
      if (isClean(result)) expect(messages(result), `byte ${at - start} of the part`).toBe(5);
    }
  }, 120_000);

  test('changed in hundreds of ways, ends with a report or a plain refusal', async () => {
    const runs = Number(process.env.COMMONPLACE_MUTATIONS ?? 600);
    const next = numbers(20260501);
    const outcomes = { clean: 0, damaged: 0, refused: 0 };
    for (let run = 0; run < runs; run++) {
      let bytes = whole.slice();
      for (let change = next(3) + 1; change > 0; change--) {
        const at = next(bytes.length);
        const kind = next(5);
        if (kind === 0) bytes[at] = next(256);
        else if (kind === 1) bytes = bytes.slice(0, at);
        else if (kind === 2) bytes = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + next(40))]);
        else if (kind === 3) bytes.fill(next(256), at, at + next(64));
        else bytes.copyWithin(at, next(bytes.length), next(bytes.length));
        if (bytes.length === 0) break;
      }
      const result = await look(bytes);
      outcomes[result instanceof EngineError ? 'refused' : isClean(result) ? 'clean' : 'damaged'] += 1;
      if (isClean(result)) expect(messages(result)).toBe(5);
    }
    expect(outcomes.clean + outcomes.damaged + outcomes.refused).toBe(runs);
    expect(outcomes.damaged).toBeGreaterThan(runs / 2);
  }, 600_000);

  test('only looked at, leaves the database as it was', async () => {
    expect(await rows(store)).toEqual(before);
  });

  test('with a broken part, fills gaps and replaces nothing that is here', async () => {
    const text = new TextDecoder('latin1').decode(whole);
    const at = text.indexOf('data/document/00001.jsonl') + 'data/document/00001.jsonl'.length + 200;
    const bytes = whole.slice();
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const report = await importExport(store, new Blob([bytes]), { apply: true });
    expect(report.damage.counts.part_damaged).toBe(1);
    expect(await rows(store)).toEqual(before);
  });
});

/** A whole export's parts by name, to be packed again. */
async function packed(change: (parts: Map<string, Part>) => void): Promise<ImportReport | EngineError> {
  const parts = await unpacked();
  change(parts);
  return look(zipOf([...parts.values()]));
}

async function unpacked(): Promise<Map<string, Part>> {
  const { unzipSync } = await import('fflate');
  return new Map(Object.entries(unzipSync(whole)).map(([name, data]) => [name, { name, data }]));
}

const codes = (result: ImportReport | EngineError) =>
  result instanceof EngineError ? [result.message] : Object.keys(result.damage.counts);

describe('a file that somebody packed', () => {
  test('again with another program, is read as it was', async () => {
    const result = await packed((parts) => {
      const all = [...parts].reverse();
      parts.clear();
      for (const [name, part] of all) parts.set(name, part);
      parts.set('__MACOSX/._data', { name: '__MACOSX/._data', data: new Uint8Array(3) });
      parts.set('data/', { name: 'data/', data: new Uint8Array() });
    });
    expect(codes(result)).toEqual([]);
    expect(messages(result)).toBe(5);
  });

  test('without a part, says which one is missing', async () => {
    const result = await packed((parts) => parts.delete('data/forgotten/00001.jsonl'));
    expect(codes(result)).toEqual(['part_missing', 'records_missing']);
    expect(result).toMatchObject({ damage: { first: [{ part: 'data/forgotten/00001.jsonl' }, {}] } });
  });

  test('without a manifest, says that nothing says what is missing', async () => {
    const result = await packed((parts) => parts.delete('manifest.json'));
    expect(codes(result)).toEqual(['part_missing']);
    expect(messages(result)).toBe(5);
  });

  test('with an edited part, reads it and says so', async () => {
    const result = await packed((parts) => {
      const part = parts.get('data/document/00001.jsonl');
      if (part) part.data = Buffer.from(Buffer.from(part.data).toString().replace('levain', 'poolish'));
    });
    expect(codes(result)).toEqual(['part_changed']);
    expect(messages(result)).toBe(5);
  });

  test('with names that climb, absolute names and unknown names, touches none of them', async () => {
    const names = [
      '../../etc/passwd',
      '/etc/passwd',
      'data/../../x.jsonl',
      'data\\document\\1.jsonl',
      'data/document/00001.jsonl/../x',
      'x',
    ];
    const result = await packed((parts) => {
      for (const name of names) parts.set(name, { name, data: new Uint8Array([1]) });
    });
    expect(codes(result)).toEqual(['part_unknown']);
    expect(result).toMatchObject({ damage: { counts: { part_unknown: names.length } } });
  });

  test('with a part twice, reads the first', async () => {
    const parts = [...(await unpacked()).values()];
    const evil = Buffer.from('{"type":"document"}\n');
    const result = await look(zipOf([...parts, { name: 'data/document/00001.jsonl', data: evil }]));
    expect(codes(result)).toContain('part_twice');
    expect(messages(result)).toBe(5);
  });

  test('with lines that are no records, keeps the others and says which lines', async () => {
    const result = await packed((parts) => {
      const part = parts.get('data/document/00001.jsonl');
      if (!part) return;
      const lines = Buffer.from(part.data).toString().split('\n');
      lines.splice(1, 0, 'not json', '[]', '{"type":"document","id":7}', '{"type":"elephant"}');
      part.data = Buffer.from(lines.join('\n'));
    });
    expect(result).toMatchObject({ damage: { counts: { record_unreadable: 4 } } });
    expect(result).toMatchObject({ damage: { first: [{ line: 2 }, { line: 3 }, { line: 4 }, { line: 5 }, {}] } });
    expect(messages(result)).toBe(5);
  });

  test('of a newer format, is refused with what to do', async () => {
    const result = await packed((parts) => {
      parts.set('commonplace.json', {
        name: 'commonplace.json',
        data: Buffer.from('{"commonplace":"export","format":99}'),
      });
    });
    expect(result).toMatchObject({ code: 'bad_input', remedy: 'Update Commonplace.' });
  });

  test('as a bomb, is given up before it fills the memory', async () => {
    const zeros = new Uint8Array(16 * 1024 * 1024);
    const bomb = zipOf([{ name: 'data/document/00001.jsonl', data: zeros }], { size: 1000 });
    const result = await look(bomb);
    expect(result).toMatchObject({ damage: { counts: { part_damaged: 1 } } });
    expect(JSON.stringify(result)).toContain('unpacks to more than');
    const large = zipOf([{ name: 'data/document/00001.jsonl', data: zeros }], { size: 3_000_000_000 });
    expect(JSON.stringify(await look(large))).toContain('more than any part has');
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['a text', new TextEncoder().encode('Dear diary')],
    ['a zip of something else', zipOf([{ name: 'conversations.json', data: new TextEncoder().encode('[]') }])],
    ['an empty zip', zipOf([])],
  ])('holding %s, is refused', async (_what, bytes) => {
    expect(await look(bytes)).toBeInstanceOf(EngineError);
  });
});

describe('what Postgres refuses', () => {
  test('is reported by its line, and the rest is kept', async () => {
    const parts = await unpacked();
    const part = parts.get('data/document/00001.jsonl');
    if (!part) throw new Error('no documents');
    // a number that JSON allows and Postgres does not
    part.data = Buffer.from(Buffer.from(part.data).toString().replace('"metadata":{}', '"metadata":{"a":1e999999999}'));
    await clear(store);
    const report = await importExport(store, new Blob([zipOf([...parts.values()])]), { apply: true });
    expect(report.damage.counts).toMatchObject({ record_refused: 1 });
    expect(report.messages.added).toBe(4);
    expect(report.documents.added).toBe(3);
  });
});
