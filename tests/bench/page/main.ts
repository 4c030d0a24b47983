/** Gives the benchmark's runner the worker in which all of it happens, as the engine's does in the extension. */
import { wrap } from 'comlink';
import type { BenchWorker } from './worker';

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
Object.assign(globalThis, { bench: wrap<BenchWorker>(worker) });
