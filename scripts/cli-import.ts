/** `import FILE...`: what files, folders and archives hold, by whichever connector knows them, into the database. */
import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Engine } from '../engine/api';
import { type GivenFile, type ImportedItem, type ImportWarning, readParts, sortFiles } from '../engine/connectors';
import type { CapturedConversation, CapturedDocument } from '../engine/capture/types';
import { EngineError } from '../engine/errors';
import { parseHtml, readFile } from './cli-read';

/** What came of one of the FILEs. */
export interface FileReport {
  file: string;
  documents: number;
  conversations: number;
  messages: number;
  warnings: ImportWarning[];
  error: { code: string; message: string } | null;
}

export interface ImportTotals {
  /** Documents that were taken, conversations among them. */
  documents: number;
  conversations: number;
  messages: number;
  warnings: ImportWarning[];
  files: FileReport[];
  messages_added: number;
  messages_updated: number;
  messages_unchanged: number;
  /** Left out because they were deleted before. */
  forgotten: number;
  document_ids: Array<string | null>;
}

/** Captures that are stored together: enough for few statements, few enough to be little memory. */
const BATCH_ITEMS = 64;
const BATCH_CHARACTERS = 4_000_000;

export async function importFiles(
  engine: Engine,
  paths: string[],
  options: { site: string | null; progress: (text: string) => void },
): Promise<ImportTotals> {
  const files = paths.map((file): FileReport => ({
    file,
    documents: 0,
    conversations: 0,
    messages: 0,
    warnings: [],
    error: null,
  }));
  const totals: ImportTotals = {
    documents: 0,
    conversations: 0,
    messages: 0,
    warnings: [],
    files,
    messages_added: 0,
    messages_updated: 0,
    messages_unchanged: 0,
    forgotten: 0,
    document_ids: [],
  };
  let batch: ImportedItem[] = [];
  let characters = 0;
  const store = async () => {
    if (batch.length === 0) return;
    const stored = await engine.ingest(batch);
    totals.messages_added += stored.messages_added;
    totals.messages_updated += stored.messages_updated;
    totals.messages_unchanged += stored.messages_unchanged;
    totals.forgotten += stored.forgotten;
    totals.documents += stored.documents;
    totals.document_ids.push(...stored.document_ids);
    batch = [];
    characters = 0;
    options.progress(`${totals.documents} documents`);
  };
  const take = async (report: FileReport, item: ImportedItem) => {
    report.documents++;
    if (item.kind === 'conversation') {
      report.conversations++;
      report.messages += item.messages.length;
    }
    batch.push(item);
    const parts = item.kind === 'conversation' ? item.messages : item.sections;
    characters += parts.reduce((sum, { markdown }) => sum + markdown.length, 0);
    if (batch.length >= BATCH_ITEMS || characters >= BATCH_CHARACTERS) await store();
  };

  const given: GivenFile[] = [];
  const roots: Array<{ root: string; report: FileReport }> = [];
  for (const report of files) {
    try {
      if (options.site === null) {
        const root = uniqueRoot(
          basename(resolve(report.file)),
          roots.map((each) => each.root),
        );
        given.push(...(await givenFiles(report.file, root)));
        roots.push({ root, report });
      } else {
        // The person says whose file it is.
        const { conversations, warnings } = readFile(report.file, { site: options.site });
        report.warnings.push(...warnings.map((warning) => ({ ...warning, file: report.file })));
        for (const conversation of conversations) await take(report, conversation);
      }
    } catch (error) {
      report.error = EngineError.from(error).serialise();
    }
  }
  const reportOf = (path: string) => roots.find(({ root }) => path === root || path.startsWith(`${root}/`))?.report;
  const sorted = await sortFiles(given, { parseHtml, now: new Date().toISOString() });
  for (const warning of sorted.warnings) reportOf(warning.file)?.warnings.push(warning);
  for await (const read of readParts(sorted)) {
    const report = reportOf('item' in read ? read.file : read.warning.file);
    if (report === undefined) continue;
    if ('item' in read) await take(report, read.item);
    else report.warnings.push(read.warning);
  }
  await store();
  for (const report of files) {
    totals.conversations += report.conversations;
    totals.messages += report.messages;
    totals.warnings.push(...report.warnings);
    const [first] = report.warnings;
    if (report.error === null && report.documents === 0 && first !== undefined && !SAYS_EMPTY.has(first.code))
      report.error = { code: 'bad_input', message: `Nothing in ${report.file} could be read: ${first.message}` };
  }
  return totals;
}

export interface AnyRead {
  conversations: CapturedConversation[];
  documents: CapturedDocument[];
  warnings: ImportWarning[];
}

/**
 * What a file, folder or archive of any known format holds; stores nothing.
 * @throws `not_found`
 */
export async function readAny(path: string): Promise<AnyRead> {
  const given = await givenFiles(path, basename(resolve(path)));
  const sorted = await sortFiles(given, { parseHtml, now: new Date().toISOString() });
  const all: AnyRead = { conversations: [], documents: [], warnings: [...sorted.warnings] };
  for await (const read of readParts(sorted)) {
    if (!('item' in read)) all.warnings.push(read.warning);
    else if (read.item.kind === 'conversation') all.conversations.push(read.item);
    else all.documents.push(read.item);
  }
  return all;
}

/** A file in which nothing was said is no mistake. */
const SAYS_EMPTY = new Set(['empty_conversation', 'empty_file']);

function uniqueRoot(name: string, taken: string[]): string {
  let root = name;
  for (let count = 2; taken.includes(root); count++) root = `${count}-${name}`;
  return root;
}

/** The file, or all files in the folder. @throws `not_found` */
async function givenFiles(path: string, root: string): Promise<GivenFile[]> {
  let info;
  try {
    info = await stat(path);
  } catch (error) {
    throw new EngineError('not_found', `The file ${path} cannot be read.`, { cause: error });
  }
  if (!info.isDirectory()) return [{ path: root, blob: await openAsBlob(path), modified: info.mtime.toISOString() }];
  const below: GivenFile[] = [];
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory() || entry.isFile())
      below.push(...(await givenFiles(join(path, entry.name), `${root}/${entry.name}`)));
  return below;
}
