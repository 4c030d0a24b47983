/**
 * One durable queue in the table `job`. Rows are what is to be done; a row that is done is deleted.
 * All moments are given by the caller, so that tests have a clock of their own.
 */
import { EngineError } from '../errors';
import type { Queryable } from '../store';

/** Lower runs first. Searches and captures are no jobs: they go before all of these (see `Gate`). */
export const PRIORITY = {
  purge: 10,
  retain: 15,
  import: 18,
  embed: 20,
  resplit: 30,
  maintain: 40,
  snapshot: 50,
  reembed: 60,
} as const;

export type JobKind = keyof typeof PRIORITY;

export interface Job {
  id: string;
  kind: JobKind;
  subject: string | null;
  /** How often it was begun since it last succeeded or was asked for, this time included. */
  attempts: number;
  /** Changes when the job is asked for again while it runs. */
  asked: string;
}

/** After so many attempts in a row a job that fails for a reason of its own is left alone, its error kept. */
export const ATTEMPTS = 8;

const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MOST_MS = 10 * 60_000;

/** Doubles from a second to ten minutes; the jitter (half of it) keeps jobs that failed together apart. */
export function backoff(attempts: number, random: () => number = Math.random): number {
  const most = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** (attempts - 1));
  return most / 2 + (most / 2) * random();
}

/** Asks for a job. One of its kind and subject is enough: a second one only makes it due sooner, or anew if it runs. */
export async function enqueue(
  db: Queryable,
  kind: JobKind,
  runAfter: Date,
  subject: string | null = null,
): Promise<void> {
  await db.query(
    `insert into job (kind, subject, priority, run_after) values ($1, $2, $3, $4)
    on conflict (kind, subject) do update set
      run_after = case when job.state = 'failed' then excluded.run_after else least(job.run_after, excluded.run_after) end,
      attempts = case when job.state = 'failed' then 0 else job.attempts end,
      state = case when job.state = 'failed' then 'waiting' else job.state end,
      priority = excluded.priority,
      created_at = clock_timestamp()`,
    [kind, subject, PRIORITY[kind], runAfter.toISOString()],
  );
}

/** What a kill left running waits again; being killed is no failure of the job. Resolves with how many there were. */
export async function recover(db: Queryable): Promise<number> {
  const rows = await db.query(
    `update job set state = 'waiting', attempts = greatest(attempts - 1, 0) where state = 'running' returning id`,
  );
  return rows.length;
}

/** Takes the next due job of these kinds, or null. */
export async function claim(db: Queryable, kinds: JobKind[], now: Date): Promise<Job | null> {
  const [job] = await db.query<Job>(
    `update job set state = 'running', attempts = attempts + 1
    where id = (
      select id from job where state = 'waiting' and run_after <= $1 and kind = any($2::text[])
      order by priority, run_after, id limit 1
    )
    returning id, kind, subject, attempts, created_at::text as asked`,
    [now.toISOString(), kinds],
  );
  return job ?? null;
}

/** Done, unless it was asked for again meanwhile: then it waits for another turn. */
export async function finish(db: Queryable, job: Job, now: Date): Promise<void> {
  const gone = await db.query('delete from job where id = $1 and created_at::text = $2 returning id', [
    job.id,
    job.asked,
  ]);
  if (gone.length === 0) await runAgain(db, job, now);
}

/** Not done yet, and nothing went wrong. */
export async function runAgain(db: Queryable, job: Job, at: Date): Promise<void> {
  // Asked for again while it ran, it may be wanted sooner than it thought.
  await db.query(
    `update job set state = 'waiting', attempts = 0, error = null,
      run_after = case when created_at::text = $3 then $2 else least(run_after, $2::timestamptz) end
    where id = $1`,
    [job.id, at.toISOString(), job.asked],
  );
}

/** Codes that say nothing about the job: it is tried as long as it takes. */
const PASSING = new Set(['embedder_unavailable', 'engine_restarting', 'timeout', 'store_full', 'aborted']);

/** Keeps the error; the job waits for its next attempt, or is left alone after the last. */
export async function fail(db: Queryable, job: Job, cause: unknown, now: Date): Promise<'waiting' | 'failed'> {
  const error = EngineError.from(cause);
  const state = job.attempts >= ATTEMPTS && !PASSING.has(error.code) ? 'failed' : 'waiting';
  await db.query('update job set state = $2, error = $3, run_after = $4 where id = $1', [
    job.id,
    state,
    `${error.code}: ${error.message}`,
    new Date(now.getTime() + backoff(job.attempts)).toISOString(),
  ]);
  return state;
}

/** Says how far a job is. Coming on is the opposite of failing, so the attempts begin anew. */
export async function recordProgress(db: Queryable, job: Job, done: number, total: number): Promise<void> {
  await db.query('update job set attempts = 1, progress = $2::jsonb where id = $1', [
    job.id,
    JSON.stringify({ done, total }),
  ]);
}

/** When the next waiting job of these kinds is due, or null. */
export async function nextDue(db: Queryable, kinds: JobKind[]): Promise<Date | null> {
  const [row] = await db.query<{ at: Date | string | null }>(
    `select min(run_after) as at from job where state = 'waiting' and kind = any($1::text[])`,
    [kinds],
  );
  return row?.at ? new Date(row.at) : null;
}
