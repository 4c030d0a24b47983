/** Backups by themselves: what the user asked for, when one is due, and how the last one went. */
import { storage } from 'wxt/utils/storage';
import type { BackupNote, BackupPlan } from '../../components/shell';

/** How the last attempt failed; codes as of the engine's errors, and `not_permitted` and `folder_gone`. */
export interface BackupTrouble {
  at: string;
  code: string;
}

export const backupPlan = storage.defineItem<BackupPlan | null>('local:backup.plan', { fallback: null });
export const lastBackup = storage.defineItem<BackupNote | null>('local:backup.last', { fallback: null });
export const backupTrouble = storage.defineItem<BackupTrouble | null>('local:backup.trouble', { fallback: null });
/** Asked for before its time: after an update. */
export const backupWanted = storage.defineItem<boolean>('local:backup.wanted', { fallback: false });
/** Since when one is being made; gone with the browser. */
export const backupRunning = storage.defineItem<string | null>('session:backup.running', { fallback: null });

const HOUR_MS = 3_600_000;
const EVERY_MS = { day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS };
/** One that has not ended by then never will: its browser process died. */
const RUNNING_MS = HOUR_MS;

export interface BackupFacts {
  plan: BackupPlan | null;
  last: BackupNote | null;
  trouble: BackupTrouble | null;
  wanted: boolean;
  running: string | null;
}

export async function readBackupFacts(): Promise<BackupFacts> {
  const [plan, last, trouble, wanted, running] = await Promise.all([
    backupPlan.getValue(),
    lastBackup.getValue(),
    backupTrouble.getValue(),
    backupWanted.getValue(),
    backupRunning.getValue(),
  ]);
  return { plan, last, trouble, wanted, running };
}

export function isRunning(running: string | null, now: number): boolean {
  return running !== null && now - Date.parse(running) < RUNNING_MS;
}

/** What failed is tried again after an hour; a clock that was set back makes nothing due for ever. */
export function isDue({ plan, last, trouble, wanted, running }: BackupFacts, now: number): boolean {
  if (plan === null || isRunning(running, now)) return false;
  const since = (at: string) => Math.abs(now - Date.parse(at));
  if (trouble !== null && since(trouble.at) < HOUR_MS) return false;
  return wanted || last === null || since(last.at) >= EVERY_MS[plan.every];
}
