import { EngineError } from '../errors';
import { isNamed, openSyncFile, type SyncFile } from '../sync-file';
import type { ModelStorage } from './port';

/** How often, and how many milliseconds apart, a file that another worker holds is tried. */
const HELD_ATTEMPTS = 20;
const HELD_MS = 250;
/** Beside the files that people add themselves. */
const ROOT = 'commonplace-downloads';

/**
 * In the origin private file system; only in a worker. Files are written in place: what a stream wrote would be gone with
 * the browser, because it is put there when the stream is closed.
 */
export function opfsModelStorage(storage: StorageManager): ModelStorage {
  const root = async () => (await storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
  async function find(folder: string, path: string, create: boolean): Promise<FileSystemFileHandle> {
    const steps = [folder, ...path.split('/')];
    const name = steps.pop() ?? '';
    let directory = await root();
    for (const step of steps) directory = await directory.getDirectoryHandle(step, { create });
    return directory.getFileHandle(name, { create });
  }

  return {
    async open(folder, path) {
      const file = await openAlone(await find(folder, path, true));
      return {
        ...file,
        read(at, length) {
          const into = new Uint8Array(length);
          return into.subarray(0, file.read(into, at));
        },
        write(at, bytes) {
          let written: number;
          try {
            written = file.write(bytes, at);
          } catch (cause) {
            if (isNamed(cause, 'QuotaExceededError')) throw full(cause);
            throw cause;
          }
          if (written < bytes.length) throw full(null);
        },
      };
    },
    async size(folder, path) {
      try {
        return (await (await find(folder, path, false)).getFile()).size;
      } catch (error) {
        if (isNamed(error, 'NotFoundError')) return null;
        throw error;
      }
    },
    blob: async (folder, path) => (await find(folder, path, false)).getFile(),
    async remove(folder) {
      try {
        await (await root()).removeEntry(folder, { recursive: true });
      } catch (error) {
        if (!isNamed(error, 'NotFoundError')) throw error;
      }
    },
    async free() {
      const { quota, usage } = await storage.estimate();
      return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
    },
  };
}

/** A worker that was just ended may hold it for a moment. */
async function openAlone(handle: FileSystemFileHandle): Promise<SyncFile> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openSyncFile(handle);
    } catch (error) {
      const held = isNamed(error, 'NoModificationAllowedError');
      if (!held || attempt === HELD_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, HELD_MS));
    }
  }
}

function full(cause: unknown): EngineError {
  return new EngineError('store_full', 'The disk is full.', { cause });
}
