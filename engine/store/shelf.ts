import type { PGliteOptions } from '@electric-sql/pglite';
import type { Storage } from './store';

/** A database directory as PGlite is given it. */
export interface Drive {
  readonly options: Pick<PGliteOptions, 'fs' | 'dataDir'>;
  /** True when a database was made here before; PGlite would make a new one over a missing one without a word. */
  holdsDatabase(): Promise<boolean>;
  /** Puts the data directory of an archive (tar, or tar.gz) into an empty drive, where that is better done than by PGlite. */
  seed?(archive: Blob): Promise<void>;
  /** Makes every byte durable, where the platform has means: after the first files were written. */
  settle(): Promise<void>;
  /** Makes room for `files` new files. */
  reserve(files: number): Promise<void>;
  /** Bytes of WAL, where it can be known without asking Postgres. */
  walBytes(): number | undefined;
  /** Bytes of everything else, likewise. */
  dataBytes(): number | undefined;
  /** Removes the files of a directory that `gone` says yes to; durable with the next sync. */
  removeFiles?(directory: string, gone: (name: string) => boolean): void;
  /** Lets go of everything without writing: after a failed open, or when the database died. */
  abandon(): void;
}

/** A file being written; it counts only when `finish` has resolved. */
export interface ShelfWriter {
  append(bytes: Uint8Array): Promise<void>;
  /** Durable when resolved. */
  finish(): Promise<void>;
  /** Closes and removes it. */
  discard(): Promise<void>;
}

/** One place in one kind of storage: databases, each in a directory, and the files beside them. */
export interface Shelf {
  readonly storage: Storage;
  /** Holds the place for this engine alone until the returned function is called. @throws `store_locked` */
  lock(): Promise<() => void>;

  /** A small file, or undefined when there is none that is whole. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Replaces a small file: after a crash at any instant it is the old one or the new one. Durable when resolved. */
  write(name: string, bytes: Uint8Array): Promise<void>;

  /** Large files, read and written in pieces. */
  names(): Promise<string[]>;
  writer(name: string): Promise<ShelfWriter>;
  reader(name: string): AsyncIterable<Uint8Array>;
  remove(name: string): Promise<void>;

  databases(): Promise<string[]>;
  /** What a database that is not open takes; null where the storage does not tell. */
  databaseBytes(directory: string): Promise<number | null>;
  drive(directory: string): Promise<Drive>;
  removeDatabase(directory: string): Promise<void>;
}

/** For tests and scripts that keep nothing. */
export function memoryShelf(): Shelf {
  const small = new Map<string, Uint8Array>();
  const large = new Map<string, Uint8Array[]>();
  return {
    storage: 'memory',
    lock: () => Promise.resolve(() => undefined),
    read: (name) => Promise.resolve(small.get(name)),
    write: (name, bytes) => Promise.resolve(void small.set(name, bytes)),
    names: () => Promise.resolve([...large.keys()]),
    writer(name) {
      const parts: Uint8Array[] = [];
      return Promise.resolve({
        append: (bytes) => Promise.resolve(void parts.push(bytes)),
        finish: () => Promise.resolve(void large.set(name, parts)),
        discard: () => Promise.resolve(),
      });
    },
    async *reader(name) {
      yield* await Promise.resolve(large.get(name) ?? []);
    },
    remove: (name) => Promise.resolve(void large.delete(name)),
    databases: () => Promise.resolve([]),
    databaseBytes: () => Promise.resolve(null),
    drive: () => Promise.resolve(plainDrive({ dataDir: 'memory://' }, () => Promise.resolve(false))),
    removeDatabase: () => Promise.resolve(),
  };
}

/** A drive on one of PGlite's own file systems, which sync by themselves after each query. */
export function plainDrive(options: Drive['options'], holdsDatabase: Drive['holdsDatabase']): Drive {
  return {
    options,
    holdsDatabase,
    settle: () => Promise.resolve(),
    reserve: () => Promise.resolve(),
    walBytes: () => undefined,
    dataBytes: () => undefined,
    abandon: () => undefined,
  };
}
