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

/** Jobs of some kinds, one at a time. */
interface Lane {
  kinds: JobKind[];
  unpark: (() => void) | null;
  woken: boolean;
  /** Told when no job is due and none runs here. */
  idlers: Array<() => void>;
}

/** The longest sleep: a machine that was suspended must not oversleep, a clock may be set. */
const SLEEP_MS = 60_000;
/** A step may follow another without serving messages for this long. */
const YIELD_MS = 12;
const PROGRESS_MS = 2_000;

/**
 * Runs the jobs of one store until closed: one at a time, but for those that do not wait for the others. A job of a kind
 * without a handler stays where it is.
 */
export function startScheduler(options: {
  store: Store;
  gate: Gate;
  handlers: Partial<Record<JobKind, Handler>>;
  /** Kinds that run beside the others, one at a time too: a person waits for them, and the others may take hours. */
  beside?: JobKind[];
  clock: () => Date;
  /** Told of each failure; the queue keeps the error too. */
  onError?: (job: Job, error: EngineError) => void;
}): Scheduler {
  const { store, gate, handlers, beside = [], clock, onError } = options;
  const kinds = Object.keys(handlers) as JobKind[];
  const lanes = [kinds.filter((kind) => !beside.includes(kind)), kinds.filter((kind) => beside.includes(kind))]
    .filter((each) => each.length > 0)
    .map((each): Lane => ({ kinds: each, unpark: null, woken: false, idlers: [] }));
  const closing = new AbortController();
  let wakes = 0;

  async function run(lane: Lane): Promise<void> {
    while (!closing.signal.aborted) {
      await free();
      if (closing.signal.aborted) break;
      lane.woken = false;
      const job = await claim(store, lane.kinds, clock());
      if (job) await runJob(job);
      else await park(lane);
    }
  }

  const aborted = new Promise<void>((resolve) => {
    closing.signal.addEventListener('abort', () => {
      resolve();
    });
  });

  /** Until it is a job's turn, or the engine is closing. */
  const free = () => Promise.race([gate.free('job'), aborted]);

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
        await free();
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

  async function park(lane: Lane): Promise<void> {
    const due = await nextDue(store, lane.kinds);
    const wait = due === null ? SLEEP_MS : Math.min(SLEEP_MS, due.getTime() - clock().getTime());
    if (lane.woken || closing.signal.aborted || wait <= 0) return;
    const done = lane.idlers;
    lane.idlers = [];
    for (const resolve of done) resolve();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      lane.unpark = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    lane.unpark = null;
  }

  function wake(): void {
    wakes++;
    nudge();
  }

  function nudge(): void {
    for (const lane of lanes) {
      lane.woken = true;
      lane.unpark?.();
    }
  }

  const ended = free()
    .then(() => (closing.signal.aborted ? 0 : recover(store)))
    .then(() => Promise.all(lanes.map(run)))
    .catch((error: unknown) => {
      // The queue itself cannot be read: the store is gone. Whoever opens it again starts another scheduler.
      const cause = EngineError.from(error);
      if (!closing.signal.aborted) console.error(`commonplace: jobs stopped: ${cause.code}: ${cause.message}`);
      for (const { idlers } of lanes) for (const resolve of idlers) resolve();
    });

  return {
    wake,
    async idle(signal) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          reject(EngineError.from(signal?.reason, 'aborted'));
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        const allIdle = async () => {
          // what ends in one lane may have put something into the other's queue
          for (let seen = -1; seen !== wakes;) {
            seen = wakes;
            nudge(); // what is due by now may not have been seen by a sleeper
            await Promise.all(lanes.map((lane) => new Promise<void>((idle) => lane.idlers.push(idle))));
          }
        };
        void Promise.race([allIdle(), ended]).then(() => {
          resolve();
        });
      });
    },
    async close() {
      closing.abort();
      wake();
      await ended;
    },
  };
}
