/** What a person gives: files, folders and archives, as one list of files. */
import { EngineError } from '../errors';
import { filesInZip, isLeftBehind } from './archive';
import { baseName, extension, type ImportWarning, type SourceFile } from './port';

/** A picked or dropped file with its path in the folder that was picked; `File`s of a page are one each. */
export interface GivenFile {
  path: string;
  blob: Blob;
  /** ISO 8601 UTC, where the caller knows it. */
  modified?: string | null;
}

/** An archive in an archive is unpacked into memory up to this many bytes. */
const MOST_INNER = 256 * 1024 * 1024;
const DEEPEST = 3;

export interface Gathered {
  files: SourceFile[];
  /** Archives that cannot be opened. */
  warnings: ImportWarning[];
}

/**
 * All files in what was given, sorted by path. Archives are opened where they stand and their files stand below their
 * name; documents that happen to be archives (DOCX, EPUB) are files. Nothing but archives' directories is read.
 */
export async function gather(given: GivenFile[], signal?: AbortSignal): Promise<Gathered> {
  const gathered: Gathered = { files: [], warnings: [] };
  for (const { path, blob, modified } of given) {
    signal?.throwIfAborted();
    const clean = path.replaceAll('\\', '/').replace(/^\/+/, '');
    if (isLeftBehind(clean)) continue;
    await take(gathered, fromBlob(clean, blob, modified ?? null), blob, 0);
  }
  gathered.files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return gathered;
}

function fromBlob(path: string, blob: Blob, modified: string | null): SourceFile {
  const stamp = blob instanceof File && blob.lastModified > 0 ? new Date(blob.lastModified).toISOString() : null;
  return {
    path,
    size: blob.size,
    modified: modified ?? stamp,
    stream: () => blob.stream(),
  };
}

async function take(gathered: Gathered, file: SourceFile, blob: Blob | null, depth: number): Promise<void> {
  if (!(await isArchive(file, blob))) {
    gathered.files.push(file);
    return;
  }
  try {
    const archive = blob ?? (await unpacked(file));
    const found = await filesInZip(archive, file.path);
    if (found.length === 0)
      gathered.warnings.push({
        code: 'empty_file',
        message: `${file.path} is an archive of nothing.`,
        file: file.path,
        where: null,
      });
    for (const inner of found) {
      const placed = { ...inner, path: `${file.path}/${inner.path}` };
      if (depth < DEEPEST && extension(inner.path) === 'zip') await take(gathered, placed, null, depth + 1);
      else gathered.files.push(placed);
    }
  } catch (error) {
    const { code, message } = EngineError.from(error);
    if (code === 'aborted') throw error;
    gathered.warnings.push({ code: 'unreadable_archive', message, file: file.path, where: null });
  }
}

/** By its name, or by its first bytes where the name says nothing. */
async function isArchive(file: SourceFile, blob: Blob | null): Promise<boolean> {
  const kind = extension(baseName(file.path));
  if (kind === 'zip') return true;
  if (kind !== '' || blob === null) return false;
  const [a, b, c, d] = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  return a === 0x50 && b === 0x4b && c === 3 && d === 4;
}

async function unpacked(file: SourceFile): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of file.stream()) {
    length += chunk.length;
    if (length > MOST_INNER)
      throw new EngineError('bad_input', `${file.path} is an archive in an archive of more than 256 MB.`, {
        remedy: 'Unpack the outer one and give the inner ones.',
      });
    parts.push(chunk);
  }
  return new Blob(parts);
}
