/** The folder that the user picked for backups: its handle outlives the browser, the permission may not. */
import { openDB } from 'idb';

/** What TypeScript's DOM library does not have of it. */
export interface PickedFolder extends FileSystemDirectoryHandle {
  queryPermission(options: { mode: 'readwrite' }): Promise<PermissionState>;
  requestPermission(options: { mode: 'readwrite' }): Promise<PermissionState>;
}

const open = () =>
  openDB('commonplace-backups', 1, {
    upgrade(db) {
      db.createObjectStore('folder');
    },
  });

export async function keepFolder(folder: FileSystemDirectoryHandle): Promise<void> {
  const db = await open();
  await db.put('folder', folder, 'picked');
  db.close();
}

export async function keptFolder(): Promise<PickedFolder | null> {
  const db = await open();
  const folder = (await db.get('folder', 'picked')) as PickedFolder | undefined;
  db.close();
  return folder ?? null;
}
