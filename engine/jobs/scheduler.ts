import { EngineError } from '../errors';
import type { Store } from '../store';
import type { Gate } from './gate';
import { claim, fail, finish, type Job, type JobKind, nextDue, recordProgress, recover, runAgain } from './queue';

export interface JobContext {
  store: Store;
  /** Fires when the engine closes: stop between two steps, the job goes on at the next start. */
  signal: AbortSignal;
  now: () => Date;
  /**
   * Await it between steps; a step is a statement or two, well under 50 ms. Searches and captures go first, and
   * the worker's other messages are served.
   */
  pause: () => Promise<void>;
  progress: (done: number, total: number) => Promise<void>;
}

/** Done, or to be taken up again at that moment. */
export type Outcome = 'done' | { again: Date };

export type Handler = (job: Job, context: JobContext) => Promise<Outcome>;

export interface Scheduler {
  /** Looks into the queue now: something was put there. */
  wake(): void;
  /** Resolves when no job is due and none runs. */
  idle(signal?: AbortSignal): Promise<void>;
  /** Stops after the step under way. */
  close(): Promise<void>;
}

/** The longest sleep: a machine that was suspended must not oversleep, a clock may be set. */
const SLEEP_MS = 60_000;
/** A step may follow another without serving messages for this long. */
const YIELD_MS = 12;
const PROGRESS_MS = 2_000;

/** Runs the jobs of one store, one at a time, until closed. A job of a kind without a handler stays where it is. */
export function startScheduler(options: {
  store: Store;
  gate: Gate;
  handlers: Partial<Record<JobKind, Handler>>;
  clock: () => Date;
  /** Told of each failure; the queue keeps the error too. */
  onError?: (job: Job, error: EngineError) => void;
}): Scheduler {
  const { store, gate, handlers, clock, onError } = options;
  const kinds = Object.keys(handlers) as JobKind[];
  const closing = new AbortController();
  let unpark: (() => void) | null = null;
  let woken = false;
  let idlers: Array<() => void> = [];

  async function run(): Promise<void> {
    await recover(store);
    while (!closing.signal.aborted) {
      await Promise.race([gate.free('job'), aborted]);
      if (closing.signal.aborted) break;
      woken = false;
      const job = await claim(store, kinds, clock());
      if (job) await runJob(job);
      else await park();
    }
  }

  const aborted = new Promise<void>((resolve) => {
    closing.signal.addEventListener('abort', () => {
      resolve();
    });
  });

  async function runJob(job: Job): Promise<void> {
    let yieldedAt = performance.now();
    let toldAt = 0;
    const context: JobContext = {
      store,
      signal: closing.signal,
      now: clock,
      async pause() {
        if (performance.now() - yieldedAt > YIELD_MS) {
          await new Promise((resolve) => setTimeout(resolve));
          yieldedAt = performance.now();
        }
        await Promise.race([gate.free('job'), aborted]);
        if (closing.signal.aborted) throw new EngineError('aborted', 'The engine is closing.');
      },
      async progress(done, total) {
        if (performance.now() - toldAt < PROGRESS_MS) return;
        toldAt = performance.now();
        await recordProgress(store, job, done, total);
      },
    };
    try {
      const handler = handlers[job.kind];
      if (!handler) throw new EngineError('internal', `No handler for jobs of kind ${job.kind}.`);
      const outcome = await handler(job, context);
      if (outcome === 'done') await finish(store, job, clock());
      else await runAgain(store, job, outcome.again);
    } catch (error) {
      if (closing.signal.aborted) return; // the row stays `running` and is taken up at the next start
      onError?.(job, EngineError.from(error));
      await fail(store, job, error, clock());
    }
  }

  async function park(): Promise<void> {
    const due = await nextDue(store, kinds);
    const wait = due === null ? SLEEP_MS : Math.min(SLEEP_MS, due.getTime() - clock().getTime());
    if (woken || closing.signal.aborted || wait <= 0) return;
    const done = idlers;
    idlers = [];
    for (const resolve of done) resolve();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      unpark = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    unpark = null;
  }

  function wake(): void {
    woken = true;
    unpark?.();
  }

  const ended = run().catch((error: unknown) => {
    // The queue itself cannot be read: the store is gone. Whoever opens it again starts another scheduler.
    const cause = EngineError.from(error);
    if (!closing.signal.aborted) console.error(`commonplace: jobs stopped: ${cause.code}: ${cause.message}`);
    for (const resolve of idlers) resolve();
  });

  return {
    wake,
    async idle(signal) {
      signal?.throwIfAborted();
      wake(); // what is due by now may not have been seen by a sleeper
      await new Promise<void>((resolve, reject) => {
        idlers.push(resolve);
        const onAbort = () => {
          reject(EngineError.from(signal?.reason, 'aborted'));
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        void ended.then(resolve);
      });
    },
    async close() {
      closing.abort();
      wake();
      await ended;
    },
  };
}
