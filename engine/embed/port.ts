import type { EmbedderState } from '../api';

/** Which side of a search a text is on; e5 was trained with a different prefix for each. */
export type EmbedKind = 'query' | 'passage';

/**
 * Turns texts into vectors on this machine.
 *
 * @remarks `modelId` and `state()` may change while the embedder lives: a lost GPU makes it fall back to WASM, whose
 * vectors are of another model id. A call that was under way then rejects with `engine_restarting`, so vectors that
 * were returned are always those of the `modelId` read just before the call. Read it anew for every call.
 */
export interface Embedder {
  /** `<model>/<dtype>/<version>`, stored with each vector; never compare vectors of two ids. */
  readonly modelId: string;
  readonly dimensions: number;
  state(): EmbedderState;
  /** Calls `listener` on every change of the state until the returned function is called. */
  onState(listener: (state: EmbedderState) => void): () => void;
  /**
   * One L2-normalised vector per text, in the order given. Waits while the model loads. Texts beyond the model's
   * length are cut. Queries overtake passages: a passage call gives way between batches.
   *
   * @throws EngineError `aborted`, `embedder_unavailable`, `timeout`, or `engine_restarting` (repeat the call).
   */
  embed(texts: string[], kind: EmbedKind, signal?: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
}
