/** Gives the benchmark's runner the workers in which all of it happens, as the engine's does in the extension. */
import { wrap } from 'comlink';
import type { PeersWorker } from './peers';
import type { BenchWorker } from './worker';

// One of them in a page: what the other would have loaded would count as its memory.
Object.assign(globalThis, {
  start: (which: 'engine' | 'peers') => {
    const worker =
      which === 'engine'
        ? new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
        : new Worker(new URL('./peers.ts', import.meta.url), { type: 'module' });
    Object.assign(globalThis, { bench: wrap<BenchWorker | PeersWorker>(worker) });
  },
});
