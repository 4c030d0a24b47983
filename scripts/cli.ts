/**
 * A terminal for the engine: the same engine as the extension's, in Node, on a data directory.
 * `npm run -s cli -- <verb>`; see `--help`.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Engine, EngineStats, Hit, RecallResult } from '../engine/api';
import { startNodeEmbedder } from '../engine/embed/node';
import { createEngine } from '../engine/engine';
import { EngineError } from '../engine/errors';
import { openStore } from '../engine/store';
import { describeReport, exportTo, PASSWORD_VARIABLE, restoreFrom } from './cli-backup';
import { importFiles, readAny } from './cli-import';
import { printAny, printRead, readFile } from './cli-read';

const HELP = `A terminal for the engine of Commonplace.

Usage: npm run -s cli -- <verb> [options]

  read FILE              Prints the conversations in a saved page, a site's body or an export, as they are read, and
                         the documents in files, folders and archives of any known format. Stores nothing.
  import FILE...         Stores what files, folders and ZIP archives hold: exports of ChatGPT, Claude, Gemini and others,
                         notes, documents, bookmarks (docs/import.md). Twice is once. With --json: how many documents,
                         conversations and messages there are, and a warning with file and place for each that could
                         not be read.
  recall "QUESTION"      Searches what is stored, by words and by meaning. Makes the vectors that are missing first.
                         Operators work as in the panel: from:chatgpt, after:2026-05-01, "a phrase", -not.
  stats                  What is stored.
  export FILE            Writes everything to one .zip and reads it back (docs/data-format.md). Encrypted as age when
                         ${PASSWORD_VARIABLE} is set.
  restore FILE           Brings such a file in: newer wins for each message, nothing is lost, twice is once.

Options:
  --data DIR             The data directory; made when it is not there. Default: a temporary one, removed at the end.
  --json                 Exactly one JSON document on standard output; everything else goes to standard error.
  --site NAME            read, import: take the file for one of this site (chatgpt) instead of finding out.
  --limit N              recall: hits wanted, 1 to 100. Default 10.
  --vectors              export: the vectors go along.
  --look                 restore: only says what it would do.
  --replace              restore: in place of what is there, which is set aside.
  --bring-back           restore: also what was deleted before.
  --words                recall: by words alone; no model is loaded.
  --help                 This text.

Exit codes: 0 done, 1 it went wrong (the message says what, where, and what was kept), 2 wrong usage.`;

const VERBS = ['read', 'import', 'recall', 'stats', 'export', 'restore'] as const;
type Verb = (typeof VERBS)[number];

interface Options {
  verb: Verb;
  values: string[];
  data: string | null;
  json: boolean;
  words: boolean;
  vectors: boolean;
  look: boolean;
  replace: boolean;
  bringBack: boolean;
  site: string | null;
  limit: number;
}

class UsageError extends Error {}

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Where lines go: results on standard output, all else on standard error. */
const out = (line: string) => process.stdout.write(`${line}\n`);
const log = (line: string) => process.stderr.write(`${line}\n`);

/** @returns the exit code. */
export async function main(args: string[]): Promise<number> {
  // Libraries print where they like; standard output is for the result alone.
  const { log: logs, info, debug } = console;
  const divert = (...parts: unknown[]) => {
    log(parts.map(String).join(' '));
  };
  Object.assign(console, { log: divert, info: divert, debug: divert });
  const json = args.includes('--json');
  try {
    const options = parse(args);
    if (options === null) {
      out(HELP);
      return 0;
    }
    return await run(options);
  } catch (error) {
    const usage = error instanceof UsageError;
    const failure = usage ? new EngineError('bad_input', error.message) : EngineError.from(error);
    log(`${paint.bad('error:')} ${failure.message}`);
    if (failure.remedy !== undefined) log(failure.remedy);
    if (usage) log('See --help.');
    if (json) out(JSON.stringify({ error: failure.serialise() }, null, 2));
    return usage ? 2 : 1;
  } finally {
    Object.assign(console, { log: logs, info, debug });
  }
}

