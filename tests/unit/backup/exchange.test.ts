import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter } from 'age-encryption';
import { afterEach, describe, expect, test } from 'vitest';
import type { Engine, EngineEvent, ExportRequest } from '../../../engine/api';
import { createEngine, type EngineOptions } from '../../../engine/engine';
import { openStore } from '../../../engine/store';
import { conversation, message, page } from '../ingest/captures';
import { fakeEmbedder } from '../jobs/fake-embedder';
import { dataDirectory } from '../store/prebuilt';

const open: Engine[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function engineIn(
  place: 'memory' | { directory: string },
  options: Partial<EngineOptions> = {},
): Promise<Engine> {
  const prebuilt = await dataDirectory();
  const engine = createEngine({
    store: () =>
      openStore(
        place === 'memory'
          ? { storage: 'memory', dataDirectory: prebuilt }
          : { storage: 'node', directory: place.directory, dataDirectory: prebuilt },
      ),
    embedder: null,
    ...options,
  });
  open.push(engine);
  return engine;
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'commonplace-backup-'));
  folders.push(made);
  return made;
}

const EVERYTHING: ExportRequest = { what: { everything: true } };

async function fileOf(engine: Engine, request: ExportRequest): Promise<Blob> {
  const { id, type } = await engine.beginExport(request);
  const pieces: BlobPart[] = [];
  for (;;) {
    const { bytes } = await engine.readExport(id);
    if (bytes === null) return new Blob(pieces, { type });
    pieces.push(bytes as Uint8Array<ArrayBuffer>);
  }
}

const bread = () =>
  conversation([
    message('m1', 'How warm should the levain be?'),
    message('m2', 'Keep it at 26 degrees.', { role: 'assistant', model: 'gpt-5' }),
  ]);
const flour = (more: Parameters<typeof conversation>[1] = {}) =>
  conversation([message('n1', 'Which flour?'), message('n2', 'Strong wheat.', { role: 'assistant' })], {
    id: 'conversation-2',
    title: 'Flour',
    ...more,
  });

const titles = async (engine: Engine) => (await engine.timeline({})).map(({ title }) => title).toSorted();
const finds = async (engine: Engine, text: string) => (await engine.recall({ text })).hits.length > 0;

