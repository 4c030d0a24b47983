/** The whole engine, without the extension around it: everything into a file and back, and another service's export in. */
import { PGlite } from '@electric-sql/pglite';
import { expose } from 'comlink';
import type { Engine } from '../../../engine/api';
import { opfsShelf } from '../../../engine/connectors/shelf-opfs';
import { createEngine } from '../../../engine/engine';
import { readBack, takeExport } from '../../../engine/exporting';
import { openStore, type Store } from '../../../engine/store';
import { createCorpus } from './corpus';
import { startEmbedder } from './embedder';

const baseUrl = new URL('/', self.location.href).href;

/** PGlite's own way to copy a database is not a way of the store. */
let postgres: PGlite | null = null;
const { query } = PGlite.prototype;
PGlite.prototype.query = function (...given) {
  // eslint-disable-next-line @typescript-eslint/no-this-alias -- nobody hands it out
  postgres = this;
  return query.apply(this, given) as never;
};

let store: Store | null = null;
let engine: Engine | null = null;
let given: File | null = null;
function opened(): { store: Store; engine: Engine } {
  if (store === null || engine === null) throw new Error('open() comes first');
  return { store, engine };
}

const EXPORTED = 'commonplace.zip';
const root = () => navigator.storage.getDirectory();
const exported = async () => (await (await root()).getFileHandle(EXPORTED)).getFile();

async function finds(text: string): Promise<void> {
  const { hits } = await opened().engine.recall({ text, mode: 'words' });
  if (hits.length === 0) throw new Error(`"${text}" is not found`);
}

const bench = {
  give([file]: File[]): void {
    given = file ?? null;
  },

  /** Opens the database of this name; `embeds`: with the model, and when that is ready. */
  async open(directory: string, embeds: boolean): Promise<void> {
    const made = await openStore({ storage: 'opfs', directory, dataDirectory: `${baseUrl}data-dir.tar.gz` });
    store = made;
    const embedder = embeds ? await startEmbedder() : null;
    engine = createEngine({
      store: () => Promise.resolve(made),
      embedder,
      shelf: opfsShelf(navigator.storage),
    });
    await engine.recall({ text: 'ready', mode: 'words' });
  },

  async close(): Promise<void> {
    await engine?.close();
    engine = null;
    store = null;
  },

  /** What was given is looked into. */
  async look(): Promise<{ id: string; conversations: number; messages: number }> {
    const { engine: asked } = opened();
    if (given === null) throw new Error('give() comes first');
    const { id, parts } = await asked.lookInside([{ path: given.name, blob: given }]);
    const [part] = parts;
    const { conversations = 0, messages = 0 } = part ?? {};
    return { id, conversations, messages };
  },

  /** What was looked into comes in, until this word of the last of it is found. */
  async take(id: string, word: string): Promise<void> {
    const { engine: asked } = opened();
    const ended = new Promise<void>((resolve, reject) => {
      void asked.subscribe((event) => {
        if (event.type !== 'import_run' || event.run.id !== id) return;
        if (event.run.state === 'done') resolve();
        else if (event.run.state !== 'running') reject(new Error(`the import is ${JSON.stringify(event.run)}`));
      });
    });
    await asked.startImport(id, { connectors: ['chatgpt'], bring_back: false });
    await ended;
    await finds(word);
  },

  /** Until every passage has its vector. */
  async embedded(): Promise<void> {
    const { engine: asked, store: from } = opened();
    for (;;) {
      await asked.idle();
      const [row] = await from.query<{ left: number }>(
        'select count(*)::int as left from chunk c where not exists (select from embedding where chunk_id = c.id)',
      );
      if (row?.left === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  },

  /** Everything into a file, as the panel writes it. */
  async exportAll(): Promise<{ bytes: number }> {
    const { engine: asked } = opened();
    const stream = await (await (await root()).getFileHandle(EXPORTED, { create: true })).createWritable();
    const { bytes } = await takeExport(asked, { what: { everything: true } }, (piece) => stream.write(piece));
    await stream.close();
    return { bytes };
  },

  async checkExport(): Promise<void> {
    const file = await exported();
    const wrong = await readBack(opened().engine, file, { bytes: file.size, password: null });
    if (wrong !== null) throw new Error(wrong);
  },

  /** The file that was exported into the open database, until this word of the last of it is found. */
  async importExported(word: string): Promise<void> {
    const report = await opened().engine.importFile(await exported(), { mode: 'merge' });
    if (report.documents.added === 0) throw new Error(JSON.stringify(report));
    await finds(word);
  },

  async snapshot(): Promise<{ bytes: number }> {
    const report = await opened().store.snapshot();
    if (report === null) throw new Error('nothing changed since the last copy');
    return { bytes: report.bytes };
  },

  async dumpDataDir(): Promise<{ bytes: number }> {
    if (postgres === null) throw new Error('open() comes first');
    const { size } = await postgres.dumpDataDir();
    return { bytes: size };
  },

  async facts(): Promise<{ documents: number; messages: number; chunks: number; bytes: number }> {
    const [row] = await opened().store.query<{ documents: number; messages: number; chunks: number; bytes: number }>(
      `select (select count(*) from document)::int as documents, (select count(*) from message)::int as messages,
        (select count(*) from chunk)::int as chunks, pg_database_size(current_database())::float8 as bytes`,
    );
    if (!row) throw new Error('no row');
    return row;
  },

  /** Conversations of fifty messages with so many bytes of text together, which is not cut into passages. */
  async fill(bytes: number): Promise<void> {
    const { store: into } = opened();
    const corpus = createCorpus(9);
    for (let written = 0, number = 0; written < bytes; number++) {
      const texts = Array.from({ length: 50 }, () => Array.from({ length: 4 }, () => corpus.text()).join('\n\n'));
      written += texts.reduce((sum, text) => sum + text.length, 0);
      await into.query(
        `with made as (
          insert into document (kind, source, external_id, title, captured_at, happened_at, content_hash, complete)
          values ('conversation', 'chatgpt', $1, $2, '2026-05-01', '2026-05-01', 'h', true) returning id
        )
        insert into message (document_id, external_id, role, markdown, position, content_hash)
        select id, 'm' || n, case when n % 2 = 1 then 'user' else 'assistant' end, said, n, 'h'
        from made cross join unnest($3::text[]) with ordinality as t(said, n)`,
        [`c${number}`, `Conversation ${number}`, texts],
      );
      if (number % 50 === 0 && (await into.walBytes()) > 48e6) await into.maintain('checkpoint');
    }
    await into.maintain('checkpoint');
  },
};

export type ExchangeWorker = typeof bench;

expose(bench);