function parse(args: string[]): Options | null {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        json: { type: 'boolean', default: false },
        site: { type: 'string' },
        limit: { type: 'string' },
        words: { type: 'boolean', default: false },
        vectors: { type: 'boolean', default: false },
        look: { type: 'boolean', default: false },
        replace: { type: 'boolean', default: false },
        'bring-back': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  const [verb, ...rest] = positionals;
  if (values.help) return null;
  if (verb === undefined) throw new UsageError(`Say what to do: ${VERBS.join(', ')}.`);
  if (!isVerb(verb)) throw new UsageError(`There is no verb "${verb}". There are: ${VERBS.join(', ')}.`);
  const limit = values.limit === undefined ? 10 : Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    throw new UsageError(`--limit wants a whole number from 1 to 100, not "${values.limit}".`);
  }
  if (verb === 'read' && rest.length !== 1) throw new UsageError('read takes one FILE.');
  if (verb === 'import' && rest.length === 0) throw new UsageError('import takes one FILE or more.');
  if (verb === 'recall' && rest.length !== 1) {
    throw new UsageError('recall takes one question; put it in quotes.');
  }
  if ((verb === 'export' || verb === 'restore') && rest.length !== 1) throw new UsageError(`${verb} takes one FILE.`);
  if (values.look && values.replace) throw new UsageError('--look and --replace exclude each other.');
  if (verb === 'stats' && rest.length > 0) throw new UsageError('stats takes no more words.');
  return {
    verb,
    values: rest,
    data: values.data ?? null,
    json: values.json,
    words: values.words,
    vectors: values.vectors,
    look: values.look,
    replace: values.replace,
    bringBack: values['bring-back'],
    site: values.site ?? null,
    limit,
  };
}

function isVerb(value: string): value is Verb {
  return (VERBS as readonly string[]).includes(value);
}

async function run(options: Options): Promise<number> {
  switch (options.verb) {
    case 'read':
      return read(options);
    case 'import':
      return withEngine(options, (engine) => runImport(engine, options));
    case 'recall':
      return withEngine(options, (engine) => ask(engine, options));
    case 'stats':
      return withEngine(options, async (engine) => {
        const stats = await engine.stats();
        if (options.json) out(JSON.stringify(stats, null, 2));
        else printStats(stats);
        return 0;
      });
    case 'export':
      return withEngine(options, async (engine) => {
        const { json, vectors, values } = options;
        const written = await exportTo(engine, values[0] ?? '', { vectors, progress });
        if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
        if (json) out(JSON.stringify(written, null, 2));
        else out(`${written.file}: ${plural(written.documents, 'document')}, ${written.bytes} bytes, read back`);
        return 0;
      });
    case 'restore':
      return withEngine(options, async (engine) => {
        const { json, look, replace, bringBack, values } = options;
        const mode = look ? 'look' : replace ? 'replace' : 'merge';
        const report = await restoreFrom(engine, values[0] ?? '', { mode, bringBack });
        if (json) out(JSON.stringify(report, null, 2));
        else for (const line of describeReport(report)) out(line);
        return Object.keys(report.damage.counts).length > 0 ? 1 : 0;
      });
  }
}

async function read({ values, site, json }: Options): Promise<number> {
  const path = values[0] ?? '';
  try {
    const result = readFile(path, site === null ? {} : { site });
    if (json) out(JSON.stringify(result, null, 2));
    else printRead(result, out);
    return 0;
  } catch (error) {
    // No conversation of one site: an export as a whole, or a document.
    if (site !== null || (existsSync(path) && !statSync(path).isDirectory() && !isBadInput(error))) throw error;
    const result = await readAny(path);
    if (result.conversations.length + result.documents.length === 0) throw error;
    if (json) out(JSON.stringify(result, null, 2));
    else printAny(result, out);
    return 0;
  }
}

function isBadInput(error: unknown): boolean {
  return error instanceof EngineError && error.code === 'bad_input';
}

