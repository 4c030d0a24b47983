/** llama.cpp in WASM, by @wllama/wllama: threads where the browser shares memory, else one. Only in a browser's worker. */
import { LoggerWithoutDebug, Wllama } from '@wllama/wllama/esm/index.js';
import binary from '#wllama/binary?url';
import { EngineError } from '../errors';
import type { ModelRuntime } from './model-runtime';

/** More layers than any model has. */
const ALL_LAYERS = 99_999;

/**
 * Loads a model; its weights stay in memory until `close`.
 *
 * @param gpu whether it goes onto the graphics card by WebGPU; where there is none, llama.cpp takes the processor by itself
 * @throws EngineError `model_invalid`; with `gpu` `model_failed`, since the model itself may be sound.
 */
export async function openWllama(file: Blob, contextTokens: number, gpu: boolean): Promise<ModelRuntime> {
  const logger = { ...LoggerWithoutDebug, log: () => {}, warn: () => {} };
  const llama = new Wllama({ default: new URL(binary, self.location.href).href }, { logger, suppressNativeLog: true });
  try {
    await llama.loadModel([file], {
      n_ctx: contextTokens,
      // one answer at a time
      n_parallel: 1,
      n_gpu_layers: gpu ? ALL_LAYERS : 0,
      n_threads: Math.max(1, Math.min(8, Math.floor(navigator.hardwareConcurrency / 2))),
    });
  } catch (cause) {
    await llama.exit();
    if (gpu) {
      throw new EngineError('model_failed', `llama.cpp cannot run this model on the graphics card: ${String(cause)}`, {
        cause,
        remedy: 'Take it off the graphics card on the page of models, and ask again.',
      });
    }
    throw new EngineError('model_invalid', `llama.cpp cannot load this model: ${String(cause)}`, {
      cause,
      remedy: 'It may be of a newer kind, damaged, or too large for this computer’s memory.',
    });
  }
  return {
    async complete({ prompt, max_tokens }, onWords, signal) {
      const stream = await llama.createChatCompletion({
        messages: prompt,
        max_tokens,
        temperature: 0,
        stream: true,
        abortSignal: signal,
      });
      let reason: string | null = null;
      for await (const { choices } of stream) {
        const [choice] = choices;
        if (typeof choice?.delta.content === 'string') onWords(choice.delta.content);
        reason = choice?.finish_reason ?? reason;
      }
      return reason === 'length' ? 'length' : 'stop';
    },
    close: () => llama.exit(),
  };
}
