import { duePurges, purgeReceipt } from '../documents';
import type { Outbox } from '../outbox';
import type { Store } from '../store';
import type { Handler } from './scheduler';

export interface PurgeOptions {
  outbox: Outbox | undefined;
  now: Date;
  /** Everything that was forgotten, or only what can no longer be undone. */
  all: boolean;
  pause: () => Promise<void>;
}

/** Deletes for good what was forgotten. Resolves with how many documents went. */
export async function purge(store: Store, { outbox, now, all, pause }: PurgeOptions): Promise<number> {
  const due = await duePurges(store, all ? null : now);
  if (due.length === 0) return 0;
  // Before the first row goes, so that a kill between the two costs a snapshot and never keeps one with deleted text.
  const documents = await store.query<{ id: string }>('select id from document where forget_id = any($1::uuid[])', [
    due.map(({ id }) => id),
  ]);
  await store.markPurged(documents.map(({ id }) => id));
  let count = 0;
  for (const { id } of due) {
    count += await purgeReceipt(store, id, now, {
      onSlice: pause,
      onDocument: async ({ source, external_id }) => outbox?.purge(source, external_id),
    });
  }
  // Deleted rows lie in the files until they are vacuumed.
  await pause();
  await store.maintain('vacuum');
  return count;
}

/** Purges what is due and comes back for what can still be undone. */
export function purgeHandler(options: {
  outbox: Outbox | undefined;
  /** Keeps ingests out of a document that is half deleted. */
  exclusive: <Result>(work: () => Promise<Result>) => Promise<Result>;
  onPurged: (count: number) => Promise<void>;
}): Handler {
  return async (_job, { store, now, pause }) => {
    const count = await options.exclusive(() =>
      purge(store, { outbox: options.outbox, now: now(), all: false, pause }),
    );
    if (count > 0) await options.onPurged(count);
    const [next] = await duePurges(store, null);
    return next ? { again: next.purge_at } : 'done';
  };
}
