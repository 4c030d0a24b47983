/** What the engine worker and the embedder worker say to each other over their port. */
import type { EmbedderState } from '../api';
import type { SerialisedError } from '../errors';
import type { EmbedKind } from './port';

/** From whoever starts the embedder worker. `baseUrl` is the extension's own root, with a trailing slash. */
export interface BootEmbedder {
  type: 'boot';
  port: MessagePort;
  baseUrl: string;
}

export type ToEmbedder =
  /**
   * Said once, first: loading starts with it. `webgpu` false pins WASM. `files` are the model's by their paths, null for one of
   * the package.
   */
  | { type: 'start'; webgpu: boolean; model: string; files: ReadonlyMap<string, Blob> | null }
  | { type: 'embed'; id: number; texts: string[]; kind: EmbedKind }
  | { type: 'abort'; id: number }
  /** Asks for a `pong`: a worker that does not answer hangs. */
  | { type: 'ping' };

export type FromEmbedder =
  | { type: 'state'; state: EmbedderState }
  | { type: 'vectors'; id: number; vectors: Float32Array[] }
  | { type: 'failed'; id: number; error: SerialisedError }
  /** The GPU device went away; this worker is of no more use. */
  | { type: 'lost'; message: string }
  | { type: 'pong' };
