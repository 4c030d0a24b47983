import { hideExpired } from '../documents';
import { enqueue } from './queue';
import type { Handler } from './scheduler';

/** How often it is looked for what has lived out its time. */
const EVERY_MS = 24 * 3_600_000;

/**
 * Hides what is older than the user wants to keep and has it purged, once a day and when that changed. No mark of a
 * deletion stays: the same thing is welcome when it lives again, and until then ingest passes over it for being old.
 */
export function retainHandler(options: {
  /** Keeps ingests out meanwhile. */
  exclusive: <Result>(work: () => Promise<Result>) => Promise<Result>;
  onHidden: (receiptId: string) => void;
}): Handler {
  return async (_job, { store, now }) => {
    const receipt = await options.exclusive(() =>
      store.transaction(async (tx) => {
        const hidden = await hideExpired(tx, now());
        if (hidden !== null) await enqueue(tx, 'purge', now());
        return hidden;
      }),
    );
    if (receipt !== null) options.onHidden(receipt);
    return { again: new Date(now().getTime() + EVERY_MS) };
  };
}
