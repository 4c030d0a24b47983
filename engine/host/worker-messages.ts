import type { Connect } from './serve';

/** From the host to the engine worker. */
export type ToWorker =
  /** With the browser's own model, where it has one. */
  | { type: 'boot'; baseUrl: string; builtIn?: MessagePort }
  | { type: 'embedder'; slot: string; port: MessagePort } // answers `spawn_embedder`
  | Connect;

/** From the engine worker to the host. */
export type FromWorker =
  | { type: 'alive'; lock: string }
  | { type: 'activity'; active: boolean }
  /** A new embedder worker, in place of the one of this slot if there is one: two models may run at a time. */
  | { type: 'spawn_embedder'; slot: string }
  | { type: 'end_embedder'; slot: string };

/** A BroadcastChannel on which the background rings when it has put something into the outbox. */
export const OUTBOX_BELL = 'commonplace:outbox';
