/** Everything the user owns as one .zip, made while it is written out. */
import { EngineError } from '../errors';
import { sha256 } from '../sha256';
import type { Queryable } from '../store';
import {
  FILES,
  FORGOTTEN,
  FORMAT,
  type Manifest,
  partName,
  recordSchema,
  RETENTION,
  selectList,
  type Table,
  vectorsName,
} from './format';
import { type DocumentFacts, fileName, markdownHead, markdownMessage, type MessageFacts } from './markdown';
import { README } from './readme';
import { documentsAfter, messagesOf } from './rows';
import { modelInUse, vectorsOf } from './vectors';
import { joined, zipWriter } from './zip';

export interface ExportOptions {
  /** Whether the vectors go along, so that they need not be made again (about 800 bytes for each passage). */
  vectors?: boolean;
  /** What the user set outside of the database. */
  settings?: Record<string, unknown>;
  signal?: AbortSignal;
  /** Awaited between steps: where a waiting search goes first. */
  pause?: () => Promise<void>;
  /** Documents written and all. */
  progress?: (done: number, total: number) => void;
}

/** A part is closed when it is this large: small enough that a broken one costs little. */
const PART_BYTES = 1024 * 1024;
/** A text that is longer than this is cut in its Markdown file; its records are whole. */
const TEXT_MOST = 32 * 1024 * 1024;

/**
 * The bytes of the export, piece by piece. The same data gives the same bytes, whenever and wherever. Memory holds one
 * part, one document's text and what the directory needs (about 300 bytes for each document).
 */
export async function* exportAll(db: Queryable, options: ExportOptions = {}): AsyncGenerator<Uint8Array> {
  const { signal, pause = async () => {}, progress, settings = {} } = options;
  const zip = zipWriter(pause);
  const manifest: Manifest = { format: FORMAT, counts: {}, embeddings: null, parts: [] };
  const counts = manifest.counts;
  const count = (table: string) => (counts[table] = (counts[table] ?? 0) + 1);
  const add = async (name: string, data: Uint8Array): Promise<Uint8Array[]> => {
    signal?.throwIfAborted();
    manifest.parts.push({ name, bytes: data.length, sha256: await sha256(data) });
    return zip.add(name, data);
  };

  const model = options.vectors ? await modelInUse(db) : null;
  yield* await add(FILES.head, json({ commonplace: 'export', format: FORMAT, embeddings: model }));
  yield* await add(FILES.readme, utf8(README));
  yield* await add(FILES.schema, json(recordSchema()));
  yield* await add(FILES.settings, json(settings));

  counts.document = 0;
  counts.message = 0;
  const [{ total } = { total: 0 }] = await db.query<{ total: number }>(
    'select count(*)::int as total from document where forget_id is null',
  );
  const part = lines('document');
  const sums: string[] = [];
  const names = new Set<string>();
  for await (const { line, messages } of wholeDocuments(db, signal)) {
    const document = JSON.parse(line) as DocumentFacts;
    count('document');
    if (part.add(line)) yield* await add(...part.take());
    const text: string[] = [markdownHead(document)];
    const replaced: string[] = [];
    let characters = 0;
    for await (const messageLine of messages) {
      count('message');
      if (part.add(messageLine)) {
        yield* await add(...part.take());
        // so that each part can be read without the one before
        part.add(line.replace('{"type":"document",', '{"type":"document","continued":true,'));
      }
      const message = JSON.parse(messageLine) as MessageFacts;
      const said = markdownMessage(message, document.kind);
      characters += said.length;
      if (characters <= TEXT_MOST) (message.on_active_branch ? text : replaced).push(said);
    }
    if (characters > TEXT_MOST) replaced.push('\n(Cut here: the whole of it is in `data/`.)\n');
    const short = fileName(document);
    const name = names.has(short) ? fileName(document, 32) : short;
    names.add(name);
    const data = utf8([...text, ...replaced].join(''));
    sums.push(`${await sha256(data)}  ${name.slice('documents/'.length)}\n`);
    yield* await zip.add(name, data);
    signal?.throwIfAborted();
    progress?.(counts.document, Math.max(total, counts.document));
    await pause();
  }
  if (!part.empty()) yield* await add(...part.take());
  yield* await add(FILES.sums, utf8(sums.join('')));

  for (const table of [FORGOTTEN, RETENTION]) {
    counts[table.name] = 0;
    const rows = lines(table.name);
    for await (const line of table === FORGOTTEN ? forgottenLines(db) : retentionLines(db)) {
      count(table.name);
      if (rows.add(line)) yield* await add(...rows.take());
      await pause();
    }
    if (!rows.empty()) yield* await add(...rows.take());
  }

  if (model !== null) {
    let number = 0;
    let written = 0;
    for await (const { data, count: many } of vectorsOf(db, model, PART_BYTES, pause)) {
      yield* await add(vectorsName(++number), data);
      written += many;
    }
    manifest.embeddings = { ...model, count: written };
  }

  yield* await zip.add(FILES.manifest, json(manifest));
  yield* zip.finish();
}

