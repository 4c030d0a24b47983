/** Files that the user keeps, and when there was last one. */
import type { FileSaver, FilesShell } from '../../components/shell';
import { neverEntry, PAGES_OFF, type PagesSetting, siteName } from '../../engine/capture/pages';
import { lastBackup } from './backup-plan';
import { backupsShell } from './backups-shell';
import { excludeHost, readConsent } from './consent';
import { changePagesSetting, readPagesSetting } from './pages-setting';

export const filesShell: FilesShell = {
  async save(name) {
    if ('showSaveFilePicker' in window) {
      try {
        return await pickedFile(name);
      } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError') return null;
        console.warn('commonplace: the browser does not let a place be picked here', error);
      }
    }
    return downloadedFile(name);
  },
  watchLast(listener) {
    void lastBackup.getValue().then(listener);
    return lastBackup.watch(listener);
  },
  noteBackup: (note) => lastBackup.setValue(note),
  backups: backupsShell,
  async settings() {
    const [{ excludedHosts }, pages] = await Promise.all([readConsent(), readPagesSetting()]);
    return { excluded_hosts: excludedHosts.toSorted(), pages: { ...pages } };
  },
  async applySettings({ excluded_hosts, pages }) {
    for (const host of strings(excluded_hosts)) await excludeHost(host);
    const wanted = pagesSettingOf(pages);
    if (wanted !== null) await changePagesSetting(() => wanted);
  },
};

type PickFile = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;

async function pickedFile(name: string): Promise<FileSaver> {
  const { showSaveFilePicker } = window as unknown as { showSaveFilePicker: PickFile };
  const handle = await showSaveFilePicker({ suggestedName: name });
  const stream = await handle.createWritable();
  return {
    write: (bytes) => stream.write(bytes as Uint8Array<ArrayBuffer>),
    async finish() {
      await stream.close();
      return handle.getFile();
    },
    // what was written so far is in no file: the browser keeps it aside until it is closed
    abandon: () => stream.abort(),
  };
}

const FOLDER = 'exports';

/** Written beside the database first, so that it lies on the disk and not in memory, and then downloaded. */
async function downloadedFile(name: string): Promise<FileSaver> {
  const root = await navigator.storage.getDirectory();
  // the one before: its download is over, or was given up
  await root.removeEntry(FOLDER, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
  });
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  const handle = await folder.getFileHandle(name, { create: true });
  const stream = await handle.createWritable();
  return {
    write: (bytes) => stream.write(bytes as Uint8Array<ArrayBuffer>),
    async finish() {
      await stream.close();
      const file = await handle.getFile();
      const link = document.createElement('a');
      link.href = URL.createObjectURL(file);
      link.download = name;
      link.click();
      return file;
    },
    async abandon() {
      await stream.abort();
      await folder.removeEntry(name);
    },
  };
}

const strings = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.filter((one): one is string => typeof one === 'string' && /^[a-z0-9.-]+$/u.test(one))
    : [];

/** A setting as it may stand in a file that anybody wrote; null for what is none. */
function pagesSettingOf(value: unknown): PagesSetting | null {
  if (typeof value !== 'object' || value === null) return null;
  const { everywhere, sites, never } = value as Record<string, unknown>;
  const level = (one: unknown) => one === 'text' || one === 'address';
  const entries = (list: unknown) =>
    (Array.isArray(list) ? list : []).flatMap((one) => (typeof one === 'string' ? (neverEntry(one) ?? []) : []));
  const { added, removed } = (never ?? PAGES_OFF.never) as Record<string, unknown>;
  return {
    everywhere: level(everywhere) ? everywhere : null,
    sites: Object.fromEntries(
      Object.entries((sites ?? {}) as Record<string, unknown>).flatMap(([host, said]) =>
        level(said) || said === 'off' ? [[siteName(host), said as 'off']] : [],
      ),
    ),
    never: { added: entries(added), removed: entries(removed) },
  };
}
