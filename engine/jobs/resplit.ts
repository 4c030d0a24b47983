import { dropOldWords, makeTerms, rechunk, staleDocuments } from '../ingest';
import type { Handler } from './scheduler';

const DOCUMENTS_AT_ONCE = 8;
/** About 40 ms of a search's waiting. */
const TERMS_AT_ONCE = 40;

/** Cuts anew what an older splitter cut, and what a restored snapshot brought back without its chunks; makes missing terms. */
export function resplitHandler(options: {
  exclusive: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Told of the documents after each few. */
  onResplit: (documentIds: string[]) => Promise<void>;
}): Handler {
  return async (_job, { store, pause, signal, progress }) => {
    let done = 0;
    for (;;) {
      await pause();
      const ids = await staleDocuments(store, DOCUMENTS_AT_ONCE);
      if (ids.length === 0) break;
      await options.exclusive(() => rechunk(store, ids, { pause, signal }));
      done += ids.length;
      await progress(done, done + ids.length);
      await options.onResplit(ids);
    }
    for (;;) {
      await pause();
      const made = await options.exclusive(() => makeTerms(store, TERMS_AT_ONCE));
      if (made === 0) break;
      done += made;
      await progress(done, done + made);
    }
    await options.exclusive(() => dropOldWords(store));
    return 'done';
  };
}
