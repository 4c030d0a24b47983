import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../../engine/errors';
import { ingest } from '../../../engine/ingest';
import { embedHandler, enqueue, Gate, type Handler, type JobKind, startScheduler } from '../../../engine/jobs';
import { openStore, type Store } from '../../../engine/store';
import { conversation, message } from '../ingest/captures';
import { dataDirectory } from '../store/prebuilt';
import { fakeEmbedder } from './fake-embedder';
import { withStore } from '../store/with-store';

let store: Store;
withStore((opened) => {
  store = opened;
}, 'document, job cascade');

const clock = () => new Date();
function start(handlers: Partial<Record<JobKind, Handler>>, on: Store = store, gate = new Gate()) {
  return startScheduler({ store: on, gate, handlers, clock });
}
const many = (count: number) =>
  conversation(Array.from({ length: count }, (_, index) => message(`m${index}`, `Message ${index}`)));
const vectors = async (of: Store = store) =>
  (await of.query<{ chunk_id: string; model_id: string }>('select chunk_id, model_id from embedding')).length;

describe('the gate', () => {
  test('jobs wait for searches and ingests, ingests wait for searches', async () => {
    const gate = new Gate();
    const order: string[] = [];
    const leaveIngest = gate.enter('ingest');
    const leaveSearch = gate.enter('search');
    const job = gate.free('job').then(() => order.push('job'));
    const slice = gate.free('ingest').then(() => order.push('ingest'));
    await Promise.resolve();
    leaveSearch();
    await slice;
    order.push('still ingesting');
    leaveIngest();
    await job;
    expect(order).toEqual(['ingest', 'still ingesting', 'job']);
  });
});

describe('the scheduler', () => {
  test('runs what is due by priority, and is idle when nothing is', async () => {
    const ran: string[] = [];
    const note: Handler = async (job) => {
      ran.push(job.kind);
      return 'done';
    };
    await enqueue(store, 'snapshot', clock());
    await enqueue(store, 'embed', clock());
    await enqueue(store, 'maintain', new Date(Date.now() + 3_600_000));
    const scheduler = start({ snapshot: note, embed: note, maintain: note });
    await scheduler.idle();
    expect(ran).toEqual(['embed', 'snapshot']);
    await scheduler.close();
  });

  test('a job that runs beside the others does not wait for theirs to end, and idle waits for what it asked for', async () => {
    const ran: string[] = [];
    let release: () => void = () => {};
    const embedding = new Promise<void>((resolve) => {
      release = resolve;
    });
    await enqueue(store, 'embed', clock());
    const scheduler = startScheduler({
      store,
      gate: new Gate(),
      clock,
      beside: ['import'],
      handlers: {
        embed: async () => {
          ran.push('embed');
          await embedding;
          return 'done';
        },
        maintain: async () => {
          ran.push('maintain');
          return 'done';
        },
        import: async () => {
          ran.push('import');
          await enqueue(store, 'maintain', clock());
          scheduler.wake();
          return 'done';
        },
      },
    });
    await expect.poll(() => ran).toEqual(['embed']);
    await enqueue(store, 'import', clock());
    scheduler.wake();
    await expect.poll(() => ran).toEqual(['embed', 'import']);
    const idle = Promise.all([scheduler.idle(), scheduler.idle()]);
    release();
    await idle;
    expect(ran).toEqual(['embed', 'import', 'maintain']);
    await scheduler.close();
  });

  test('a search that is under way holds up a job between its steps', async () => {
    const gate = new Gate();
    const steps: number[] = [];
    let leave: () => void = () => {};
    await enqueue(store, 'embed', clock());
    const scheduler = start(
      {
        embed: async (_job, { pause }) => {
          for (let step = 0; step < 3; step++) {
            await pause();
            steps.push(step);
            if (step === 0) leave = gate.enter('search');
          }
          return 'done';
        },
      },
      store,
      gate,
    );
    await expect.poll(() => steps).toEqual([0]);
    await store.query('select 1'); // the database is free meanwhile
    expect(steps).toEqual([0]);
    leave();
    await scheduler.idle();
    expect(steps).toEqual([0, 1, 2]);
    await scheduler.close();
  });

  test('an error is kept with the job, and other jobs go on', async () => {
    const ran: string[] = [];
    await enqueue(store, 'embed', clock());
    await enqueue(store, 'maintain', clock());
    const scheduler = start({
      embed: () => Promise.reject(new EngineError('internal', 'broken')),
      maintain: async (job) => {
        ran.push(job.kind);
        return 'done';
      },
    });
    await scheduler.idle();
    expect(ran).toEqual(['maintain']);
    const [row] = await store.query('select state, error from job');
    expect(row).toEqual({ state: 'waiting', error: 'internal: broken' });
    await scheduler.close();
  });
});