describe('everything in one file', () => {
  test('is looked at, brought into another database, and found there by words at once', async () => {
    const [from, to] = [await engineIn('memory'), await engineIn('memory')];
    await from.ingest([bread(), flour(), page()]);
    await to.ingest([flour({ title: 'Flour, renamed', captured_at: '2026-06-01T00:00:00.000Z' })]);
    const file = await fileOf(from, { ...EVERYTHING, settings: { excluded: ['example.org'] } });
    const looked = await to.lookAtImport(file, {});
    expect(looked).toMatchObject({
      documents: { added: 2, changed: 0, same: 1, forgotten: 0, expired: 0 },
      messages: { added: 3, same: 2 },
      by_source: [
        { source: 'chatgpt', kind: 'conversation', documents: 2, messages: 4 },
        { source: 'web', kind: 'page', documents: 1, messages: 1 },
      ],
      settings: { excluded: ['example.org'] },
      damage: { first: [], counts: {} },
    });
    expect(await titles(to)).toEqual(['Flour, renamed']);
    const news: EngineEvent[] = [];
    await to.subscribe((event) => news.push(event));
    const report = await to.importFile(file, { mode: 'merge' });
    expect(report.documents).toEqual(looked.documents);
    expect(report.messages).toEqual(looked.messages);
    expect(await titles(to)).toEqual(['Flour, renamed', 'On bread', 'Sourdough']);
    expect(await finds(to, 'levain')).toBe(true);
    expect(news.map(({ type }) => type)).toContain('import');
    expect(await to.importFile(file, { mode: 'merge' })).toMatchObject({
      documents: { added: 0, changed: 0, same: 3 },
    });
  });

  test('with its vectors, needs no embedding of what it brings', async () => {
    const [from, to] = [
      await engineIn('memory', { embedder: fakeEmbedder() }),
      await engineIn('memory', { embedder: fakeEmbedder() }),
    ];
    await from.ingest([bread(), flour()]);
    await from.idle();
    const file = await fileOf(from, { what: { everything: true, vectors: true } });
    const { chunks } = await from.status();
    const report = await to.importFile(file, { mode: 'merge' });
    expect(report.vectors).toBe(chunks);
    await to.idle();
    expect(await (await fileOf(to, { what: { everything: true, vectors: true } })).bytes()).toEqual(await file.bytes());
  });

  test('under a password, is standard age, needs the password, and can be cut', async () => {
    const [from, to] = [await engineIn('memory'), await engineIn('memory')];
    await from.ingest([bread()]);
    const file = await fileOf(from, { ...EVERYTHING, password: 'correct horse' });
    const plain = await fileOf(from, EVERYTHING);
    const decrypter = new Decrypter();
    decrypter.addPassphrase('correct horse');
    expect(await decrypter.decrypt(await file.bytes())).toEqual(await plain.bytes());
    await expect(to.lookAtImport(file, {})).rejects.toMatchObject({ code: 'password_needed' });
    await expect(to.lookAtImport(file, { password: 'wrong' })).rejects.toMatchObject({ code: 'wrong_password' });
    const cut = await to
      .lookAtImport(file.slice(0, file.size - 1), { password: 'correct horse' })
      .catch((error: unknown) => error);
    expect(JSON.stringify(cut)).not.toContain('"damage":{"first":[],');
    expect(await to.importFile(file, { mode: 'merge', password: 'correct horse' })).toMatchObject({
      documents: { added: 1 },
      damage: { counts: {} },
    });
  }, 120_000);

  test('does not bring back what was deleted here, unless it is asked to', async () => {
    const engine = await engineIn('memory');
    const { document_ids } = await engine.ingest([bread(), flour()]);
    const file = await fileOf(engine, EVERYTHING);
    const receipt = await engine.forget({ document_ids: [document_ids[0] ?? ''] });
    expect(await engine.importFile(file, { mode: 'merge' })).toMatchObject({ documents: { forgotten: 1, same: 1 } });
    await engine.purgeForgotten([receipt.id]);
    expect(await engine.importFile(file, { mode: 'merge' })).toMatchObject({ documents: { forgotten: 1, same: 1 } });
    expect(await titles(engine)).toEqual(['Flour']);
    // what was deleted is in no file that is written afterwards, and stays deleted where that is brought
    const after = await fileOf(engine, EVERYTHING);
    const other = await engineIn('memory');
    await other.importFile(after, { mode: 'merge' });
    expect(await other.wasForgotten({ source: 'chatgpt', external_id: 'conversation-1' })).toBe(true);
    expect(await engine.importFile(file, { mode: 'merge', bring_back: true })).toMatchObject({
      documents: { added: 1 },
    });
    expect(await titles(engine)).toEqual(['Flour', 'Sourdough']);
    expect((await engine.ingest([bread()])).forgotten).toBe(0);
  });

  test('leaves out what is older than the user keeps such things', async () => {
    const clock = () => new Date('2026-06-01T00:00:00Z');
    const [from, to] = [await engineIn('memory', { clock }), await engineIn('memory', { clock })];
    await from.ingest([bread(), flour({ created_at: '2026-05-31T00:00:00Z' })]);
    await to.setRetention({ conversation: 10, page: null, visit: null, note: null });
    const file = await fileOf(from, EVERYTHING);
    expect(await to.importFile(file, { mode: 'merge' })).toMatchObject({ documents: { added: 1, expired: 1 } });
  });

  test('can be stopped, and is stopped when nobody wants it any more', async () => {
    const engine = await engineIn('memory');
    await engine.ingest([bread()]);
    const { id } = await engine.beginExport(EVERYTHING);
    await engine.endExport(id);
    await expect(engine.readExport(id)).rejects.toMatchObject({ code: 'not_found' });
    await engine.endExport(id);
  });
});

