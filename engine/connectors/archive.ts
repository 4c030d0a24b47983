/** The files in a ZIP archive by random access: its directory is read, and of its files those that are asked for. */
import { BlobReader, configure, type FileEntry, ZipReader } from '@zip.js/zip.js/lib/zip-core-native.js';
import { EngineError } from '../errors';
import type { SourceFile } from './port';

// An extension's rules allow no worker from a blob; the browser's own decompression does not block either.
configure({ useWebWorkers: false, useCompressionStream: true });

/** A file in an archive that unpacks to more than this many times its size is a trick. */
const MOST_RATIO = 1_100;
const MOST_FILES = 1_000_000;

/**
 * What the archive holds, without folders and what systems leave behind. Paths are as in the archive, with `/`, and
 * never lead out of it.
 * @throws `bad_input` where it is no archive that can be read: cut off, damaged, or with more than a million files.
 */
export async function filesInZip(blob: Blob, name: string): Promise<SourceFile[]> {
  const reader = new ZipReader(new BlobReader(blob), { filenameValidation: 'tolerant' });
  const files: SourceFile[] = [];
  try {
    let seen = 0;
    for await (const entry of reader.getEntriesGenerator()) {
      if (++seen > MOST_FILES) throw new EngineError('bad_input', `${name} holds more than ${MOST_FILES} files.`);
      if (entry.directory) continue;
      const path = safePath(entry.filename);
      if (path === '' || isLeftBehind(path)) continue;
      files.push({
        path,
        size: entry.uncompressedSize,
        modified: timeOf(entry.lastModDate),
        stream: () => unpack(entry, `${path} in ${name}`),
      });
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError('bad_input', `${name} cannot be read as a ZIP archive: ${words(error)}.`, {
      cause: error,
      remedy: 'It may be cut off: download it again.',
    });
  }
  return files;
}

/** A time of the archive's clock, or null where it says none (1980 is how ZIP says that). */
function timeOf(date: Date | undefined): string | null {
  const time = date?.getTime() ?? Number.NaN;
  return Number.isNaN(time) || time < Date.UTC(1980, 0, 3) ? null : new Date(time).toISOString();
}

function unpack(entry: FileEntry, name: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  const most = Math.max(entry.compressedSize * MOST_RATIO, 1_000_000);
  let length = 0;
  const through = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      length += chunk.length;
      if (length > most)
        controller.error(new EngineError('bad_input', `${name} unpacks to far more than it can hold.`));
      else controller.enqueue(chunk);
    },
  });
  const reader = through.readable.getReader();
  let failed: unknown = null;
  const writing = entry.encrypted
    ? Promise.reject(new EngineError('bad_input', `${name} is locked with a password.`))
    : entry.getData(through.writable, { checkSignature: true }).then(
        () => undefined,
        (error: unknown) => {
          failed = error;
          return through.writable.abort(error).catch(() => undefined);
        },
      );
  if (entry.encrypted) writing.catch(() => undefined);
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        if (entry.encrypted) await writing;
        const { done, value } = await reader.read();
        if (!done) {
          controller.enqueue(value);
          return;
        }
        await writing; // the checksum is known at the end
        if (failed !== null) throw EngineError.from(failed, 'bad_input');
        controller.close();
      } catch (error) {
        const cause = failed ?? error;
        controller.error(
          cause instanceof EngineError
            ? cause
            : new EngineError('bad_input', `${name} is damaged: ${words(cause)}.`, { cause }),
        );
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** The path without what would lead out of a folder; nothing is ever written under it. */
function safePath(path: string): string {
  return path
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
}

/** What systems and editors put beside files. */
export function isLeftBehind(path: string): boolean {
  return /(?:^|\/)(?:__MACOSX|\.git|node_modules)\/|(?:^|\/)(?:\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*)$/i.test(
    path,
  );
}

function words(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