/** An engine on the data directory; it is closed, and a temporary directory removed, whatever happens. */
async function withEngine(options: Options, work: (engine: Engine) => Promise<number>): Promise<number> {
  const { data, verb } = options;
  if (data !== null && existsSync(data) && !statSync(data).isDirectory()) {
    throw new EngineError('bad_input', `--data ${data} is a file, not a directory.`);
  }
  if (data !== null && verb !== 'import' && verb !== 'restore' && !existsSync(data)) {
    throw new EngineError('not_found', `There is no data directory ${data}.`, {
      remedy: 'Import something into it first.',
    });
  }
  if (data !== null) mkdirSync(data, { recursive: true });
  const directory = data === null ? mkdtempSync(join(tmpdir(), 'commonplace-')) : resolve(data);
  const wantsMeaning = verb === 'recall' && !options.words;
  const engine = createEngine({
    store: () => openStore({ storage: 'node', directory, dataDirectory: prebuilt() }),
    embedder: wantsMeaning ? () => startNodeEmbedder(join(ROOT, 'models')) : null,
  });
  let interrupted = false;
  const end = async () => {
    try {
      await engine.close();
    } finally {
      if (data === null) rmSync(directory, { recursive: true, force: true });
    }
  };
  const onInterrupt = () => {
    interrupted = true;
    // What runs now ends at its next step with an error, which nobody needs to see.
    void end().finally(() => process.exit(130));
  };
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onInterrupt);
  try {
    return await work(engine);
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    process.removeListener('SIGTERM', onInterrupt);
    if (!interrupted) await end();
  }
}

/** The data directory that the build makes spares a new database its slow first start. */
function prebuilt(): Blob | undefined {
  const file = join(ROOT, '.cache', 'data-dir.tar.gz');
  return existsSync(file) ? new Blob([readFileSync(file)], { type: 'application/gzip' }) : undefined;
}

async function runImport(engine: Engine, { values, site, json }: Options): Promise<number> {
  const started = performance.now();
  const { documents, ...total } = await importFiles(engine, values, { site, progress: json ? () => {} : progress });
  for (const { error } of total.files) if (error !== null) log(`${paint.bad('error:')} ${error.message}`);
  const { documents: all, messages, chunks } = await engine.stats();
  const took_ms = Math.round(performance.now() - started);
  const stored = { documents: all, messages, chunks };
  if (json) {
    out(JSON.stringify({ documents, ...total, stored, took_ms }, null, 2));
  } else {
    for (const report of total.files) {
      if (report.error !== null) continue;
      const others = report.documents - report.conversations;
      const parts = [
        report.conversations > 0 || others === 0
          ? `${plural(report.conversations, 'conversation')}, ${plural(report.messages, 'message')}`
          : null,
        others > 0 ? plural(others, 'document') : null,
      ];
      out(`${report.file}: ${parts.filter((part) => part !== null).join(', ')}`);
      for (const { code, message, file, where } of report.warnings) {
        const place = [file === report.file ? null : file, where].filter((part) => part !== null).join(', ');
        out(paint.faint(`  warning ${code}: ${message}${place === '' ? '' : ` [${place}]`}`));
      }
    }
    out(
      `${total.messages_added} added, ${total.messages_updated} updated, ${total.messages_unchanged} unchanged` +
        `${total.forgotten > 0 ? `, ${total.forgotten} skipped because they were deleted before` : ''} in ${took_ms} ms`,
    );
    out(`Stored: ${plural(all, 'document')}, ${plural(messages, 'message')}, ${plural(chunks, 'passage')}`);
  }
  return total.files.some(({ error }) => error !== null) ? 1 : 0;
}

async function ask(engine: Engine, options: Options): Promise<number> {
  if (!options.words) await waitForVectors(engine);
  const result = await engine.recall({
    text: options.values[0] ?? '',
    limit: options.limit,
    mode: options.words ? 'words' : 'full',
  });
  if (options.json) out(JSON.stringify(result, null, 2));
  else printHits(result);
  return 0;
}

