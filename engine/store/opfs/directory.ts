/**
 * The small port under the pool file system: a flat directory of files that are read and written synchronously.
 *
 * In a browser it is an OPFS directory with sync access handles; tests put an in-memory one here that can lose
 * unflushed writes. What the file system above relies on, and nothing more:
 * - `write` may be undone by a power loss until `flush` returns, in any part and order;
 * - what `flush` covered stays;
 * - two holders of one name are refused.
 */
import { isNamed, openSyncFile, type SyncFile } from '../../sync-file';

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

/** A directory of the origin private file system. */
export function opfsDirectory(handle: FileSystemDirectoryHandle): FileDirectory {
  return {
    async names() {
      const names: string[] = [];
      for await (const [name, entry] of handle.entries()) if (entry.kind === 'file') names.push(name);
      return names;
    },
    open: async (name, { create }) => openSyncFile(await handle.getFileHandle(name, { create })),
    async remove(name) {
      try {
        await handle.removeEntry(name);
      } catch (error) {
        if (!isNamed(error, 'NotFoundError')) throw error;
      }
    },
  };
}
