/**
 * How long a recall takes and how much of that is the statement, in Node, on a store of invented passages that is kept:
 * made, or added to, when it has fewer than SIZE, which takes minutes for each 100,000. In processor time, which says more
 * than the clock on a machine that is busy; `npm run bench` measures a browser.
 *
 * Usage: node scripts/run.mjs tests/bench/recall-speed.ts SIZE DIRECTORY [QUESTIONS]
 */
import { recall } from '../../engine/recall';
import { openStore, type Store } from '../../engine/store';
import { createCorpus } from './page/corpus';
import { fillTo } from './page/fill';
import { knownVectors } from './page/known-vectors';
import { spread } from './page/measure';

const MODES = ['words', 'meaning', 'full'] as const;
const WARM_UP = 5;

export async function main([sizeGiven, directory, questions = '60']: string[]): Promise<number> {
  const size = Number(sizeGiven);
  if (!(size > 0) || directory === undefined) {
    console.error('Usage: node scripts/run.mjs tests/bench/recall-speed.ts SIZE DIRECTORY [QUESTIONS]');
    return 2;
  }
  const store = await openStore({ storage: 'node', directory });
  const [{ have }] = (await store.query<{ have: number }>('select count(*)::int as have from chunk')) as [
    { have: number },
  ];
  if (have < size) {
    const { rows_ms, index_ms } = await fillTo(store, have, size, (chunks) => {
      if (chunks % 20_000 === 0) console.log(`${new Date().toISOString()} ${chunks}`);
    });
    console.log(`${size - have} added in ${seconds(rows_ms)}, the first index of vectors in ${seconds(index_ms)}`);
  }
  const statement = counting(store);
  const embedder = knownVectors();
  const corpus = createCorpus(size + 2);
  const times = MODES.map(() => ({ all: [] as number[], statement: [] as number[] }));
  for (let i = 0; i < Number(questions) + WARM_UP; i++) {
    for (const [at, mode] of MODES.entries()) {
      const { text, vector } = corpus.asked();
      embedder.give(() => vector);
      const [before, inStatement] = [processorMs(), statement.ms()];
      await recall(statement.store, embedder, { text, mode });
      if (i < WARM_UP) continue;
      times[at]?.all.push(processorMs() - before);
      times[at]?.statement.push(statement.ms() - inStatement);
    }
  }
  for (const [at, { all, statement: own }] of times.entries())
    console.log(`${MODES[at]?.padEnd(8)} p50 / p95 ${milliseconds(all)}, of which the statement ${milliseconds(own)}`);
  console.log(`memory of the process ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`);
  await store.close();
  return 0;
}

/** The same store, and the processor time that its transactions have taken: recall's one statement is in one. */
function counting(store: Store): { store: Store; ms(): number } {
  let ms = 0;
  const transaction: Store['transaction'] = async (work) => {
    const before = processorMs();
    try {
      return await store.transaction(work);
    } finally {
      ms += processorMs() - before;
    }
  };
  const counted = new Proxy(store, {
    get(target, key) {
      if (key === 'transaction') return transaction;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { store: counted, ms: () => ms };
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const milliseconds = (times: number[]) =>
  spread(times)
    .map((time) => `${time.toFixed(1)} ms`)
    .join(' / ');
const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
