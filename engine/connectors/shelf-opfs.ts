/** The shelf of an import's files in the extension's own file system. */
import type { GivenFile } from './files';
import type { ImportShelf } from './importer';

const FOLDER = 'imports';
/** Kept at most: a copy takes time and room, and picking the files again is little work. */
const MOST_BYTES = 2_500_000_000;
/** Of what the browser grants, this much stays free. */
const LEAST_FREE = 1_000_000_000;

interface Index {
  files: Array<{ path: string; modified: string | null; stored: string }>;
}

export function opfsShelf(storage: StorageManager): ImportShelf {
  const folder = async (create: boolean) => (await storage.getDirectory()).getDirectoryHandle(FOLDER, { create });
  const write = async (directory: FileSystemDirectoryHandle, name: string, data: Blob | string) => {
    const file = await (await directory.getFileHandle(name, { create: true })).createWritable();
    if (typeof data === 'string') {
      await file.write(data);
      await file.close();
    } else await data.stream().pipeTo(file);
  };
  return {
    async keep(id, files) {
      const size = files.reduce((sum, { blob }) => sum + blob.size, 0);
      const { quota = 0, usage = 0 } = await storage.estimate();
      if (size > MOST_BYTES || quota - usage < size + LEAST_FREE) return false;
      try {
        const directory = await (await folder(true)).getDirectoryHandle(id, { create: true });
        const index: Index = { files: [] };
        for (const [number, { path, blob, modified }] of files.entries()) {
          const stored = `file-${number}`;
          await write(directory, stored, blob);
          const stamp = blob instanceof File ? new Date(blob.lastModified).toISOString() : null;
          index.files.push({ path, modified: modified ?? stamp, stored });
        }
        // Last: without it the copy is not whole.
        await write(directory, 'index.json', JSON.stringify(index));
        return true;
      } catch (error) {
        console.warn('commonplace: the files of an import could not be kept', error);
        await this.drop(id);
        return false;
      }
    },

    async open(id) {
      try {
        const directory = await (await folder(false)).getDirectoryHandle(id);
        const index = JSON.parse(await (await (await directory.getFileHandle('index.json')).getFile()).text()) as Index;
        const files: GivenFile[] = [];
        for (const { path, modified, stored } of index.files)
          files.push({ path, modified, blob: await (await directory.getFileHandle(stored)).getFile() });
        return files;
      } catch (error) {
        if (error instanceof DOMException || error instanceof SyntaxError) return null; // not kept, or not whole
        throw error;
      }
    },

    async ids() {
      try {
        const all: string[] = [];
        for await (const name of (await folder(false)).keys()) all.push(name);
        return all;
      } catch (error) {
        if (error instanceof DOMException) return []; // nothing was ever kept
        throw error;
      }
    },

    async drop(id) {
      try {
        await (await folder(false)).removeEntry(id, { recursive: true });
      } catch (error) {
        if (!(error instanceof DOMException)) throw error; // it is not there
      }
    },
  };
}
