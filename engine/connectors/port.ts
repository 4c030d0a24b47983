/**
 * The port that every connector is a file of: it says which of the given files are its own and reads them, one document
 * after another, so that what is read is never all in memory. Pure but for the bytes it is handed: no network, no clock.
 */
import type { CapturedConversation, CapturedDocument } from '../capture/types';

/** One file of what was given: picked by itself, in a folder, or in an archive. */
export interface SourceFile {
  /** Where it stands in what was given, with `/`; unique there. */
  readonly path: string;
  /** Bytes when unpacked; as an archive says it, so no more than a hint. */
  readonly size: number;
  /** ISO 8601 UTC: when it was last changed, as the folder or archive says; null where it does not. */
  readonly modified: string | null;
  /** Its bytes in order; what is in an archive is unpacked as it is read. @throws `bad_input` where it is damaged. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Something that could not be read, and where; the rest is. */
export interface ImportWarning {
  /** Stable string, e.g. `unreadable_record`. */
  code: string;
  message: string;
  /** The file's path. */
  file: string;
  /** Line, record or message in it; null for the file as a whole. */
  where: string | null;
}

export type ImportedItem = CapturedConversation | CapturedDocument;

/** What reading yields: a document with the file it came from, or a warning. */
export type Read = { item: ImportedItem; file: string } | { warning: ImportWarning };

/** The first 64 kB of a file as text, read once. */
export type Peek = (file: SourceFile) => Promise<string>;

export interface ReadOptions {
  /** Parses HTML into a document that no window shows. */
  parseHtml: (html: string) => Document;
  peek: Peek;
  /** ISO 8601 UTC: `captured_at` of what has no time of its own. */
  now: string;
  signal?: AbortSignal;
}

export interface Connector {
  /** Stable; names it in reports and, where its documents have a source of their own, that source. */
  readonly id: string;
  /**
   * Those of the files that it reads or that belong to what it reads (the pictures of an export), so that no other
   * connector takes them for something else. Must not throw for what a file holds.
   */
  recognises(files: SourceFile[], peek: Peek): Promise<SourceFile[]>;
  /**
   * What the files hold that {@link recognises} gave. Never throws for what they hold: a record that cannot be read is a
   * warning with its place. Yields the same, in the same order, each time.
   */
  read(files: SourceFile[], options: ReadOptions): AsyncGenerator<Read>;
}

/** A connector of one kind of file, where each file stands for itself. */
export function fileConnector(
  id: string,
  recognises: (file: SourceFile, peek: Peek) => boolean | Promise<boolean>,
  read: (file: SourceFile, options: ReadOptions) => AsyncGenerator<Read>,
): Connector {
  return {
    id,
    async recognises(files, peek) {
      const taken: SourceFile[] = [];
      for (const file of files) if (await recognises(file, peek)) taken.push(file);
      return taken;
    },
    async *read(files, options) {
      for (const file of files) {
        options.signal?.throwIfAborted();
        yield* read(file, options);
      }
    },
  };
}

export function warning(file: SourceFile, code: string, message: string, where: string | null = null): Read {
  return { warning: { code, message, file: file.path, where } };
}

/** `notes/Plan.md` → `Plan.md`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `My%20Plan.md` → `My Plan.md`; as it is where its signs name no letters. */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}

/** `notes/Plan.md` → `Plan`. */
export function plainName(path: string): string {
  return baseName(path).replace(/\.[a-z0-9]{1,8}$/i, '');
}

/** In lower case, without the dot; empty where there is none. */
export function extension(path: string): string {
  return /\.([a-z0-9]{1,8})$/i.exec(baseName(path))?.[1]?.toLowerCase() ?? '';
}
