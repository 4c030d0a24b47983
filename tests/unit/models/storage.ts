/** The storage of models in memory: with a disk that can be full, and a state that can be taken along over a kill. */
import { EngineError } from '../../../engine/errors';
import type { ModelStorage } from '../../../engine/models';

export interface MemoryStorage extends ModelStorage {
  files: Map<string, Uint8Array>;
  /** Bytes that fit; what is written beyond it fails. */
  capacity: number;
  /** What `free` says in place of what is so; a browser's number lags behind. */
  said: number | null;
  /** As it lies on the disk now. */
  copy(): MemoryStorage;
}

export function memoryStorage(files = new Map<string, Uint8Array>()): MemoryStorage {
  const used = () => [...files.values()].reduce((sum, { length }) => sum + length, 0);
  const open = new Set<string>();
  const storage: MemoryStorage = {
    files,
    capacity: 10e9,
    said: null,
    copy: () => memoryStorage(new Map([...files].map(([path, bytes]) => [path, bytes.slice()]))),
    async open(folder, path) {
      const key = `${folder}/${path}`;
      if (open.has(key)) throw new Error(`${key} is open already`);
      open.add(key);
      const now = () => files.get(key) ?? new Uint8Array();
      if (!files.has(key)) files.set(key, new Uint8Array());
      return {
        size: () => now().length,
        read: (at, length) => now().slice(at, at + length),
        write(at, bytes) {
          const grown = Math.max(now().length, at + bytes.length) - now().length;
          if (used() + grown > storage.capacity) throw new EngineError('store_full', 'The disk is full.');
          const next = new Uint8Array(now().length + grown);
          next.set(now());
          next.set(bytes, at);
          files.set(key, next);
        },
        truncate(bytes) {
          files.set(key, now().slice(0, bytes));
        },
        flush: () => {},
        close: () => {
          open.delete(key);
        },
      };
    },
    size: async (folder, path) => files.get(`${folder}/${path}`)?.length ?? null,
    async blob(folder, path) {
      const bytes = files.get(`${folder}/${path}`);
      if (!bytes) throw new Error(`there is no ${folder}/${path}`);
      return new Blob([bytes as Uint8Array<ArrayBuffer>]);
    },
    async remove(folder) {
      for (const key of files.keys()) if (key.startsWith(`${folder}/`)) files.delete(key);
    },
    free: async () => storage.said ?? storage.capacity - used(),
  };
  return storage;
}
