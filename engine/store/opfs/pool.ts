import { BaseFilesystem, type FsStats } from '@electric-sql/pglite/basefs';
import { EngineError } from '../../errors';
import { isNamed, type SyncFile } from '../../sync-file';
import type { FileDirectory } from './directory';
import { isFull, Journal, JOURNAL_SLOTS, writeAll, type Change, type Image, type Part } from './journal';
import { entriesOf } from './tar';

/** WASI error numbers, as Emscripten wants them in `code`; anything without one is swallowed inside PGlite. */
const ERRNO = {
  EBADF: 8,
  EEXIST: 20,
  EIO: 29,
  EISDIR: 31,
  ENOENT: 44,
  ENOSPC: 51,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
} as const;

class FileError extends Error {
  readonly code: number;
  constructor(name: keyof typeof ERRNO, message: string, cause?: unknown) {
    super(`${name}: ${message}`, { cause });
    this.code = ERRNO[name];
  }
}

/** `wal` is flushed before any query resolves, `control` only after everything else, `data` before `control`. */
type Role = 'wal' | 'data' | 'control';

/** A file of the pool: the browser's file, under whatever path the journal gives it. */
interface Backing {
  name: string;
  file: SyncFile;
  /** Kept here because Postgres asks often and asking the browser costs microseconds. */
  size: number;
  dirty: boolean;
  /** Descriptors that hold it: an unlinked file can still be read and must not be given away. */
  opens: number;
  role: Role;
  /** Set while it is a part of the pack, and `file` a view of that: nothing may be written to it. */
  packed?: Part;
}

interface FileNode {
  kind: 'file';
  mode: number;
  mtime: number;
  backing: Backing;
}
interface DirectoryNode {
  kind: 'directory';
  mode: number;
  mtime: number;
  children: Map<string, Node>;
}
type Node = FileNode | DirectoryNode;

export interface PoolOptions {
  /** Free files kept ready; a transaction that makes more fails cleanly with "No space left on device". */
  spare?: number;
  /** Handles held at most, so that a process with 1,024 descriptors lives. */
  limit?: number;
}

export interface PoolCounts {
  handles: number;
  free: number;
  /** Bytes in `pg_wal`: the measure for when a CHECKPOINT is due. */
  walBytes: number;
  /** Bytes in all other files. */
  dataBytes: number;
}

const DIRECTORY_TYPE = 0o40000;
const FILE_TYPE = 0o100000;
const DIRECTORY_MODE = DIRECTORY_TYPE | 0o700;
const FILE_MODE = FILE_TYPE | 0o600;
const PACK = 'pack';
const REWRITE_BYTES = 256 * 1024;
const OPEN_AT_ONCE = 64;

/**
 * Postgres' data directory over a pool of exclusively opened files.
 *
 * New files come from the pool because the browser makes files asynchronously and Postgres wants them at once. What
 * it promises, for any crash of the process or the machine (given that `SyncFile.flush` is durable):
 *
 * 1. When `syncToFs` has resolved, all WAL and all names are durable: an acknowledged commit stays.
 * 2. WAL before data: no data page is written while WAL before it is not durable. PGlite runs Postgres with `-F`, so
 *    Postgres itself orders nothing.
 * 3. Everything before `pg_control`: a checkpoint is announced only when all it covers is durable.
 * 4. A backing file is emptied and given away only after the journal that forgets its old path is durable; the
 *    emptying is durable before the new path is.
 * 5. Names become durable after WAL, so that a dropped table's file does not go before the drop.
 *
 * Most files that a database is made with are never written again, and a browser asks much for every file held open (for
 * Firefox see docs/decisions/0022). Those lie in one file, the pack, which is only read; the first write copies a file out of
 * it into one of its own, which is durable before the journal says so. Until then a crash shows the part of the pack, as it
 * would show any file without the writes that were not durable.
 *
 * The journal (see journal.ts) gives names their atomicity. Descriptors hold nodes, not paths, as in POSIX.
 * The `BaseFilesystem` interface and the pool idea are PGlite's (`opfs-ahp`, after Roy Hashimoto's AccessHandlePoolVFS).
 */
