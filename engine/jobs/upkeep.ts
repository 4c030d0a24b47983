import type { Outbox } from '../outbox';
import type { Store } from '../store';
import type { Gate } from './gate';
import type { Handler, Outcome } from './scheduler';

/** Upkeep holds the database for up to a second: only when nobody has searched or stored for this long. */
const QUIET_MS = 4_000;
/** Write-ahead log that may wait for a checkpoint while much is written. */
const LOG_BYTES = 64 * 1024 * 1024;

/** Postgres in single-user mode never checkpoints by itself, so whoever writes much does it between. */
export async function boundLog(store: Store): Promise<void> {
  if ((await store.walBytes()) > LOG_BYTES) await store.maintain('checkpoint');
}

export function maintainHandler(gate: Gate): Handler {
  return async (_job, { store, now }) => {
    const later = whenQuiet(gate, now());
    if (later) return later;
    await store.maintain('due');
    return 'done';
  };
}

/**
 * How old an outbox entry must be before a snapshot may stand in for it. Chromium leaves the names of new files to the
 * operating system, which writes them within half a minute: until then neither a new database nor a new snapshot would
 * survive a power loss.
 */
const NAMES_SETTLE_MS = 60_000;

/** Takes a snapshot and lets go of the outbox entries that are in it. */
export function snapshotHandler(gate: Gate, outbox: Outbox | undefined): Handler {
  return async (_job, { store, now, signal }) => {
    const later = whenQuiet(gate, now());
    if (later) return later;
    await store.snapshot(signal);
    if (store.snapshotTakenAt !== null) {
      const settled = Math.min(Date.parse(store.snapshotTakenAt), now().getTime() - NAMES_SETTLE_MS);
      await outbox?.pruneStored(new Date(settled));
    }
    return 'done';
  };
}

function whenQuiet(gate: Gate, now: Date): Outcome | null {
  const rest = QUIET_MS - gate.quietFor();
  return rest > 0 ? { again: new Date(now.getTime() + rest) } : null;
}
