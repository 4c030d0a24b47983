/** The background's part of backups: it knows when one is due, and it alone may put a file into the downloads. */
import { browser } from 'wxt/browser';
import { EngineError } from '../../engine/errors';
import { backupName, outdated } from './backup-names';
import {
  backupPlan,
  backupRunning,
  backupTrouble,
  backupWanted,
  isDue,
  isRunning,
  lastBackup,
  readBackupFacts,
} from './backup-plan';
import type { BackupOrder, BackupOutcome } from './backup-run';
import { filesShell } from './files';
import type { Handlers } from './messages';

/** Folder below the downloads. */
const DOWNLOADS = 'Commonplace';
const POLL_MS = 500;
/** A file that is not there after so long was held up by something: a question, a full disk. */
const MOST_MS = 10 * 60_000;

interface Backups {
  handlers: Pick<Handlers, 'backUpNow' | 'backupDownload' | 'backupEnded'>;
  /** To be called every few minutes, and when something changed. */
  tick(): Promise<void>;
  /** One is due at the next tick, whatever the schedule says. */
  want(): Promise<void>;
}

interface Report {
  download: (what: { url: string; name: string; bytes: number }) => Promise<void>;
  ended: (outcome: BackupOutcome) => Promise<void>;
}

/** @param run begins one where a page's interfaces are, which tells by `report` or by messages how it goes */
export function backUpByThemselves(run: (order: BackupOrder, report: Report) => Promise<void>): Backups {
  async function begin(): Promise<void> {
    const { plan, running } = await readBackupFacts();
    if (plan === null || isRunning(running, Date.now())) return;
    await Promise.all([
      backupRunning.setValue(new Date().toISOString()),
      backupTrouble.setValue(null),
      backupWanted.setValue(true), // until it is made: one that the browser's end cuts off is begun again
    ]);
    try {
      const order: BackupOrder = {
        name: backupName(new Date(), plan.password !== null),
        to: plan.to,
        password: plan.password,
        settings: await filesShell.settings(),
      };
      await run(order, { download, ended });
    } catch (error) {
      await ended({ code: EngineError.from(error).code });
    }
  }

  async function ended(outcome: BackupOutcome): Promise<void> {
    const at = new Date().toISOString();
    const plan = await backupPlan.getValue();
    if ('code' in outcome) await backupTrouble.setValue({ at, code: outcome.code });
    else {
      await lastBackup.setValue({ at, ...outcome, encrypted: (plan?.password ?? null) !== null });
      await Promise.all([backupWanted.setValue(false), backupTrouble.setValue(null)]);
    }
    await backupRunning.setValue(null);
  }

  return {
    handlers: {
      async backUpNow() {
        await begin();
        return null;
      },
      async backupDownload(what) {
        await download(what);
        return null;
      },
      async backupEnded({ outcome }) {
        await ended(outcome);
        return null;
      },
    },
    async tick() {
      if (isDue(await readBackupFacts(), Date.now())) await begin();
    },
    want: () => backupWanted.setValue(true),
  };
}

async function download({ url, name, bytes }: { url: string; name: string; bytes: number }): Promise<void> {
  if (!(await browser.permissions.contains({ permissions: ['downloads'] })))
    throw new DOMException('Downloads are not permitted any more.', 'NotAllowedError');
  const id = await browser.downloads.download({
    url,
    filename: `${DOWNLOADS}/${name}`,
    conflictAction: 'uniquify',
    saveAs: false,
  });
  for (const end = Date.now() + MOST_MS; ; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    const [item] = await browser.downloads.search({ id });
    if (item?.state === 'complete') {
      // What lies there cannot be read from here; that all of it does is what the browser says.
      if (item.fileSize >= 0 && item.fileSize !== bytes)
        throw new EngineError('internal', `The backup has ${item.fileSize} bytes in the downloads, not ${bytes}.`);
      break;
    }
    if (item === undefined || item.state === 'interrupted' || Date.now() > end)
      throw new EngineError('internal', `The backup did not reach the downloads: ${item?.error ?? 'it was removed'}`);
  }
  await rotate();
}

/** Older ones of ours that the list of downloads still knows. */
async function rotate(): Promise<void> {
  const items = await browser.downloads.search({ filenameRegex: 'commonplace-backup-[0-9-]+\\.zip', exists: true });
  const byName = new Map(items.map((item) => [item.filename.split(/[\\/]/u).at(-1) ?? '', item.id]));
  for (const name of outdated([...byName.keys()])) {
    const id = byName.get(name);
    if (id === undefined) continue;
    try {
      await browser.downloads.removeFile(id);
      await browser.downloads.erase({ id });
    } catch (error) {
      // the user may have moved it: then it is theirs
      console.debug('commonplace: an older backup could not be removed', error);
    }
  }
}