describe('a database that is replaced', () => {
  test('is set aside whole, can be taken back, and is deleted when the user says', async () => {
    const directory = await folder();
    const from = await engineIn('memory');
    await from.ingest([bread()]);
    const file = await fileOf(from, EVERYTHING);
    const engine = await engineIn({ directory });
    await engine.ingest([flour()]);
    const report = await engine.importFile(file, { mode: 'replace' });
    expect(report.documents.added).toBe(1);
    expect(await titles(engine)).toEqual(['Sourdough']);
    expect(await finds(engine, 'levain')).toBe(true);
    expect(await finds(engine, 'wheat')).toBe(false);

    await engine.close();
    const again = await engineIn({ directory });
    expect(await titles(again)).toEqual(['Sourdough']);
    const [aside] = await again.setAside();
    expect(aside).toMatchObject({ reason: 'replaced', whole: true });
    await again.takeBack(aside?.at ?? '');
    expect(await titles(again)).toEqual(['Flour']);
    expect(await finds(again, 'wheat')).toBe(true);
    // now the one from the file is set aside
    expect(await again.setAside()).toHaveLength(1);
    await again.discardSetAside();
    expect(await again.setAside()).toEqual([]);
    await again.ingest([bread()]);
    expect(await titles(again)).toEqual(['Flour', 'Sourdough']);
  });

  test('stays when the file is refused and when it is stopped', async () => {
    const directory = await folder();
    const from = await engineIn('memory');
    await from.ingest([bread()]);
    const file = await fileOf(from, EVERYTHING);
    const engine = await engineIn({ directory });
    await engine.ingest([flour()]);
    await expect(engine.importFile(new Blob(['no']), { mode: 'replace' })).rejects.toMatchObject({ code: 'bad_input' });
    const stop = new AbortController();
    const stopped = engine.importFile(file, { mode: 'replace' }, stop.signal);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(await titles(engine)).toEqual(['Flour']);
    await engine.ingest([page()]);
    expect(await titles(engine)).toEqual(['Flour', 'On bread']);
    expect(await engine.setAside()).toEqual([]);
  });
});

describe('a copy inside of the extension', () => {
  test('is gone back to after it was said what that does, and that can be undone', async () => {
    const directory = await folder();
    const engine = await engineIn({ directory });
    await engine.ingest([bread()]);
    expect(await finds(engine, 'levain')).toBe(true); // what a search prepared is of this database and not of the next
    const from = await engineIn('memory');
    await from.ingest([flour()]);
    // an import makes one of what was before
    await engine.importFile(await fileOf(from, EVERYTHING), { mode: 'merge' });
    const [copy] = await engine.copies();
    expect(copy).toMatchObject({ documents: 1 });
    const name = copy?.name ?? '';
    expect(await engine.lookAtCopy(name)).toEqual({ back: 0, away: 1, changed: 0, same: 1 });
    expect(await titles(engine)).toEqual(['Flour', 'Sourdough']);
    await engine.goBack(name);
    expect(await titles(engine)).toEqual(['Sourdough']);
    await engine.idle();
    expect(await finds(engine, 'levain')).toBe(true);
    expect(await finds(engine, 'wheat')).toBe(false);
    const [aside] = await engine.setAside();
    await engine.takeBack(aside?.at ?? '');
    expect(await titles(engine)).toEqual(['Flour', 'Sourdough']);
    await expect(engine.goBack('snapshot-00009999')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('some documents as one file', () => {
  const some = async (engine: Engine, as: 'markdown' | 'json' | 'html', documents = {}) =>
    (await fileOf(engine, { what: { documents, as } })).text();

  test('are those that were chosen, by id, source, host and time', async () => {
    const engine = await engineIn('memory');
    const { document_ids } = await engine.ingest([bread(), flour({ created_at: '2026-05-20T00:00:00Z' }), page()]);
    const chosen = async (documents: object) =>
      (JSON.parse(await some(engine, 'json', documents)) as { documents: Array<{ title: string }> }).documents
        .map(({ title }) => title)
        .toSorted();
    expect(await chosen({})).toEqual(['Flour', 'On bread', 'Sourdough']);
    expect(await chosen({ document_ids: [document_ids[2]] })).toEqual(['On bread']);
    expect(await chosen({ sources: ['chatgpt'] })).toEqual(['Flour', 'Sourdough']);
    expect(await chosen({ host: 'www.example.org' })).toEqual(['On bread']);
    expect(await chosen({ after: '2026-05-10T00:00:00Z', sources: ['chatgpt'] })).toEqual(['Flour']);
    expect(await chosen({ sources: ['nowhere'] })).toEqual([]);
    expect(await some(engine, 'markdown', { sources: ['chatgpt'] })).toContain('# Flour');
  });

  test('as HTML, are text and nothing else', async () => {
    const engine = await engineIn('memory');
    const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>\'"&';
    await engine.ingest([
      conversation([message('m1', evil, { author: evil })], { title: evil, url: 'javascript:alert(1)' }),
      page({ note: evil, url: 'https://example.org/"><script>', id: 'x' }),
    ]);
    const html = await some(engine, 'html');
    expect(html).not.toMatch(/<script|<img|javascript:|onerror=alert\(1\)>/);
    expect(html).toContain("default-src 'none'");
    expect(html.match(/<article>/g)).toHaveLength(2);
  });
});