export class PoolFilesystem extends BaseFilesystem {
  readonly #directory: FileDirectory;
  readonly #journal: Journal;
  readonly #spare: number;
  readonly #limit: number;
  #pack: SyncFile | null = null;
  /** As of the pack when it was opened or filled: nothing is written to it later. */
  #packBytes = 0;
  #root: DirectoryNode = { kind: 'directory', mode: DIRECTORY_MODE, mtime: 0, children: new Map() };
  #backings = new Map<string, Backing>();
  /** Empty, durable so, under no path. */
  #free: Backing[] = [];
  /** Under no path any more, but the journal that says so is not durable yet, or a descriptor is still open. */
  #leaving = new Set<Backing>();
  /** Never flushed: the browser may have forgotten the file after a power loss, so no durable path may stand for it. */
  #unnamed = new Set<Backing>();
  #dirtyWal = new Set<Backing>();
  #dirtyData = new Set<Backing>();
  #descriptors = new Map<number, FileNode>();
  #nextDescriptor = 1;
  #nextName = 1;
  #pooling: Promise<void> = Promise.resolve();
  #closed = false;
  /** After a failed flush nobody knows what is on the disk: every later sync says so until the database is reopened. */
  #fault: unknown;

  private constructor(directory: FileDirectory, journal: Journal, options: PoolOptions) {
    super();
    this.#directory = directory;
    this.#journal = journal;
    this.#spare = options.spare ?? 96;
    this.#limit = options.limit ?? 900;
  }

  /**
   * Opens what lies in `directory`, or starts an empty file system in an empty one.
   * @throws EngineError `store_corrupt` when names or files are missing or unreadable (nothing is changed then),
   *   `store_locked` when somebody else holds the files, `store_full` when the pool cannot be made.
   */
  static async open(directory: FileDirectory, options: PoolOptions = {}): Promise<PoolFilesystem> {
    const names = await directory.names();
    let journal: Journal;
    try {
      journal = await Journal.open(directory);
    } catch (error) {
      throw openingError(error, 'the journal');
    }
    const pool = new PoolFilesystem(directory, journal, options);
    try {
      await pool.#load(names.filter((name) => name !== PACK && !(JOURNAL_SLOTS as readonly string[]).includes(name)));
    } catch (error) {
      pool.abandon();
      throw openingError(error, 'the pool');
    }
    return pool;
  }

  async #load(names: string[]): Promise<void> {
    for (const name of names) this.#nextName = Math.max(this.#nextName, counterOf(name) + 1);
    const { found } = this.#journal;
    if (found.state === 'unreadable') await this.#refuseOverData(names, 'No slot of the journal can be read');
    if (found.state === 'empty') await this.#refuseOverData(names, 'The journal is empty');

