/** What a person gives, from the invented files in `tests/fixtures/connectors`. */
import { openAsBlob, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BlobReader, BlobWriter, configure, ZipWriter } from '@zip.js/zip.js/lib/zip-core-native.js';
import {
  type GivenFile,
  type ImportedItem,
  type ImportWarning,
  readParts,
  sortFiles,
} from '../../../engine/connectors';
import { parseHtml } from '../../../scripts/cli-read';

configure({ useWebWorkers: false });

export const NOW = '2026-11-21T12:00:00.000Z';
/** When the files were last changed, as far as they say. */
export const MODIFIED = '2026-10-01T00:00:00.000Z';

const ROOT = fileURLToPath(new URL('../../fixtures/connectors/', import.meta.url));

function below(folder: string, path = ''): string[] {
  return readdirSync(join(folder, path)).flatMap((name) => {
    const at = path === '' ? name : `${path}/${name}`;
    return statSync(join(folder, at)).isDirectory() ? below(folder, at) : [at];
  });
}

/** A folder of the fixtures as it is picked, or one file of it. */
export async function folder(name: string): Promise<GivenFile[]> {
  const full = join(ROOT, name);
  if (!statSync(full).isDirectory())
    return [{ path: name.replace(/^.*\//, ''), blob: await openAsBlob(full), modified: MODIFIED }];
  return Promise.all(
    below(full).map(async (path) => ({ path, blob: await openAsBlob(join(full, path)), modified: MODIFIED })),
  );
}

export async function zip(files: GivenFile[], name = 'export.zip'): Promise<GivenFile> {
  const writer = new ZipWriter(new BlobWriter('application/zip'), { lastModDate: new Date(MODIFIED) });
  for (const { path, blob } of files) await writer.add(path, new BlobReader(blob));
  return { path: name, blob: await writer.close(), modified: MODIFIED };
}

export function textFile(path: string, text: string | Uint8Array<ArrayBuffer>): GivenFile {
  return { path, blob: new Blob([text]), modified: MODIFIED };
}

export interface AllRead {
  /** The connectors that took something. */
  by: string[];
  items: ImportedItem[];
  warnings: ImportWarning[];
}

export async function readAll(given: GivenFile[]): Promise<AllRead> {
  const sorted = await sortFiles(given, { parseHtml, now: NOW });
  const all: AllRead = {
    by: sorted.parts.map(({ connector }) => connector.id),
    items: [],
    warnings: [...sorted.warnings],
  };
  for await (const read of readParts(sorted)) {
    if ('item' in read) all.items.push(read.item);
    else all.warnings.push(read.warning);
  }
  return all;
}

/** The conversations alone, or the other documents alone. */
export const conversations = ({ items }: AllRead) =>
  items.flatMap((item) => (item.kind === 'conversation' ? [item] : []));
export const documents = ({ items }: AllRead) => items.flatMap((item) => (item.kind === 'document' ? [item] : []));
