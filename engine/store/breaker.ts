import { EngineError } from '../errors';

/** A few numbers kept outside the database, e.g. in the extension's own storage. */
export interface KeyValue {
  get(key: string): Promise<number | undefined>;
  set(key: string, value: number): Promise<void>;
}

/** Opens in a row that ended with an error. */
const FAILED_LIMIT = 3;
/** Opens in a row that never ended. More, because a browser that is closed meanwhile is no fault of ours. */
const UNFINISHED_LIMIT = 10;

/**
 * Stops an engine that dies whenever it opens its database from doing so for ever: after three failed opens in a row
 * (or ten that never came to an end) it refuses without touching anything, until the user asks to try again.
 */
export interface Breaker {
  /** @throws EngineError `store_unavailable` when it is open. `retry` closes it first. */
  enter(retry: boolean): Promise<void>;
  failed(): Promise<void>;
  succeeded(): Promise<void>;
}

export function breaker(counts: KeyValue): Breaker {
  const read = async (key: string) => (await counts.get(key)) ?? 0;
  return {
    async enter(retry) {
      if (retry) await Promise.all([counts.set('failed', 0), counts.set('unfinished', 0)]);
      const [failed, unfinished] = await Promise.all([read('failed'), read('unfinished')]);
      if (failed >= FAILED_LIMIT || unfinished >= UNFINISHED_LIMIT) {
        throw new EngineError(
          'store_unavailable',
          `The database could not be opened ${failed + unfinished} times in a row; it was left alone.`,
          {
            remedy: 'Try again. What is captured meanwhile waits in the outbox.',
          },
        );
      }
      await counts.set('unfinished', unfinished + 1);
    },
    async failed() {
      await Promise.all([counts.set('failed', (await read('failed')) + 1), counts.set('unfinished', 0)]);
    },
    async succeeded() {
      await Promise.all([counts.set('failed', 0), counts.set('unfinished', 0)]);
    },
  };
}

/** Forgets with the process: for tests and scripts. */
export function memoryKeyValue(): KeyValue {
  const values = new Map<string, number>();
  return {
    get: (key) => Promise.resolve(values.get(key)),
    set: (key, value) => Promise.resolve(void values.set(key, value)),
  };
}
