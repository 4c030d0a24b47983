/** The embedder for Node: the CLI, tests and benchmarks. Kept out of `index.ts` so that no browser bundle meets `node:`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { E5_SMALL_V2, type EmbedderModel } from '../../models';
import { rememberQueries } from './cache';
import type { Embedder } from './port';
import { startTransformersEmbedder } from './transformers';

/**
 * The default model on onnxruntime-node's CPU provider.
 * @param directory holds one directory per model, e.g. the project's `models`.
 * @param threads of the CPU provider; 2 unless told.
 */
export function startNodeEmbedder(
  directory: string,
  { model = E5_SMALL_V2, threads = 2 }: { model?: EmbedderModel; threads?: number } = {},
): Embedder {
  return rememberQueries(
    startTransformersEmbedder({
      model,
      ladder: [{ device: 'cpu', dtype: 'q8' }],
      directory,
      threads,
      read: async (path) => new Uint8Array(await readFile(join(directory, model.id, path))),
    }),
  );
}