    const wanted = new Map<string, Role>();
    if (found.state === 'good') {
      this.#root = grow(found.image) as DirectoryNode;
      for (const change of found.changes) this.#replay(change);
      const packed: Backing[] = [];
      this.#eachFile(this.#root, '', (node, path) => {
        node.backing.role = roleOf(path);
        if (node.backing.packed) packed.push(node.backing);
        else wanted.set(node.backing.name, node.backing.role);
      });
      if (packed.length > 0) await this.#openPack(packed);
    }

    const missing = [...wanted.keys()].filter((name) => !names.includes(name));
    if (missing.length > 0) {
      throw new EngineError(
        'store_corrupt',
        `${missing.length} files of the database are missing: ${missing.slice(0, 3).join(', ')}`,
      );
    }
    await inBatches([...wanted], async ([name, role]) => {
      const file = await this.#directory.open(name, { create: false });
      this.#backings.set(name, { name, file, size: file.size(), dirty: false, opens: 0, role });
    });
    this.#eachFile(this.#root, '', (node) => {
      if (!node.backing.packed) node.backing = this.#backings.get(node.backing.name) ?? node.backing;
    });

    if (found.state !== 'good') this.#journal.rewrite(shrink(this.#root));
    else if (this.#journal.bytes > REWRITE_BYTES) this.#journal.rewrite(shrink(this.#root));

    const unused = names.filter((name) => !wanted.has(name));
    const kept = unused.slice(0, this.#spare);
    await inBatches(kept, async (name) => {
      const file = await this.#directory.open(name, { create: false });
      const backing: Backing = { name, file, size: file.size(), dirty: false, opens: 0, role: 'data' };
      this.#backings.set(name, backing);
      this.#unnamed.add(backing);
      this.#empty(backing);
    });
    await inBatches(unused.slice(this.#spare), (name) => this.#directory.remove(name));
    await this.reserve(this.#spare);
  }

  async #openPack(packed: Backing[]): Promise<void> {
    const pack = await this.#directory.open(PACK, { create: false });
    this.#pack = pack;
    const size = pack.size();
    this.#packBytes = size;
    for (const backing of packed) {
      const part = backing.packed as Part;
      if (part.at + part.size > size) throw new EngineError('store_corrupt', 'The pack is too short.');
      backing.file = viewOf(pack, part);
    }
  }

  /**
   * Puts the data directory of an archive (ustar) into an empty file system. Only log and `pg_control` get files of their own
   * at once. Durable when it has resolved; before that the file system is still empty.
   * @throws EngineError `store_full`
   */
  async seed(archive: Uint8Array): Promise<void> {
    if (this.#root.children.size > 0)
      throw new EngineError('internal', 'There is something in the file system already.');
    const entries = [...entriesOf(archive)];
    const contents = entries.flatMap((entry) => (entry.kind === 'file' ? [entry] : []));
    const isOwn = ({ path }: { path: string }) => roleOf(path) !== 'data';
    await this.reserve(contents.filter(isOwn).length);
    try {
      const pack = await this.#directory.open(PACK, { create: true });
      this.#pack = pack;
      pack.truncate(0);
      let end = 0;
      for (const entry of entries) {
        if (entry.kind === 'directory') {
          this.#place(entry.path, newDirectory(DIRECTORY_TYPE | entry.mode));
          continue;
        }
        const { content } = entry;
        const mode = FILE_TYPE | entry.mode;
        const role = roleOf(entry.path);
        if (isOwn(entry)) {
          const backing = this.#take();
          backing.role = role;
          const node: FileNode = { kind: 'file', mode, mtime: Date.now(), backing };
          this.#place(entry.path, node);
          this.#soil(backing);
          backing.size = content.length;
          writeAll(backing.file, content, 0);
          this.#flush(backing);
        } else {
          const part = { at: end, size: content.length };
          const node = newPacked(mode, part);
          node.backing.role = role;
          node.backing.file = viewOf(pack, part);
          this.#place(entry.path, node);
          if (content.length > 0) writeAll(pack, content, end);
          end += content.length;
        }
      }
      this.#packBytes = end;
      this.#durably(() => pack.flush());
      this.#durably(() => this.#journal.rewrite(shrink(this.#root)));
    } catch (error) {
      throw openingError(error, 'the data directory');
    }
  }

  /** Nothing is made new over files that hold something: that is how databases are lost. */
  async #refuseOverData(names: string[], what: string): Promise<void> {
    for (const name of names) {
      const file = await this.#directory.open(name, { create: false });
      const size = file.size();
      file.close();
      if (size > 0) throw new EngineError('store_corrupt', `${what}, but there are data files; nothing was touched.`);
    }
  }

  get counts(): PoolCounts {
    // what came as an archive lies in the pack, at first or for good
    const bytes = { wal: 0, data: this.#packBytes };
    for (const { role, size } of this.#backings.values()) bytes[role === 'wal' ? 'wal' : 'data'] += size;
    return {
      handles: this.#backings.size + JOURNAL_SLOTS.length + (this.#pack ? 1 : 0),
      free: this.#free.length,
      walBytes: bytes.wal,
      dataBytes: bytes.data,
    };
  }

  /** Makes sure that `count` files can be created before the next sync. @throws `store_full` */
  async reserve(count: number): Promise<void> {
    const turn = this.#pooling.then(async () => {
      const room = this.#limit - JOURNAL_SLOTS.length - 1 - this.#backings.size;
      const wanted = Math.min(count - this.#free.length, room);
      const names = Array.from({ length: Math.max(0, wanted) }, () => `f-${(this.#nextName++).toString(36)}`);
      await inBatches(names, async (name) => {
        const file = await this.#directory.open(name, { create: true });
        if (this.#closed) return file.close();
        const backing: Backing = { name, file, size: 0, dirty: false, opens: 0, role: 'data' };
        this.#unnamed.add(backing);
        this.#backings.set(name, backing);
        this.#free.push(backing);
      });
    });
    this.#pooling = turn.catch(() => undefined); // the failure is this caller's; the next one tries again
    try {
      await turn;
    } catch (error) {
      throw openingError(error, 'the pool');
    }
  }

  // What PGlite calls around queries.

  override async syncToFs(): Promise<void> {
    this.#guard('sync', () => {
      this.#refuseFault();
      this.#flushWalAndNames();
      this.#release();
      if (this.#journal.bytes > REWRITE_BYTES) this.#durably(() => this.#journal.rewrite(shrink(this.#root)));
    });
    if (this.#free.length >= this.#spare / 2) return;
    try {
      await this.reserve(this.#spare);
    } catch (error) {
      // What was asked is durable. A pool that stays empty shows as a clean "No space left on device" later.
      if (!(error instanceof EngineError && error.code === 'store_full')) throw error;
    }
  }

  override async closeFs(): Promise<void> {
    await this.#pooling;
    try {
      if (this.#fault === undefined) this.flushAll();
    } finally {
      this.abandon();
      (this.pg?.Module.FS as { quit(): void } | undefined)?.quit();
    }
  }

  /** Makes everything durable, data included: after the first files were written, and at the end. */
  flushAll(): void {
    this.#flushWalAndNames();
    for (const backing of this.#dirtyData) this.#flush(backing);
  }

  /** Lets go of every file without writing anything: for a database that failed to open, or died. */
  abandon(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const backing of this.#backings.values()) backing.file.close();
    this.#pack?.close();
    this.#journal.close();
  }

  // The file operations, all synchronous, in the order of BaseFilesystem.

  chmod(path: string, mode: number): void {
    this.#resolve(path).mode = mode; // durable with the next image; Postgres does not depend on it
  }

  close(descriptor: number): void {
    const node = this.#descriptors.get(descriptor);
    if (!node) throw new FileError('EBADF', `descriptor ${descriptor}`);
    this.#descriptors.delete(descriptor);
    node.backing.opens--;
  }

  fstat(descriptor: number): FsStats {
    return statsOf(this.#nodeOf(descriptor));
  }

  lstat(path: string): FsStats {
    return statsOf(this.#resolve(path));
  }

  mkdir(path: string, options?: { recursive?: boolean; mode?: number }): void {
    const mode = options?.mode ?? DIRECTORY_MODE;
    this.#change(['mkdir', path, mode], () => this.#place(path, newDirectory(mode)));
  }

  open(path: string): number {
    const node = this.#resolve(path);
    if (node.kind !== 'file') throw new FileError('EISDIR', path);
    const descriptor = this.#nextDescriptor++;
    node.backing.opens++;
    this.#descriptors.set(descriptor, node);
    return descriptor;
  }

  readdir(path: string): string[] {
    const node = this.#resolve(path);
    if (node.kind !== 'directory') throw new FileError('ENOTDIR', path);
    return [...node.children.keys()];
  }

  read(descriptor: number, buffer: Uint8Array, offset: number, length: number, position: number): number {
    const { backing } = this.#nodeOf(descriptor);
    return this.#guard('read', () => backing.file.read(buffer.subarray(offset, offset + length), position));
  }

  rename(from: string, to: string): void {
    const { parent, name } = this.#parentOf(from);
    const node = parent.children.get(name);
    if (!node) throw new FileError('ENOENT', from);
    if (from === to) return;
    const target = this.#parentOf(to);
    const replaced = target.parent.children.get(target.name);
    if (replaced?.kind === 'directory') throw new FileError(node.kind === 'file' ? 'EISDIR' : 'EEXIST', to);
    // The new name must never show less than the old one did.
    this.#guard('rename', () => {
      if (node.kind === 'file') this.#flush(node.backing);
    });
    this.#change(['rename', from, to], () => {
      parent.children.delete(name);
      target.parent.children.set(target.name, node);
      if (replaced) this.#leaving.add(replaced.backing);
      this.#eachFile(node, to, (file, path) => {
        file.backing.role = roleOf(path);
      });
    });
  }

  rmdir(path: string): void {
    const { parent, name } = this.#parentOf(path);
    const node = parent.children.get(name);
    if (!node) throw new FileError('ENOENT', path);
    if (node.kind !== 'directory') throw new FileError('ENOTDIR', path);
    if (node.children.size > 0) throw new FileError('ENOTEMPTY', path);
    this.#change(['rmdir', path], () => parent.children.delete(name));
  }

  truncate(path: string, length = 0): void {
    const node = this.#resolve(path);
    if (node.kind !== 'file') throw new FileError('EISDIR', path);
    if (node.backing.size === length) return;
    this.#guard('truncate', () => {
      const backing = this.#own(node);
      if (backing.role !== 'wal') this.#flushWalAndNames(); // the record of it goes first
      backing.file.truncate(length);
      backing.size = length;
      this.#soil(backing);
    });
  }

  unlink(path: string): void {
    const { parent, name } = this.#parentOf(path);
    const node = parent.children.get(name);
    if (!node) throw new FileError('ENOENT', path);
    if (node.kind !== 'file') throw new FileError('EISDIR', path);
    this.#change(['unlink', path], () => {
      parent.children.delete(name);
      this.#leaving.add(node.backing);
    });
  }

  utimes(path: string, _atime: number, mtime: number): void {
    this.#resolve(path).mtime = mtime;
  }

  writeFile(path: string, data: string | Uint8Array, options?: { mode?: number }): void {
    const { parent, name } = this.#parentOf(path);
    let node = parent.children.get(name);
    if (node?.kind === 'directory') throw new FileError('EISDIR', path);
    if (!node) {
      const mode = options?.mode ?? FILE_MODE;
      const backing = this.#take();
      backing.role = roleOf(path);
      const made: FileNode = { kind: 'file', mode, mtime: Date.now(), backing };
      this.#change(['create', path, mode, backing.name], () => parent.children.set(name, made));
      node = made;
    }
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    if (bytes.length > 0) this.#writeTo(node, bytes, 0);
  }

  /** PGlite hands over the memory itself (`buffer.buffer`), so `offset` counts from its start. */
  write(
    descriptor: number,
    buffer: Uint8Array | ArrayBuffer,
    offset: number,
    length: number,
    position: number,
  ): number {
    const memory =
      buffer instanceof Uint8Array ? buffer.subarray(offset, offset + length) : new Uint8Array(buffer, offset, length);
    return this.#writeTo(this.#nodeOf(descriptor), memory, position);
  }

  // How the promises are kept.

  #writeTo(node: FileNode, bytes: Uint8Array, position: number): number {
    return this.#guard('write', () => {
      const backing = this.#own(node);
      if (backing.role === 'control') this.flushAll();
      else if (backing.role === 'data' && this.#dirtyWal.size > 0 && !addsZeros(backing, bytes, position)) {
        this.#flushWalAndNames();
      }
      this.#soil(backing);
      writeAll(backing.file, bytes, position);
      backing.size = Math.max(backing.size, position + bytes.length);
      node.mtime = Date.now();
      // Postgres goes on to remove the WAL that this makes superfluous.
      if (backing.role === 'control') this.#flush(backing);
      return bytes.length;
    });
  }

  /** The file of its own that a file is written to; its part of the pack is copied there first. */
  #own(node: FileNode): Backing {
    const { packed, file, role, opens, size } = node.backing;
    if (!packed) return node.backing;
    const own = this.#take();
    own.size = size;
    try {
      const bytes = new Uint8Array(size);
      file.read(bytes, 0);
      if (size > 0) writeAll(own.file, bytes, 0);
    } catch (error) {
      this.#leaving.add(own); // emptied before it is given away
      throw error;
    }
    own.role = role;
    own.opens = opens;
    this.#soil(own);
    // flushed before the journal is: no durable path may stand for less than was in the pack
    this.#unnamed.add(own);
    const wasUnlinked = this.#leaving.delete(node.backing);
    node.backing = own;
    if (wasUnlinked) this.#leaving.add(own);
    else this.#journal.append(['own', this.#pathOf(node), own.name]);
    return own;
  }

  #pathOf(wanted: FileNode): string {
    let found: string | undefined;
    this.#eachFile(this.#root, '', (node, path) => {
      if (node === wanted) found = path;
    });
    if (found === undefined) throw new FileError('ENOENT', 'a file of the pack that has no name');
    return found;
  }

  #soil(backing: Backing): void {
    backing.dirty = true;
    (backing.role === 'wal' ? this.#dirtyWal : this.#dirtyData).add(backing);
  }

  #flush(backing: Backing): void {
    if (backing.dirty) this.#name(backing);
  }

  #name(backing: Backing): void {
    this.#durably(() => backing.file.flush());
    backing.dirty = false;
    this.#unnamed.delete(backing);
    this.#dirtyWal.delete(backing);
    this.#dirtyData.delete(backing);
  }

  #flushWalAndNames(): void {
    for (const backing of this.#dirtyWal) this.#flush(backing);
    if (!this.#journal.hasWaiting) return;
    for (const backing of this.#unnamed) if (!this.#free.includes(backing)) this.#name(backing);
    this.#durably(() => this.#journal.flush());
  }

  /** A full disk is an answer; any other failed flush leaves the disk unknown, and trying again would not tell. */
  #durably(operation: () => void): void {
    this.#refuseFault();
    try {
      operation();
    } catch (error) {
      if (!isFull(error)) this.#fault ??= error;
      throw error;
    }
  }

  /** Empties what the durable journal no longer knows. Only to be called when the journal has nothing waiting. */
  #release(): void {
    for (const backing of this.#leaving) {
      if (backing.opens > 0) continue;
      this.#leaving.delete(backing);
      if (!backing.packed) this.#empty(backing);
    }
  }

  #empty(backing: Backing): void {
    if (backing.size > 0) {
      backing.file.truncate(0);
      backing.file.flush();
      backing.size = 0;
    }
    backing.dirty = false;
    backing.role = 'data';
    this.#dirtyWal.delete(backing);
    this.#dirtyData.delete(backing);
    this.#free.push(backing);
  }

  #take(): Backing {
    if (this.#free.length === 0 && this.#leaving.size > 0) {
      this.#guard('create', () => {
        this.#flushWalAndNames();
        this.#release();
      });
    }
    const backing = this.#free.pop();
    if (!backing) throw new FileError('ENOSPC', `all ${this.#backings.size} files of the pool are in use`);
    return backing;
  }

  #change(change: Change, apply: () => void): void {
    apply();
    this.#journal.append(change);
  }

  #replay(change: Change): void {
    try {
      switch (change[0]) {
        case 'mkdir':
          return this.#place(change[1], newDirectory(change[2]));
        case 'create':
          return this.#place(change[1], newFile(change[2], change[3]));
        case 'own': {
          const node = this.#resolve(change[1]);
          if (node.kind !== 'file') throw new FileError('EISDIR', change[1]);
          node.backing = { name: change[2] } as Backing;
          return;
        }
        case 'rename': {
          const { parent, name } = this.#parentOf(change[1]);
          const node = parent.children.get(name);
          if (!node) throw new FileError('ENOENT', change[1]);
          parent.children.delete(name);
          const target = this.#parentOf(change[2]);
          target.parent.children.set(target.name, node);
          return;
        }
        case 'unlink':
        case 'rmdir': {
          const { parent, name } = this.#parentOf(change[1]);
          if (!parent.children.delete(name)) throw new FileError('ENOENT', change[1]);
          return;
        }
      }
    } catch (error) {
      throw new EngineError('store_corrupt', `The journal does not fit its image at ${JSON.stringify(change)}.`, {
        cause: error,
      });
    }
  }

  #place(path: string, node: Node): void {
    const { parent, name } = this.#parentOf(path);
    if (parent.children.has(name)) throw new FileError('EEXIST', path);
    parent.children.set(name, node);
  }

  #resolve(path: string): Node {
    let node: Node = this.#root;
    for (const part of partsOf(path)) {
      if (node.kind !== 'directory') throw new FileError('ENOTDIR', path);
      const next = node.children.get(part);
      if (!next) throw new FileError('ENOENT', path);
      node = next;
    }
    return node;
  }

  #parentOf(path: string): { parent: DirectoryNode; name: string } {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) throw new FileError('EEXIST', path);
    const parent = this.#resolve(parts.join('/'));
    if (parent.kind !== 'directory') throw new FileError('ENOTDIR', path);
    return { parent, name };
  }

  #nodeOf(descriptor: number): FileNode {
    const node = this.#descriptors.get(descriptor);
    if (!node) throw new FileError('EBADF', `descriptor ${descriptor}`);
    return node;
  }

  #eachFile(node: Node, path: string, visit: (file: FileNode, path: string) => void): void {
    if (node.kind === 'file') visit(node, path);
    else for (const [name, child] of node.children) this.#eachFile(child, `${path}/${name}`, visit);
  }

  /** Every error that reaches Emscripten must carry an error number, or the query hangs instead of failing. */
  #guard<Result>(what: string, operation: () => Result): Result {
    try {
      return operation();
    } catch (error) {
      throw ioError(error, what);
    }
  }

  #refuseFault(): void {
    if (this.#fault !== undefined) throw new FileError('EIO', 'an earlier write did not reach the disk', this.#fault);
  }
}

