import { EngineError } from '../errors';
import { createLane } from '../lane';
import { crc32Hex } from './crc32';
import { isNamed } from '../sync-file';
import { opfsDirectory, type FileDirectory } from './opfs/directory';
import { writeAll } from './opfs/journal';
import { PoolFilesystem, type PoolOptions } from './opfs/pool';
import type { Drive, Shelf } from './shelf';

/** A directory of directories: OPFS in a browser, memory in tests. */
export interface Cabinet {
  /** Makes it when it is not there. */
  directory(name: string): Promise<FileDirectory>;
  directories(): Promise<string[]>;
  removeDirectory(name: string): Promise<void>;
  /** What the files in it take; nobody holds them open. */
  bytes(name: string): Promise<number>;
}

const FILES = 'files';
const PIECE = 256 * 1024;

/** Databases on the pool file system, and beside them small files in two slots. */
export function poolShelf(cabinet: Cabinet, lock: Shelf['lock'], options: PoolOptions = {}): Shelf {
  const files = () => cabinet.directory(FILES);

  /** A file has one holder at a time: two who read the same small one at once would refuse each other. */
  const inTurn = createLane();

  /** Both slots, newest first. */
  async function slots(
    name: string,
  ): Promise<Array<{ slot: string; generation: number; bytes: Uint8Array | undefined }>> {
    const found = [];
    for (const slot of [`${name}.0`, `${name}.1`]) {
      const { generation, bytes } = unseal(await readWhole(await files(), slot));
      found.push({ slot, generation, bytes });
    }
    return found.sort((a, b) => b.generation - a.generation);
  }

  return {
    storage: 'opfs',
    lock,
    read: (name) => inTurn(async () => (await slots(name))[0]?.bytes),
    write: (name, bytes) =>
      inTurn(async () => {
        const [newest, oldest] = await slots(name);
        if (!newest || !oldest) throw new EngineError('internal', 'a small file has two slots');
        const file = await (await files()).open(oldest.slot, { create: true });
        try {
          file.truncate(0);
          writeAll(file, seal(newest.generation + 1, bytes), 0);
          file.flush();
        } finally {
          file.close();
        }
      }),
    async names() {
      return (await (await files()).names()).filter((name) => !/\.[01]$/.test(name));
    },
    async writer(name) {
      const directory = await files();
      const file = await directory.open(name, { create: true });
      file.truncate(0);
      let end = 0;
      return {
        append(bytes) {
          writeAll(file, bytes, end);
          end += bytes.length;
          return Promise.resolve();
        },
        finish() {
          file.flush();
          file.close();
          return Promise.resolve();
        },
        async discard() {
          file.close();
          await directory.remove(name);
        },
      };
    },
    async *reader(name) {
      const file = await (await files()).open(name, { create: false });
      try {
        const size = file.size();
        for (let at = 0; at < size; at += PIECE) {
          const bytes = new Uint8Array(Math.min(PIECE, size - at));
          file.read(bytes, at);
          yield bytes;
        }
      } finally {
        file.close();
      }
    },
    async remove(name) {
      await (await files()).remove(name);
    },
    async databases() {
      return (await cabinet.directories()).filter((name) => name !== FILES);
    },
    databaseBytes: (directory) => cabinet.bytes(directory),
    async drive(directory): Promise<Drive> {
      const fs = await PoolFilesystem.open(await cabinet.directory(directory), options);
      return {
        options: { fs },
        holdsDatabase: () => Promise.resolve(fs.readdir('/').includes('PG_VERSION')),
        seed: async (archive) => fs.seed(await unpacked(archive)),
        settle: async () => {
          fs.flushAll();
          await fs.syncToFs();
        },
        reserve: (count) => fs.reserve(count),
        walBytes: () => fs.counts.walBytes,
        dataBytes: () => fs.counts.dataBytes,
        removeFiles(path, gone) {
          for (const name of fs.readdir(path)) if (gone(name)) fs.unlink(`${path}/${name}`);
        },
        abandon: () => fs.abandon(),
      };
    },
    removeDatabase: (directory) => cabinet.removeDirectory(directory),
  };
}

/** A cabinet in the origin private file system, under `directory` of its root. */
export async function opfsCabinet(directory: string): Promise<Cabinet> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(directory, { create: true });
  return {
    directory: async (name) => opfsDirectory(await root.getDirectoryHandle(name, { create: true })),
    async directories() {
      const names: string[] = [];
      for await (const [name, entry] of root.entries()) if (entry.kind === 'directory') names.push(name);
      return names;
    },
    async bytes(name) {
      let sum = 0;
      for await (const entry of (await root.getDirectoryHandle(name)).values())
        if (entry.kind === 'file') sum += (await entry.getFile()).size;
      return sum;
    },
    async removeDirectory(name) {
      try {
        await root.removeEntry(name, { recursive: true });
      } catch (error) {
        if (!isNamed(error, 'NotFoundError')) throw error;
      }
    },
  };
}

/** Some servers unpack a .gz on the way, so its first bytes say what it is. */
async function unpacked(archive: Blob): Promise<Uint8Array> {
  const isZipped = new Uint8Array(await archive.slice(0, 2).arrayBuffer())[0] === 0x1f;
  const tar = isZipped ? new Response(archive.stream().pipeThrough(new DecompressionStream('gzip'))) : archive;
  return new Uint8Array(await tar.arrayBuffer());
}

async function readWhole(directory: FileDirectory, name: string): Promise<Uint8Array> {
  const file = await directory.open(name, { create: true });
  try {
    const bytes = new Uint8Array(file.size());
    file.read(bytes, 0);
    return bytes;
  } finally {
    file.close();
  }
}

function seal(generation: number, bytes: Uint8Array): Uint8Array {
  const body = joined(new TextEncoder().encode(`${generation}\n`), bytes);
  return joined(new TextEncoder().encode(`${crc32Hex(body)} `), body);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function unseal(sealed: Uint8Array): { generation: number; bytes: Uint8Array | undefined } {
  const body = sealed.subarray(9);
  const isWhole = new TextDecoder().decode(sealed.subarray(0, 9)) === `${crc32Hex(body)} `;
  const stop = body.indexOf(10);
  if (!isWhole || stop < 0) return { generation: 0, bytes: undefined };
  return { generation: Number(new TextDecoder().decode(body.subarray(0, stop))), bytes: body.slice(stop + 1) };
}
