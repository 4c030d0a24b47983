/** Files of the origin private file system, read and written in place. */

/** A file that is held alone and read and written synchronously. */
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

/** @throws `NoModificationAllowedError` when another holds it; `NotSupportedError` where there is no sync access. */
export async function openSyncFile(handle: FileSystemFileHandle): Promise<SyncFile> {
  const file = handle as AccessibleFile;
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
}

/** True when `error` is a DOMException, or stands for one, of that name. */
export function isNamed(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === name;
}
