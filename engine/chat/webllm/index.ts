/** Models on the GPU, by WebLLM: libraries of the package, weights that the person brings. */
import type { LoadWebLlm } from './messages';
import { findAdapter } from './adapter';
import { browserWeightCache } from './cache';
import type { WebLlm } from './models';
import { openWebLlm } from './runtime';

export { type GpuAdapter, judgeAdapter } from './adapter';
export type { WeightCache } from './cache';
export { gpuReport, happen, type Happened, nothingHappened } from './report';
export {
  gpuFacts,
  hasLists,
  libraryOf,
  loadTaken,
  readLists,
  type TakenFolder,
  takeFolder,
  type WebLlm,
} from './models';

/** WebLLM as the package has it; only in a browser's worker. `baseUrl` is where the extension's own files lie. */
export function packagedWebLlm(baseUrl: string): WebLlm {
  const url = (path: string) => `${baseUrl}models/${path}`;
  return {
    weights: browserWeightCache(),
    url,
    read: async (path) => new Uint8Array(await (await fetch(url(path))).arrayBuffer()),
    open: (load: LoadWebLlm) =>
      openWebLlm(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'webllm' }), load),
    adapter: findAdapter,
  };
}
