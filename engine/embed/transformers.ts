import { EngineError } from '../errors';
import type { EmbedderState } from '../api';
import { embedderModelId, type EmbedderDtype } from '../../models';
import { loadEncoder, type Device, type Encoder, type EncoderOptions } from './encoder';
import { checkGolden } from './golden';
import type { Embedder } from './port';
import { EmbedQueue } from './queue';

/** A backend to try. */
export interface Rung {
  device: Device;
  dtype: EmbedderDtype;
}

export interface TransformersOptions extends Omit<EncoderOptions, 'device' | 'dtype'> {
  /** Tried in order; the first that loads and passes the golden check is used. */
  ladder: Rung[];
  /** Called once per backend that was not used, with why. */
  onRefused?: (rung: Rung, error: EngineError) => void;
}

/**
 * The embedder that runs in this very thread: transformers.js on onnxruntime (Node: native; a browser's worker:
 * WebGPU or WASM). Starts loading at once; `embed` waits for it.
 */
export function startTransformersEmbedder(options: TransformersOptions): Embedder {
  const { model, ladder } = options;
  const first = ladder[0] as Rung;
  let current: EmbedderState = { state: 'loading', model_id: embedderModelId(model, first.dtype) };
  const listeners = new Set<(state: EmbedderState) => void>();
  const change = (next: EmbedderState) => {
    current = next;
    for (const listener of listeners) listener(next);
  };
  let queue: EmbedQueue | null = null;
  let closed: EngineError | null = null;
  const refuseWhenClosed = () => {
    if (closed instanceof EngineError) throw closed;
  };

  const loading = load().then(
    (encoder) => {
      if (closed) return encoder;
      queue = new EmbedQueue((rows) => encoder.encode(rows));
      const { device, dtype } = encoder;
      change({ state: 'ready', model_id: embedderModelId(model, dtype), device, dtype });
      return encoder;
    },
    (error: unknown) => {
      const reason = EngineError.from(error, 'embedder_unavailable');
      change({ state: 'unavailable', model_id: current.model_id, error: reason.message });
      throw reason;
    },
  );
  loading.catch(() => undefined); // the state says it; each `embed` rejects with it

  async function load(): Promise<Encoder> {
    const refused: EngineError[] = [];
    for (const rung of ladder) {
      change({ state: 'loading', model_id: embedderModelId(model, rung.dtype) });
      let encoder: Encoder | null = null;
      try {
        encoder = await loadEncoder({ ...options, ...rung });
        await checkGolden(encoder, model, options.read);
        return encoder;
      } catch (cause) {
        const error = EngineError.from(cause, 'embedder_unavailable');
        refused.push(error);
        options.onRefused?.(rung, error);
        await encoder?.dispose().catch(() => undefined); // it is broken already; what it says now adds nothing
      }
    }
    throw new EngineError(
      'embedder_unavailable',
      `No backend can run ${model.id}: ${refused.map((error) => error.message).join(' | ')}`,
      { cause: refused.at(-1), remedy: 'Search goes on with words.' },
    );
  }

  return {
    get modelId() {
      return current.model_id;
    },
    dimensions: model.dimensions,
    state: () => current,
    onState(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async embed(texts, kind, signal) {
      refuseWhenClosed();
      const encoder = await waitFor(loading, signal);
      refuseWhenClosed();
      return (queue as EmbedQueue).add(
        texts.map((text) => encoder.tokenise(text, kind)),
        kind,
        signal,
      );
    },
    async close() {
      if (closed) return;
      closed = new EngineError('engine_restarting', 'The embedder was closed.');
      queue?.close(closed);
      const encoder = await loading.catch(() => null);
      await encoder?.dispose();
    },
  };
}

/** `promise`, or `aborted` as soon as the signal fires. */
export function waitFor<Value>(promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new EngineError('aborted', 'The call was aborted.'));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
