import { type DuePurge, duePurges, purgeReceipt } from '../documents';
import type { Outbox } from '../outbox';
import type { Store } from '../store';
import type { Handler } from './scheduler';

export interface PurgeOptions {
  outbox: Outbox | undefined;
  now: Date;
  /** What is to be made final; see `duePurges`. */
  due: DuePurge[];
  /** Entries of the outbox that cannot be stored: "everything" means them too. */
  refused: Set<number>;
  pause: () => Promise<void>;
}

/** Deletes for good what was forgotten. Resolves with how many documents went. */
export async function purge(store: Store, { outbox, now, due, refused, pause }: PurgeOptions): Promise<number> {
  if (due.length === 0) return 0;
  // Before the first row goes, so that a kill between the two costs a snapshot and never keeps one with deleted text.
  const documents = await store.query<{ id: string }>('select id from document where forget_id = any($1::uuid[])', [
    due.map(({ id }) => id),
  ]);
  await store.markPurged(documents.map(({ id }) => id));
  let count = 0;
  for (const { id, scope, made_at } of due) {
    if (scope !== null && 'everything' in scope) {
      await outbox?.remove([...refused]);
      refused.clear();
      // What was stored before then is deleted below; what was passed over has no document to go with.
      await outbox?.pruneStored(made_at);
      await store.discardSetAside();
    }
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
  refused: Set<number>;
  /** Stores what waits in the outbox, so that the deletion finds all it is about. Called outside of `exclusive`. */
  settle: (due: DuePurge[]) => Promise<void>;
  /** Keeps ingests out of a document that is half deleted. */
  exclusive: <Result>(work: () => Promise<Result>) => Promise<Result>;
  onPurged: (count: number) => Promise<void>;
}): Handler {
  const { outbox, refused, settle, exclusive, onPurged } = options;
  return async (_job, { store, now, pause }) => {
    await settle(await duePurges(store, now()));
    const count = await exclusive(async () =>
      purge(store, { outbox, refused, now: now(), due: await duePurges(store, now()), pause }),
    );
    if (count > 0) await onPurged(count);
    const [next] = await duePurges(store, null);
    return next ? { again: next.purge_at } : 'done';
  };
}
