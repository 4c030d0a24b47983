/**
 * The embedder worker of the browser: loads the model on WebGPU or WASM and answers over the port it is booted with.
 * Nothing is fetched but the extension's own files; those of a model that the person added are handed in.
 */
import wasmGlue from '#ort/glue?url';
import wasmBinary from '#ort/binary?url';
import runtimeHasWebGpu from '#ort/webgpu';
import { EngineError } from '../errors';
import { EMBEDDERS } from '../../models';
import { fetchModelFile, readBlobs } from './files';
import type { Embedder } from './port';
import type { BootEmbedder, FromEmbedder, ToEmbedder } from './protocol';
import { startTransformersEmbedder, type Rung } from './transformers';

/** What onnxruntime says when the GPU is gone. */
const LOST = /device.{0,20}lost|Invalid Buffer|No available adapters/i;

self.onmessage = ({ data }: MessageEvent<BootEmbedder>) => {
  if (data.type === 'boot') serve(data.port, data.baseUrl);
};

function serve(port: MessagePort, baseUrl: string): void {
  const say = (message: FromEmbedder, transfer: Transferable[] = []) => {
    port.postMessage(message, transfer);
  };
  const calls = new Map<number, AbortController>();
  let embedder: Promise<Embedder> | null = null;

  async function start({ webgpu, model: id, files }: Extract<ToEmbedder, { type: 'start' }>): Promise<Embedder> {
    const model = EMBEDDERS.find((one) => one.id === id);
    if (!model) throw new EngineError('internal', `There is no embedder ${id}.`);
    const ladder: Rung[] = [{ device: 'wasm', dtype: 'q8' }];
    if (webgpu && model.weights.q4 && (await hasGpu())) ladder.unshift({ device: 'webgpu', dtype: 'q4' });
    const started = startTransformersEmbedder({
      model,
      ladder,
      threads: threads(),
      read: files ? readBlobs(files) : fetchModelFile(`${baseUrl}models/${id}`),
      wasmPaths: { mjs: new URL(wasmGlue, baseUrl).href, wasm: new URL(wasmBinary, baseUrl).href },
      onRefused: (rung, error) => {
        console.warn(`commonplace: the embedder does not use ${rung.device}: ${error.message}`);
      },
    });
    started.onState((state) => {
      say({ type: 'state', state });
    });
    say({ type: 'state', state: started.state() });
    return started;
  }

  async function answer(id: number, request: Extract<ToEmbedder, { type: 'embed' }>): Promise<void> {
    const abort = new AbortController();
    calls.set(id, abort);
    try {
      if (!embedder) throw new EngineError('internal', 'The embedder was asked before it was started.');
      const vectors = await (await embedder).embed(request.texts, request.kind, abort.signal);
      say(
        { type: 'vectors', id, vectors },
        vectors.map((vector) => vector.buffer),
      );
    } catch (cause) {
      const error = EngineError.from(cause);
      const onGpu = await embedder?.then((e) => (e.state() as { device?: string }).device === 'webgpu');
      if (onGpu && LOST.test(error.message)) say({ type: 'lost', message: error.message });
      else say({ type: 'failed', id, error: error.serialise() });
    } finally {
      calls.delete(id);
    }
  }

  port.onmessage = ({ data }: MessageEvent<ToEmbedder>) => {
    switch (data.type) {
      case 'start':
        embedder ??= start(data);
        return;
      case 'embed':
        void answer(data.id, data);
        return;
      case 'abort':
        calls.get(data.id)?.abort();
        return;
      case 'ping':
        say({ type: 'pong' });
    }
  };
}

/** Threads need shared memory, which needs cross-origin isolation: Chrome's extensions have it, Firefox's do not. */
function threads(): number {
  return self.crossOriginIsolated ? Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1)) : 1;
}

/** Whether there is a real GPU: a software one is slower than WASM (seconds a query). */
async function hasGpu(): Promise<boolean> {
  if (!runtimeHasWebGpu || !('gpu' in navigator)) return false;
  const gpu = navigator.gpu as { requestAdapter(): Promise<{ info?: { isFallbackAdapter?: boolean } } | null> };
  const adapter = await Promise.race([
    gpu.requestAdapter(),
    new Promise<null>((resolve) => {
      setTimeout(resolve, 3000, null);
    }),
  ]);
  return adapter !== null && adapter.info?.isFallbackAdapter !== true;
}
