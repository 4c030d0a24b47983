/**
 * Where browsers keep their profiles: in memory, on a Linux with room for it. Firefox syncs its table of OPFS files three
 * times for every file that it opens or closes, some 4,500 times for a new database, and then the tests wait for the disk. A
 * kill takes nothing back that was written, synced or not, in memory as on a disk; the power-loss test reads from the
 * browser's own calls what was synced.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const NAME = 'commonplace-tests-';
const ROOM_BYTES = 6e9;
const isThere = process.platform === 'linux' && existsSync(MEMORY);
const directory = join(MEMORY, `${NAME}${process.pid}`);

/** What a worker's environment needs for it. */
export function profilesInMemory(): Record<string, string> {
  if (!isThere) return {};
  const { bavail, bsize } = statfsSync(MEMORY);
  return Math.min(bavail * bsize, freemem()) < ROOM_BYTES ? {} : { TMPDIR: directory };
}

/** Vitest's global set-up: also frees what a run that was killed left there. */
export default function setup(): () => void {
  if (!isThere) return () => undefined;
  for (const name of readdirSync(MEMORY)) {
    const pid = name.startsWith(NAME) ? name.slice(NAME.length) : null;
    if (pid !== null && !existsSync(`/proc/${pid}`)) rmSync(join(MEMORY, name), { recursive: true, force: true });
  }
  mkdirSync(directory, { recursive: true });
  return () => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
}
