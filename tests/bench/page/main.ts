/** Gives the benchmark's runner the workers in which all of it happens, as the engine's does in the extension. */
import { wrap } from 'comlink';
import type { ExchangeWorker } from './exchange';
import type { ModelsWorker } from './models';
import type { PeersWorker } from './peers';
import type { BenchWorker } from './worker';

// One of them in a page: what the other would have loaded would count as its memory.
const WORKERS = {
  engine: () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
  exchange: () => new Worker(new URL('./exchange.ts', import.meta.url), { type: 'module' }),
  models: () => new Worker(new URL('./models.ts', import.meta.url), { type: 'module' }),
  peers: () => new Worker(new URL('./peers.ts', import.meta.url), { type: 'module' }),
};
export type BenchWorkerName = keyof typeof WORKERS;

Object.assign(globalThis, {
  start(which: BenchWorkerName) {
    const bench = wrap<BenchWorker | ExchangeWorker | ModelsWorker | PeersWorker>(WORKERS[which]());
    const input = document.querySelector('input');
    const give = () => (bench as unknown as ExchangeWorker).give([...(input?.files ?? [])]);
    Object.assign(globalThis, { bench, give });
  },
});
