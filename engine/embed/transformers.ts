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

interface Loaded {
  encoder: Encoder;
  queue: EmbedQueue;
  /** Its place on the ladder. */
  rung: number;
  /** Whether it passed the rest of the check; null until passages are asked for. */
  checked: Promise<boolean> | null;
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
  let closed: EngineError | null = null;
  const refuseWhenClosed = () => {
    if (closed instanceof EngineError) throw closed;
  };
  const refused: EngineError[] = [];
  const refuse = (rung: number, cause: unknown) => {
    const error = EngineError.from(cause, 'embedder_unavailable');
    refused.push(error);
    options.onRefused?.(ladder[rung] as Rung, error);
  };
  let loading = use(0);

  /** The first from this rung on that loads and answers a golden question. The state says how it goes. */
  function use(from: number): Promise<Loaded> {
    const loaded = load(from).then(
      (one) => {
        const { device, dtype } = one.encoder;
        if (!closed) change({ state: 'ready', model_id: embedderModelId(model, dtype), device, dtype });
        return one;
      },
      (error: unknown) => {
        const reason = EngineError.from(error, 'embedder_unavailable');
        change({ state: 'unavailable', model_id: current.model_id, error: reason.message });
        throw reason;
      },
    );
    loaded.catch(() => undefined); // the state says it; each `embed` rejects with it
    return loaded;
  }

  async function load(from: number): Promise<Loaded> {
    for (let rung = from; rung < ladder.length; rung++) {
      const { device, dtype } = ladder[rung] as Rung;
      change({ state: 'loading', model_id: embedderModelId(model, dtype) });
      let encoder: Encoder | null = null;
      try {
        const made = (encoder = await loadEncoder({ ...options, device, dtype }));
        await checkGolden(made, model, options.read, 'first');
        return { encoder: made, queue: new EmbedQueue((rows) => made.encode(rows)), rung, checked: null };
      } catch (cause) {
        refuse(rung, cause);
        await encoder?.dispose().catch(() => undefined); // it is broken already; what it says now adds nothing
      }
    }
    throw new EngineError(
      'embedder_unavailable',
      `No backend can run ${model.id}: ${refused.map((error) => error.message).join(' | ')}`,
      { cause: refused.at(-1), remedy: 'Search goes on with words.' },
    );
  }

  /** What passed all of the check: no vector is kept before. What fails it is given up for the next rung. */
  async function sound(): Promise<Loaded> {
    for (;;) {
      const loaded = await loading;
      const { encoder, queue, rung } = loaded;
      loaded.checked ??= checkGolden(encoder, model, options.read, 'rest', (rows) => queue.add(rows, 'passage')).then(
        () => true,
        (cause: unknown) => {
          refuseWhenClosed();
          refuse(rung, cause);
          queue.close(new EngineError('engine_restarting', 'The embedder goes over to another backend.'));
          loading = use(rung + 1);
          void encoder.dispose().catch(() => undefined);
          return false;
        },
      );
      if (await loaded.checked) return loaded;
    }
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
      const { encoder, queue } = await waitFor(kind === 'passage' ? sound() : loading, signal);
      refuseWhenClosed();
      return queue.add(
        texts.map((text) => encoder.tokenise(text, kind)),
        kind,
        signal,
      );
    },
    async close() {
      if (closed) return;
      const why = new EngineError('engine_restarting', 'The embedder was closed.');
      closed = why;
      const loaded = await loading.catch(() => null);
      loaded?.queue.close(why);
      await loaded?.encoder.dispose();
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
