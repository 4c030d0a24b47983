import type { Connect } from './serve';

/** From the host to the engine worker. */
export type ToWorker =
  | { type: 'boot'; baseUrl: string }
  | { type: 'embedder'; port: MessagePort } // answers `spawn_embedder`
  | Connect;

/** From the engine worker to the host. */
export type FromWorker =
  { type: 'alive'; lock: string } | { type: 'activity'; active: boolean } | { type: 'spawn_embedder' };

/** A BroadcastChannel on which the background rings when it has put something into the outbox. */
export const OUTBOX_BELL = 'commonplace:outbox';
