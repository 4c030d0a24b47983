import { describe, expect, test } from 'vitest';
import { EngineError } from '../../../engine/errors';
import { backoff } from '../../../engine/jobs';
import {
  ATTEMPTS,
  claim,
  enqueue,
  fail,
  finish,
  type Job,
  type JobKind,
  nextDue,
  recover,
  runAgain,
} from '../../../engine/jobs/queue';
import type { Store } from '../../../engine/store';
import { withStore } from '../store/with-store';

const ALL: JobKind[] = ['purge', 'embed', 'resplit', 'maintain', 'snapshot'];
const at = (seconds: number) => new Date(Date.UTC(2026, 4, 1, 0, 0, seconds));

let store: Store;
withStore((opened) => {
  store = opened;
}, 'job');

const rows = () =>
  store.query<{ kind: string; state: string; attempts: number; error: string | null }>(
    'select kind, state, attempts, error from job order by kind',
  );
async function claimed(now: Date): Promise<Job> {
  const job = await claim(store, ALL, now);
  if (!job) throw new Error('nothing was due');
  return job;
}

describe('the queue', () => {
  test('gives what is due, the most urgent first, each once', async () => {
    await enqueue(store, 'snapshot', at(0));
    await enqueue(store, 'embed', at(1));
    await enqueue(store, 'purge', at(100));
    expect((await claimed(at(10))).kind).toBe('embed');
    expect((await claimed(at(10))).kind).toBe('snapshot');
    expect(await claim(store, ALL, at(10))).toBeNull();
    expect((await nextDue(store, ALL))?.getTime()).toBe(at(100).getTime());
    expect((await claimed(at(100))).kind).toBe('purge');
  });

  test('a job asked for twice is there once, and due at the sooner moment', async () => {
    await enqueue(store, 'snapshot', at(50));
    await enqueue(store, 'snapshot', at(20));
    await enqueue(store, 'snapshot', at(90));
    expect(await rows()).toHaveLength(1);
    expect((await nextDue(store, ALL))?.getTime()).toBe(at(20).getTime());
  });

  test('a job asked for while it runs gets another turn', async () => {
    await enqueue(store, 'embed', at(0));
    const job = await claimed(at(0));
    await enqueue(store, 'embed', at(0));
    await finish(store, job, at(1));
    const again = await claimed(at(1));
    await finish(store, again, at(2));
    expect(await rows()).toEqual([]);
  });

  test('what a kill left running waits again, however often', async () => {
    await enqueue(store, 'embed', at(0));
    for (let kill = 0; kill < ATTEMPTS * 3; kill++) {
      expect((await claimed(at(0))).attempts).toBe(1);
      expect(await recover(store)).toBe(1);
    }
  });

  test('a failing job is tried again ever later, then left with its error until it is asked for anew', async () => {
    await enqueue(store, 'embed', at(0));
    let now = at(0);
    let waited = 0;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const job = await claimed(now);
      const state = await fail(store, job, new EngineError('internal', 'broken'), now);
      expect(state).toBe(attempt === ATTEMPTS ? 'failed' : 'waiting');
      if (state === 'failed') break;
      const due = (await nextDue(store, ALL)) as Date;
      waited = due.getTime() - now.getTime();
      expect(await claim(store, ALL, new Date(due.getTime() - 1))).toBeNull();
      now = due;
    }
    expect(waited).toBeGreaterThan(30_000);
    expect(await rows()).toEqual([{ kind: 'embed', state: 'failed', attempts: ATTEMPTS, error: 'internal: broken' }]);
    await enqueue(store, 'embed', now);
    expect((await claimed(now)).attempts).toBe(1);
  });

  test('a fault that is not its own never ends a job', async () => {
    await enqueue(store, 'embed', at(0));
    let now = at(0);
    for (let attempt = 1; attempt <= ATTEMPTS + 3; attempt++) {
      expect(await fail(store, await claimed(now), new EngineError('embedder_unavailable', 'no model'), now)).toBe(
        'waiting',
      );
      now = (await nextDue(store, ALL)) as Date;
    }
  });

  test('coming back later is no failure', async () => {
    await enqueue(store, 'purge', at(0));
    for (let turn = 0; turn < 20; turn++) await runAgain(store, await claimed(at(turn)), at(turn + 1));
    expect(await rows()).toMatchObject([{ state: 'waiting', attempts: 0, error: null }]);
  });

  test('the wait doubles up to ten minutes, with jitter over its second half', () => {
    expect(backoff(1, () => 0)).toBe(500);
    expect(backoff(1, () => 1)).toBe(1_000);
    expect(backoff(4, () => 1)).toBe(8_000);
    expect(backoff(40, () => 1)).toBe(600_000);
  });
});
