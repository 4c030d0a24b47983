/** A model on the GPU, in a worker of its own: the only way to end one that hangs, and to give its memory back. */
import { EngineError } from '../../errors';
import type { ModelRuntime } from '../model-runtime';
import { contextFull } from '../port';
import type { FromWebLlm, LoadWebLlm, ToWebLlm } from './messages';

export interface WebLlmWorker {
  postMessage(message: ToWebLlm): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<FromWebLlm>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

interface Answer {
  onWords: (words: string) => void;
  resolve: (reason: 'stop' | 'length') => void;
  reject: (error: EngineError) => void;
}

/** Loads a model. The worker is ended when that fails, and by `close`. @throws EngineError `model_failed`. */
export async function openWebLlm(worker: WebLlmWorker, load: LoadWebLlm): Promise<ModelRuntime> {
  let answer: Answer | null = null;
  let broken: EngineError | null = null;

  const loaded = new Promise<void>((resolve, reject) => {
    const fail = (message: string) => {
      broken = failure(message);
      reject(broken);
      answer?.reject(broken);
    };
    worker.onmessage = ({ data }) => {
      if (data.type === 'loaded') resolve();
      // what comes after a fault is noise
      else if (data.type === 'words') (broken ? null : answer)?.onWords(data.words);
      else if (data.type === 'ended') answer?.resolve(data.reason);
      else if (data.type === 'failed') fail(data.message);
      else answer?.reject(contextFull(data.message));
    };
    worker.onerror = (event) => {
      fail(event.message || 'its worker ended');
    };
  });
  worker.postMessage({ type: 'load', ...load });
  try {
    await loaded;
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return {
    async complete({ prompt, max_tokens }, onWords, signal) {
      signal.throwIfAborted();
      if (broken) throw broken;
      const ended = new Promise<'stop' | 'length'>((resolve, reject) => {
        answer = { onWords, resolve, reject };
      });
      const interrupt = () => {
        worker.postMessage({ type: 'interrupt' });
      };
      signal.addEventListener('abort', interrupt, { once: true });
      worker.postMessage({ type: 'complete', prompt, max_tokens });
      try {
        const reason = await ended;
        signal.throwIfAborted();
        return reason;
      } finally {
        signal.removeEventListener('abort', interrupt);
        answer = null;
      }
    },
    close: async () => {
      worker.terminate();
    },
  };
}

function failure(message: string): EngineError {
  const isMemory = /memory|alloc/iu.test(message);
  const isLost = /device.{0,20}lost|lost.{0,20}device/iu.test(message);
  return new EngineError(
    'model_failed',
    isMemory
      ? `The graphics card ran out of memory: ${message}`
      : isLost
        ? `The graphics card was taken away from the model: ${message}`
        : `The model failed on the graphics card: ${message}`,
    {
      remedy: isMemory
        ? 'Close other tabs, or choose a smaller model.'
        : 'Ask again, or choose a model that runs on the processor.',
    },
  );
}
