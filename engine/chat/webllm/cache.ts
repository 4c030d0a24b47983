/** Where WebLLM reads weights: the Cache API, under addresses that nobody answers at. */
import { EngineError } from '../../errors';
import { CONFIG } from './folder';

export interface WeightCache {
  /** Writes all of `pieces`; nothing of the file is there when it rejects. @throws EngineError `store_full`. */
  write(model: string, path: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** Which files of a model are there. */
  list(model: string): Promise<string[]>;
  remove(model: string): Promise<void>;
}

/** WebLLM takes what stands before `/resolve/` for the model and what follows for its version. */
export function weightsUrl(model: string): string {
  return `https://weights.invalid/${model}/resolve/1/`;
}

/** By WebLLM's own names. */
const CONFIGS = 'webllm/config';
const WEIGHTS = 'webllm/model';

export function browserWeightCache(): WeightCache {
  return {
    async write(model, path, pieces) {
      const cache = await caches.open(path === CONFIG ? CONFIGS : WEIGHTS);
      const iterator = pieces[Symbol.asyncIterator]();
      let cause: Error | null = null;
      const body = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            try {
              const next = await iterator.next();
              if (next.done) controller.close();
              else controller.enqueue(next.value);
            } catch (error) {
              cause = error instanceof Error ? error : new Error(String(error));
              controller.error(error);
            }
          },
          cancel: async () => {
            await iterator.return?.();
          },
        },
        { highWaterMark: 0 },
      );
      const url = weightsUrl(model) + path;
      try {
        await cache.put(url, new Response(body as BodyInit));
      } catch (error) {
        await cache.delete(url);
        // the cache tells of a stream that failed, and not of why
        if (cause !== null) throw cause as Error;
        if ((error as { name?: string }).name === 'QuotaExceededError') {
          throw new EngineError('store_full', 'There is no room for this model.', {
            cause: error,
            remedy: 'Free space on this computer, or remove another model.',
          });
        }
        throw error;
      }
    },
    async list(model) {
      const base = weightsUrl(model);
      const keys = await Promise.all([CONFIGS, WEIGHTS].map(async (name) => (await caches.open(name)).keys()));
      return keys
        .flat()
        .map(({ url }) => url)
        .filter((url) => url.startsWith(base))
        .map((url) => url.slice(base.length));
    },
    async remove(model) {
      for (const name of [CONFIGS, WEIGHTS]) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
          if (request.url.startsWith(weightsUrl(model))) await cache.delete(request);
        }
      }
    },
  };
}