describe('embedding', () => {
  test('gives each searched passage a vector once, in batches of at most 16', async () => {
    await ingest(store, [many(300)]);
    const embedder = fakeEmbedder();
    await enqueue(store, 'embed', clock());
    const scheduler = start({ embed: embedHandler(embedder, () => {}) });
    await scheduler.idle();
    expect(await vectors()).toBe(300);
    expect(Math.max(...embedder.calls.map(({ texts }) => texts.length))).toBeLessThanOrEqual(16);
    const texts = embedder.calls.flatMap((call) => call.texts);
    expect(new Set(texts).size).toBe(texts.length);
    await enqueue(store, 'embed', clock());
    await scheduler.idle();
    expect(embedder.calls.flatMap((call) => call.texts)).toHaveLength(texts.length);
    await scheduler.close();
  });

  test('puts before a text who says it where people talk, and no name of an assistant', async () => {
    const said = conversation([message('m0', 'The kite broke.'), message('m1', 'Which kite?'), message('m2', 'Mine.')]);
    Object.assign(said.messages[0] as object, { author: 'Per' });
    Object.assign(said.messages[1] as object, { role: 'assistant', author: 'A model' });
    await ingest(store, [said]);
    const embedder = fakeEmbedder();
    await enqueue(store, 'embed', clock());
    const scheduler = start({ embed: embedHandler(embedder, () => {}) });
    await scheduler.idle();
    expect(embedder.calls.flatMap(({ texts }) => texts).sort()).toEqual([
      'Mine.',
      'Per: The kite broke.',
      'Which kite?',
    ]);
    await scheduler.close();
  });

  test('a new model makes all vectors anew and the old ones go', async () => {
    await ingest(store, [many(20)]);
    const embedder = fakeEmbedder();
    const scheduler = start({ embed: embedHandler(embedder, () => {}) });
    for (const model of ['fake/1', 'fake/2']) {
      embedder.modelId = model;
      await enqueue(store, 'embed', clock());
      await scheduler.idle();
    }
    expect(await store.query('select model_id, count(*)::int as n from embedding group by 1')).toEqual([
      { model_id: 'fake/2', n: 20 },
    ]);
    await scheduler.close();
  });

  test('a lost device is tried again, and vectors of the lost model are not kept as those of the next', async () => {
    await ingest(store, [many(40)]);
    const embedder = fakeEmbedder();
    let calls = 0;
    embedder.before = () => {
      calls += 1;
      if (calls === 3) {
        embedder.modelId = 'fake/fallback';
        throw new EngineError('engine_restarting', 'device lost');
      }
    };
    await enqueue(store, 'embed', clock());
    const scheduler = start({ embed: embedHandler(embedder, () => {}) });
    await scheduler.idle();
    expect(await store.query('select model_id, count(*)::int as n from embedding group by 1')).toEqual([
      { model_id: 'fake/fallback', n: 40 },
    ]);
    await scheduler.close();
  });

  test('one text that cannot be embedded does not keep the others from it', async () => {
    await ingest(store, [many(30)]);
    const embedder = fakeEmbedder();
    embedder.before = (texts) => {
      if (texts.includes('Message 7')) throw new EngineError('internal', 'cannot');
    };
    await enqueue(store, 'embed', clock());
    const scheduler = start({ embed: embedHandler(embedder, () => {}) });
    await scheduler.idle();
    expect(await vectors()).toBe(29);
    expect(await store.query('select 1 from job')).toEqual([]);
    await scheduler.close();
  });
});

test('a job that was killed in the middle goes on after the database is opened again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'commonplace-jobs-'));
  const settings = { storage: 'node' as const, directory, dataDirectory: await dataDirectory() };
  try {
    // Abandoned, not closed: nothing is checkpointed, the job stays `running`.
    const first = await openStore(settings);
    await ingest(first, [many(60)]);
    await enqueue(first, 'embed', clock());
    const hanging = fakeEmbedder();
    let onHung = () => {};
    const hung = new Promise<void>((resolve) => {
      onHung = resolve;
    });
    hanging.before = async () => {
      if (hanging.calls.length < 4) return;
      onHung();
      await new Promise(() => {});
    };
    start({ embed: embedHandler(hanging, () => {}) }, first);
    await hung;
    const done = await vectors(first);
    expect(done).toBeGreaterThan(0);
    expect(await first.query('select state from job')).toEqual([{ state: 'running' }]);

    const second = await openStore(settings);
    expect(await vectors(second)).toBe(done);
    const embedder = fakeEmbedder();
    const scheduler = start({ embed: embedHandler(embedder, () => {}) }, second);
    await scheduler.idle();
    expect(await vectors(second)).toBe(60);
    expect(embedder.calls.flatMap(({ texts }) => texts)).toHaveLength(60 - done);
    expect(await second.query('select 1 from job')).toEqual([]);
    await scheduler.close();
    await second.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
