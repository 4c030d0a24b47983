/** The model's worker is `worker.ts`; Node has `node.ts`, which no browser bundle may meet. */
export { connectEmbedder, type ConnectOptions } from './client';
export { isPinned } from './files';
export { normalise } from './normalise';
export type { Embedder, EmbedKind } from './port';
