import { plainDrive, type Shelf } from './shelf';

/**
 * A directory of a Node process: for tests, scripts and the terminal. Survives a kill; PGlite's own file system for
 * Node does not sync, so a power loss can cost the last commits.
 */
export async function nodeShelf(root: string): Promise<Shelf> {
  const fs = await import('node:fs/promises');
  const path = await import('node:path');
  const files = path.join(root, 'files');
  await fs.mkdir(files, { recursive: true });

  return {
    storage: 'node',
    lock: () => Promise.resolve(() => undefined),
    async read(name) {
      return (await exists(name, '.small'))
        ? new Uint8Array(await fs.readFile(path.join(files, `${name}.small`)))
        : undefined;
    },
    async write(name, bytes) {
      const temporary = path.join(files, `${name}.writing`);
      const file = await fs.open(temporary, 'w');
      await file.writeFile(bytes);
      await file.sync();
      await file.close();
      await fs.rename(temporary, path.join(files, `${name}.small`));
    },
    async names() {
      return (await fs.readdir(files)).filter((name) => !/\.(small|writing)$/.test(name));
    },
    async writer(name) {
      const file = await fs.open(path.join(files, name), 'w');
      return {
        append: async (bytes) => void (await file.write(bytes)),
        async finish() {
          await file.sync();
          await file.close();
        },
        async discard() {
          await file.close();
          await fs.rm(path.join(files, name), { force: true });
        },
      };
    },
    async *reader(name) {
      const file = await fs.open(path.join(files, name), 'r');
      for await (const piece of file.createReadStream()) yield piece as Uint8Array;
    },
    remove: (name) => fs.rm(path.join(files, name), { force: true }),
    async databases() {
      const entries = await fs.readdir(root, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory() && entry.name !== 'files').map((entry) => entry.name);
    },
    async databaseBytes(directory) {
      const below = await fs.readdir(path.join(root, directory), { recursive: true, withFileTypes: true });
      const sizes = below
        .filter((entry) => entry.isFile())
        .map(async (entry) => (await fs.stat(path.join(entry.parentPath, entry.name))).size);
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    },
    drive(directory) {
      const dataDir = path.join(root, directory);
      const holdsDatabase = async () => (await namesIn(dataDir)).includes('PG_VERSION');
      return Promise.resolve(plainDrive({ dataDir: `file://${dataDir}` }, holdsDatabase));
    },
    removeDatabase: (directory) => fs.rm(path.join(root, directory), { recursive: true, force: true }),
  };

  async function namesIn(directory: string): Promise<string[]> {
    return (await fs.readdir(root)).includes(path.basename(directory)) ? fs.readdir(directory) : [];
  }

  async function exists(name: string, ending: string): Promise<boolean> {
    return (await fs.readdir(files)).includes(`${name}${ending}`);
  }
}

let builtDirectory: Blob | undefined;

/**
 * The prebuilt data directory where `scripts/build-data-dir.ts` left it, or undefined outside Node or before it ran.
 * It only saves the second or two that initdb takes. Unpacked here, once: PGlite's own unpacking takes half of an opening.
 */
export async function builtDataDirectory(): Promise<Blob | undefined> {
  if (builtDirectory) return builtDirectory;
  const [fs, { gunzipSync }] = await Promise.all([import('node:fs/promises'), import('node:zlib')]);
  try {
    const packed = await fs.readFile(`${process.cwd()}/.cache/data-dir.tar.gz`);
    builtDirectory = new Blob([gunzipSync(packed)], { type: 'application/x-tar' });
    return builtDirectory;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}
