/** The panel's part of backups: asking for them, and for what they need, in the click. */
import { browser } from 'wxt/browser';
import type { BackupsShell, BackupsView } from '../../components/shell';
import { keepFolder, keptFolder } from './backup-folder';
import { backupPlan, backupRunning, backupTrouble, isRunning, readBackupFacts } from './backup-plan';
import { ask } from './messages';

type PickFolder = (options: { id: string; mode: 'readwrite' }) => Promise<FileSystemDirectoryHandle>;
const pickFolder = (globalThis as unknown as { showDirectoryPicker?: PickFolder }).showDirectoryPicker;

async function view(): Promise<BackupsView> {
  const { plan, trouble, running } = await readBackupFacts();
  return {
    plan: plan && { every: plan.every, to: plan.to, encrypted: plan.password !== null },
    folder: plan?.to === 'folder' ? ((await keptFolder())?.name ?? null) : null,
    running: isRunning(running, Date.now()),
    trouble: trouble?.code ?? null,
    canPickFolder: pickFolder !== undefined,
  };
}

export const backupsShell: BackupsShell = {
  watch(listener) {
    const tell = () => {
      void view().then(listener);
    };
    tell();
    const stops = [backupPlan.watch(tell), backupRunning.watch(tell), backupTrouble.watch(tell)];
    return () => {
      for (const stop of stops) stop();
    };
  },
  async begin(plan) {
    if (plan.to === 'folder') {
      if (!pickFolder) return false;
      try {
        await keepFolder(await pickFolder({ id: 'commonplace-backups', mode: 'readwrite' }));
      } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError') return false;
        throw error;
      }
    } else if (!(await browser.permissions.request({ permissions: ['downloads'] }))) return false;
    await backupPlan.setValue(plan);
    await ask('backUpNow', null);
    return true;
  },
  async end() {
    await Promise.all([backupPlan.setValue(null), backupTrouble.setValue(null)]);
  },
  async now() {
    // What was permitted may have been taken back; a click may ask for it again. In Firefox only before anything is awaited,
    // and there are only the downloads.
    if (!pickFolder) await browser.permissions.request({ permissions: ['downloads'] });
    else if ((await backupPlan.getValue())?.to === 'folder')
      await (await keptFolder())?.requestPermission({ mode: 'readwrite' });
    else await browser.permissions.request({ permissions: ['downloads'] });
    await ask('backUpNow', null);
  },
};
