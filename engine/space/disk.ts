/** What the browser says of its disk, and the folders beside the database. */
export interface Disk {
  /** Bytes that may still be written, and those that are; null where it is not told. */
  estimate(): Promise<{ free: number | null; used: number | null }>;
  /** Bytes of all files in a folder of the extension's file system; 0 where there is none. */
  folder(name: string): Promise<number>;
  /** Deletes what lies in a folder and was last written before then. */
  sweep(name: string, before: Date): Promise<void>;
}

export function browserDisk(storage: StorageManager): Disk {
  async function folder(name: string): Promise<FileSystemDirectoryHandle | null> {
    try {
      return await (await storage.getDirectory()).getDirectoryHandle(name);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return null;
      throw error;
    }
  }

  return {
    async estimate() {
      const { quota, usage } = await storage.estimate();
      if (quota === undefined || usage === undefined) return { free: null, used: null };
      return { free: Math.max(0, quota - usage), used: usage };
    },
    async folder(name) {
      const directory = await folder(name);
      return directory === null ? 0 : bytesOf(directory);
    },
    async sweep(name, before) {
      const directory = await folder(name);
      if (directory === null) return;
      for await (const entry of directory.values()) {
        if (entry.kind !== 'file') continue;
        const { lastModified } = await entry.getFile();
        if (lastModified < before.getTime()) await directory.removeEntry(entry.name);
      }
    },
  };
}

async function bytesOf(directory: FileSystemDirectoryHandle): Promise<number> {
  let sum = 0;
  for await (const entry of directory.values())
    sum += entry.kind === 'directory' ? await bytesOf(entry) : (await entry.getFile()).size;
  return sum;
}
