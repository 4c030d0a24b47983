/** Jobs run directly, without the scheduler: nothing else waits, and nobody is told how far they are. */
import type { Embedder } from '../../engine/embed';
import { embedHandler, type Job, type JobContext } from '../../engine/jobs';
import type { Store } from '../../engine/store';

export function jobContext(store: Store): JobContext {
  return {
    store,
    signal: new AbortController().signal,
    now: () => new Date(),
    pause: async () => {},
    progress: async () => {},
  };
}

/** Gives every passage without a vector one, and indexes them as the engine does. */
export async function embedAll(store: Store, embedder: Embedder): Promise<void> {
  await embedHandler(embedder, () => {})({} as Job, jobContext(store));
}