/** Waits for the model, then makes what is missing, saying how far it is. */
async function waitForVectors(engine: Engine): Promise<void> {
  let most = 0;
  let last = -1;
  let shown = false;
  const loaded = deferred();
  const unsubscribe = await engine.subscribe((event) => {
    if (event.type !== 'status') return;
    const { store, embedder, chunks_waiting: left } = event.status;
    if (embedder.state !== 'loading') loaded.resolve();
    if (store.state === 'opening' || left === last) return;
    last = left;
    most = Math.max(most, left);
    if (left === 0) return;
    shown = true;
    progress(`Embedding: ${most - left} of ${plural(most, 'passage')}`);
  });
  try {
    await engine.idle();
    await loaded.promise;
  } finally {
    unsubscribe();
    if (shown && process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
  const { embedder, chunks_waiting } = await engine.status();
  if (embedder.state === 'unavailable') {
    log(`${paint.bad('The model cannot be used')}, so this is by words alone: ${embedder.error}`);
  } else if (chunks_waiting > 0) {
    log(`${plural(chunks_waiting, 'passage')} without a vector could not be embedded; words find them.`);
  }
}

/** `Promise.withResolvers` of a later Node. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

let progressAt = Number.NEGATIVE_INFINITY;

/** One line that is overwritten in a terminal, a line every few seconds elsewhere. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  else if (performance.now() - progressAt > 5_000) {
    progressAt = performance.now();
    log(text);
  }
}

function printHits({ hits, understood, took_ms, embed_ms, used_meaning }: RecallResult): void {
  hits.forEach((hit, index) => {
    const where = [hit.title ?? '(no title)', hit.source, hit.created_at.slice(0, 10), speaker(hit)];
    out(
      `${String(index + 1).padStart(2)}. ${paint.strong(where[0] ?? '')}${paint.faint(` · ${where.slice(1).filter(Boolean).join(' · ')}`)}`,
    );
    for (const line of marked(hit).split('\n')) if (line.trim() !== '') out(`    ${line}`);
    const original = hit.original_url ?? hit.url;
    if (original !== null) out(`    ${paint.faint(original)}`);
    out(`    ${paint.faint(reasons(hit))}`);
    out('');
  });
  const filters = Object.entries(understood.filters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${String(value)}`);
  out(
    `${plural(hits.length, 'hit')} for “${understood.text}”${filters.length > 0 ? ` (${filters.join(', ')})` : ''} in ${took_ms.toFixed(1)} ms` +
      (used_meaning ? `, ${embed_ms.toFixed(1)} ms of it for the question's vector` : ', by words'),
  );
}

function speaker({ role, author, model, kind }: Hit): string {
  if (kind !== 'conversation') return author ?? '';
  return [author ?? (role === 'user' ? 'you' : role), model === null ? null : `(${model})`].filter(Boolean).join(' ');
}

function marked({ passage, highlights }: Hit): string {
  let text = '';
  let at = 0;
  for (const [start, end] of highlights) {
    text += passage.slice(at, start) + paint.mark(passage.slice(start, end));
    at = end;
  }
  return text + passage.slice(at);
}

function reasons(hit: Hit): string {
  return hit.reasons
    .map((reason) => {
      switch (reason.kind) {
        case 'words':
          return `words: ${reason.terms.join(', ')}`;
        case 'meaning':
          return `meaning ${reason.similarity.toFixed(2)}`;
        case 'date':
          return `date: ${reason.text}`;
        case 'person':
          return `person: ${reason.name}`;
      }
    })
    .join(' · ');
}

function printStats(stats: EngineStats): void {
  for (const { source, kind, documents, messages } of stats.by_source) {
    out(`${source}, ${kind}: ${plural(documents, 'document')}, ${plural(messages, 'message')}`);
  }
  out(
    `${plural(stats.documents, 'document')}, ${plural(stats.messages, 'message')}, ${plural(stats.chunks, 'passage')}; ` +
      `${(stats.database_bytes / 1e6).toFixed(1)} MB, schema ${stats.schema_version}`,
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const coloured = (stream: NodeJS.WriteStream) => Boolean(stream.isTTY) && !process.env['NO_COLOR'];
const ansi = (code: string, stream: NodeJS.WriteStream) => (text: string) =>
  coloured(stream) ? `\u001b[${code}m${text}\u001b[0m` : text;
const paint = {
  strong: ansi('1', process.stdout),
  faint: ansi('2', process.stdout),
  mark: ansi('1;33', process.stdout),
  bad: ansi('1;31', process.stderr),
};