function ioError(error: unknown, what: string): FileError {
  if (error instanceof FileError) return error;
  if (isFull(error)) return new FileError('ENOSPC', what, error);
  return new FileError('EIO', what, error);
}

function openingError(error: unknown, what: string): EngineError {
  if (error instanceof EngineError) return error;
  if (isNamed(error, 'NoModificationAllowedError')) {
    return new EngineError('store_locked', 'Another engine holds the database files.', { cause: error });
  }
  if (isFull(error)) {
    return new EngineError('store_full', `There is no room to open ${what}.`, {
      cause: error,
      remedy: 'Free some disk space.',
    });
  }
  if (isNamed(error, 'NotFoundError')) {
    return new EngineError('store_corrupt', `A file of ${what} is missing.`, { cause: error });
  }
  return EngineError.from(error, 'store_unavailable');
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function roleOf(path: string): Role {
  const parts = partsOf(path);
  if (parts[0] === 'pg_wal') return 'wal';
  return parts.length === 2 && parts[0] === 'global' && parts[1] === 'pg_control' ? 'control' : 'data';
}

/** Growing a file by zeros needs no WAL first: recovery takes zero pages for what they are. */
function addsZeros(backing: Backing, bytes: Uint8Array, position: number): boolean {
  return position >= backing.size && bytes.every((byte) => byte === 0);
}

function counterOf(name: string): number {
  const counter = /^f-([0-9a-z]+)$/.exec(name)?.[1];
  return counter === undefined ? 0 : Number.parseInt(counter, 36);
}

function statsOf(node: Node): FsStats {
  const size = node.kind === 'file' ? node.backing.size : 0;
  const { mode, mtime } = node;
  const blksize = 4096;
  return {
    ...{ dev: 0, ino: 0, mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size, blksize },
    ...{ blocks: Math.ceil(size / blksize), atime: mtime, mtime, ctime: mtime },
  };
}

function newDirectory(mode: number): DirectoryNode {
  return { kind: 'directory', mode, mtime: Date.now(), children: new Map() };
}

/** A node whose backing is known by name only, until the files are opened. */
function newFile(mode: number, backing: string): FileNode {
  return { kind: 'file', mode, mtime: Date.now(), backing: { name: backing } as Backing };
}

/** Without its `file`, until the pack is open. */
function newPacked(mode: number, packed: Part): FileNode {
  const backing = { name: PACK, size: packed.size, dirty: false, opens: 0, role: 'data', packed };
  return { kind: 'file', mode, mtime: Date.now(), backing: backing as unknown as Backing };
}

/** A part of the pack as a file; the pool never writes to one, see `#own`. */
function viewOf(pack: SyncFile, { at, size }: Part): SyncFile {
  const refuse = (): never => {
    throw new FileError('EIO', 'the pack is only read');
  };
  return {
    read: (into, from) => (from >= size ? 0 : pack.read(into.subarray(0, size - from), at + from)),
    size: () => size,
    write: refuse,
    truncate: refuse,
    flush: refuse,
    close: () => undefined,
  };
}

function grow(image: Image): Node {
  if (image.kind === 'file')
    return 'packed' in image ? newPacked(image.mode, image.packed) : newFile(image.mode, image.backing);
  const node = newDirectory(image.mode);
  for (const [name, child] of Object.entries(image.children)) node.children.set(name, grow(child));
  return node;
}

function shrink(node: Node): Image {
  if (node.kind === 'file') {
    const { mode, backing } = node;
    return backing.packed
      ? { kind: 'file', mode, packed: backing.packed }
      : { kind: 'file', mode, backing: backing.name };
  }
  const children: Record<string, Image> = {};
  for (const [name, child] of node.children) children[name] = shrink(child);
  return { kind: 'directory', mode: node.mode, children };
}

async function inBatches<Item>(items: Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += OPEN_AT_ONCE) {
    await Promise.all(items.slice(start, start + OPEN_AT_ONCE).map(work));
  }
}
