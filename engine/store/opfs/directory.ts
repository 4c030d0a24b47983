/**
 * The small port under the pool file system: a flat directory of files that are read and written synchronously.
 *
 * In a browser it is an OPFS directory with sync access handles; tests put an in-memory one here that can lose
 * unflushed writes. What the file system above relies on, and nothing more:
 * - `write` may be undone by a power loss until `flush` returns, in any part and order;
 * - what `flush` covered stays;
 * - two holders of one name are refused.
 */
export interface SyncFile {
  /** Bytes read, fewer at the end of the file. */
  read(into: Uint8Array, at: number): number;
  /** Bytes written. @throws the platform's own error, e.g. `QuotaExceededError`. */
  write(bytes: Uint8Array, at: number): number;
  truncate(size: number): void;
  size(): number;
  flush(): void;
  close(): void;
}

export interface FileDirectory {
  names(): Promise<string[]>;
  /**
   * Opens a file for this holder alone.
   * @throws `NotFoundError` when it is not there and `create` is false; `NoModificationAllowedError` when it is held.
   */
  open(name: string, options: { create: boolean }): Promise<SyncFile>;
  /** Removes a file that nobody holds open; one that is not there is no error. */
  remove(name: string): Promise<void>;
}

/** TypeScript's DOM library leaves sync access handles to the worker library, which we do not load beside DOM. */
interface AccessHandle {
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

type AccessibleFile = FileSystemFileHandle & { createSyncAccessHandle?: () => Promise<AccessHandle> };

/** True where this context can hold OPFS files open synchronously: dedicated workers of all current browsers. */
export function hasSyncAccess(): boolean {
  return typeof FileSystemFileHandle !== 'undefined' && 'createSyncAccessHandle' in FileSystemFileHandle.prototype;
}

/** A directory of the origin private file system. */
export function opfsDirectory(handle: FileSystemDirectoryHandle): FileDirectory {
  return {
    async names() {
      const names: string[] = [];
      for await (const [name, entry] of handle.entries()) if (entry.kind === 'file') names.push(name);
      return names;
    },
    async open(name, { create }) {
      const file = (await handle.getFileHandle(name, { create })) as AccessibleFile;
      if (!file.createSyncAccessHandle) throw new DOMException('no sync access in this context', 'NotSupportedError');
      const access = await file.createSyncAccessHandle();
      return {
        read: (into, at) => access.read(into, { at }),
        write: (bytes, at) => access.write(bytes, { at }),
        truncate: (size) => access.truncate(size),
        size: () => access.getSize(),
        flush: () => access.flush(),
        close: () => access.close(),
      };
    },
    async remove(name) {
      try {
        await handle.removeEntry(name);
      } catch (error) {
        if (!isNamed(error, 'NotFoundError')) throw error;
      }
    },
  };
}

/** True when `error` is a DOMException, or stands for one, of that name. */
export function isNamed(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === name;
}
