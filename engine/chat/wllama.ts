/** llama.cpp in WASM, by @wllama/wllama: threads where the browser shares memory, else one. Only in a browser's worker. */
import { LoggerWithoutDebug, Wllama } from '@wllama/wllama/esm/index.js';
import binary from '#wllama/binary?url';
import { EngineError } from '../errors';
import type { ModelRuntime } from './model-runtime';

/** Loads a model; its weights stay in memory until `close`. @throws EngineError `model_invalid`. */
export async function openWllama(file: Blob, contextTokens: number): Promise<ModelRuntime> {
  const logger = { ...LoggerWithoutDebug, log: () => {}, warn: () => {} };
  const llama = new Wllama({ default: new URL(binary, self.location.href).href }, { logger, suppressNativeLog: true });
  try {
    await llama.loadModel([file], {
      n_ctx: contextTokens,
      // one answer at a time
      n_parallel: 1,
      // not seen on a real GPU yet
      n_gpu_layers: 0,
      n_threads: Math.max(1, Math.min(8, Math.floor(navigator.hardwareConcurrency / 2))),
    });
  } catch (cause) {
    await llama.exit();
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
