/**
 * Makes one backup: written beside the database, read back, put where the user wants it, and checked there. Runs where a page's
 * interfaces are: Chrome's offscreen document, Firefox's event page.
 */
import type { Engine } from '../../engine/api';
import { EngineError } from '../../engine/errors';
import { readBack, takeExport } from '../../engine/exporting';
import { keptFolder, type PickedFolder } from './backup-folder';
import { isBackup, outdated } from './backup-names';

export interface BackupOrder {
  name: string;
  to: 'downloads' | 'folder';
  password: string | null;
  /** What goes along with it. */
  settings: Record<string, unknown>;
}

export type BackupOutcome = { documents: number; bytes: number } | { code: string };

/** A message to the offscreen document. */
export interface BackupMessage {
  type: 'commonplace:backup';
  order: BackupOrder;
}

const FOLDER = 'backups';
const LOCK = 'commonplace:backup';

/** One at a time. @param download puts what an address holds into the downloads, and resolves when it is there */
export async function runBackup(
  engine: Engine,
  order: BackupOrder,
  download: (what: { url: string; name: string; bytes: number }) => Promise<unknown>,
): Promise<BackupOutcome> {
  return navigator.locks.request(LOCK, async () => {
    const root = await navigator.storage.getDirectory();
    await emptied(root); // of one that a kill cut off
    try {
      if (order.to === 'folder') await permittedFolder(); // before the work of making one
      const folder = await root.getDirectoryHandle(FOLDER, { create: true });
      const { file, documents } = await written(engine, order, folder);
      if (order.to === 'folder') await intoFolder(engine, file, order);
      else {
        const url = URL.createObjectURL(file);
        try {
          await download({ url, name: order.name, bytes: file.size });
        } finally {
          URL.revokeObjectURL(url);
        }
      }
      return { documents, bytes: file.size };
    } catch (error) {
      console.error('commonplace: a backup failed', error);
      return { code: codeOf(error) };
    } finally {
      await emptied(root);
    }
  });
}

async function emptied(root: FileSystemDirectoryHandle): Promise<void> {
  try {
    await root.removeEntry(FOLDER, { recursive: true });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'NotFoundError'))
      console.debug('commonplace: what a backup left could not be removed', error);
  }
}

async function written(
  engine: Engine,
  { name, password, settings }: BackupOrder,
  folder: FileSystemDirectoryHandle,
): Promise<{ file: File; documents: number }> {
  const handle = await folder.getFileHandle(name, { create: true });
  const stream = await handle.createWritable();
  try {
    const taken = await takeExport(engine, { what: { everything: true }, password, settings }, (bytes) =>
      stream.write(bytes),
    );
    await stream.close();
    const file = await handle.getFile();
    await check(engine, file, taken.bytes, password);
    return { file, documents: taken.documents };
  } catch (error) {
    await Promise.allSettled([stream.abort()]);
    throw error;
  }
}

async function check(engine: Engine, file: Blob, bytes: number, password: string | null): Promise<void> {
  const wrong = await readBack(engine, file, { bytes, password });
  if (wrong !== null) throw new EngineError('internal', `The backup cannot be read back: ${wrong}`);
}

async function permittedFolder(): Promise<PickedFolder> {
  const folder = await keptFolder();
  if (folder === null) throw new DOMException('No folder is known.', 'NotFoundError');
  if ((await folder.queryPermission({ mode: 'readwrite' })) !== 'granted')
    throw new DOMException('The folder is not permitted any more.', 'NotAllowedError');
  return folder;
}

async function intoFolder(engine: Engine, file: File, { name, password }: BackupOrder): Promise<void> {
  const folder = await permittedFolder();
  await removeCutOff(folder);
  const handle = await folder.getFileHandle(name, { create: true });
  try {
    await file.stream().pipeTo(await handle.createWritable());
    await check(engine, await handle.getFile(), file.size, password);
  } catch (error) {
    await folder.removeEntry(name); // half a backup is none
    throw error;
  }
  const names: string[] = [];
  for await (const one of folder.keys()) names.push(one);
  for (const old of outdated(names)) await folder.removeEntry(old);
}

/** A file is empty until all of it is written: one that is, was cut off by a kill, and would count as one of those that stay. */
async function removeCutOff(folder: FileSystemDirectoryHandle): Promise<void> {
  for await (const entry of folder.values())
    if (entry.kind === 'file' && isBackup(entry.name) && (await entry.getFile()).size === 0)
      await folder.removeEntry(entry.name);
}

function codeOf(error: unknown): string {
  if (error instanceof DOMException) {
    if (error.name === 'NotAllowedError') return 'not_permitted';
    if (error.name === 'NotFoundError') return 'folder_gone';
    if (error.name === 'QuotaExceededError') return 'store_full';
  }
  return EngineError.from(error).code;
}