/** Each document with its messages: what belongs together is read together. */
async function* wholeDocuments(
  db: Queryable,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ line: string; messages: AsyncGenerator<string> }> {
  for (let after: string | null = null; ;) {
    signal?.throwIfAborted();
    const page: Array<{ id: string; line: string }> = await documentsAfter(db, after);
    for (const { id, line } of page) yield { line, messages: messagesOf(db, id) };
    after = page.at(-1)?.id ?? null;
    if (after === null) return;
  }
}

const ROWS = 1000;

/**
 * Marks of deletions. What is hidden and could still be undone here is deleted for whoever reads the file. A document that
 * is kept has none.
 */
async function* forgottenLines(db: Queryable): AsyncGenerator<string> {
  const hash = "encode(sha256(convert_to(d.source || E'\\n' || d.external_id, 'UTF8')), 'hex')";
  for (let after = ''; ;) {
    const page: Array<{ key: string; line: string }> = await db.query(
      `select r.source_hash as key, row_to_json(r)::text as line from (
        select ${selectList(FORGOTTEN, 'f')} from (
          select source_hash, max(forgotten_at) as forgotten_at from (
            select source_hash, forgotten_at from forgotten
            union all
            select ${hash}, r.made_at from document d join forget_receipt r on r.id = d.forget_id where r.marks
          ) u
          where source_hash > $1 and not exists (
            select from document d where d.forget_id is null and ${hash} = source_hash
          )
          group by source_hash order by source_hash limit ${ROWS}
        ) f
      ) r order by key`,
      [after],
    );
    for (const { line } of page) yield line;
    const last = page.at(-1);
    if (!last || page.length < ROWS) return;
    after = last.key;
  }
}

async function* retentionLines(db: Queryable): AsyncGenerator<string> {
  const rows = await db.query<{ line: string }>(
    `select row_to_json(r)::text as line from (select ${selectList(RETENTION, 't')} from retention t order by kind) r`,
  );
  for (const { line } of rows) yield line;
}

/** Lines of one table on their way into parts. */
function lines(table: Table['name']) {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let number = 0;
  return {
    /** True when the part is full: it is to be taken before more is added. */
    add(line: string): boolean {
      const data = utf8(`${line}\n`);
      waiting.push(data);
      bytes += data.length;
      return bytes >= PART_BYTES;
    },
    empty: () => waiting.length === 0,
    take(): [string, Uint8Array] {
      const data = joined(waiting);
      waiting = [];
      bytes = 0;
      number += 1;
      return [partName(table, number), data];
    },
  };
}

/** The generator as a stream that makes no more than is read. */
export function streamOf(bytes: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      try {
        let next = await bytes.next();
        while (next.done !== true && next.value.length === 0) next = await bytes.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      } catch (error) {
        controller.error(EngineError.from(error));
      }
    },
    async cancel() {
      await bytes.return(undefined);
    },
  });
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const json = (value: unknown) => utf8(`${JSON.stringify(value, null, 2)}\n`);
