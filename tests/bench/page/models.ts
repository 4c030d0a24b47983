/** A small model as the extension runs it: llama.cpp in WASM from a file, or WebLLM on the GPU from a folder. */
import { expose } from 'comlink';
import { LOCAL_CONTEXT_TOKENS, packagedLlama } from '../../../engine/chat/local-models';
import type { ModelRuntime } from '../../../engine/chat/model-runtime';
import type { PromptMessage } from '../../../engine/chat/types';
import { libraryOf, loadTaken, packagedWebLlm, takeFolder } from '../../../engine/chat/webllm';

let given: File[] = [];
let runtime: ModelRuntime | null = null;

/** One answer, and when its words came; milliseconds from the asking. */
export interface Completed {
  text: string;
  reason: 'stop' | 'length';
  first_ms: number;
  all_ms: number;
  /** One a token. */
  pieces: number;
}

const bench = {
  give(files: File[]): void {
    given = files;
  },

  /** Resolves with the tokens that its context holds. */
  async load(runsOn: 'processor' | 'gpu'): Promise<number> {
    const [file] = given;
    if (!file) throw new Error('give() comes first');
    if (runsOn === 'processor') {
      runtime = await packagedLlama(file, LOCAL_CONTEXT_TOKENS, false);
      return LOCAL_CONTEXT_TOKENS;
    }
    const webllm = packagedWebLlm(new URL('/', self.location.href).href);
    const files = given.map((one) => ({ path: one.name, file: one }));
    const folder = await takeFolder(webllm, 'bench', files, () => {});
    runtime = await loadTaken(webllm, 'bench', folder);
    return libraryOf(folder.library).context_tokens;
  },

  /** @param prompt of messages, as JSON */
  async complete(prompt: string, max_tokens: number): Promise<Completed> {
    if (!runtime) throw new Error('load() comes first');
    const began = performance.now();
    let first: number | null = null;
    let text = '';
    let pieces = 0;
    const input = { prompt: JSON.parse(prompt) as PromptMessage[], max_tokens };
    const reason = await runtime.complete(
      input,
      (words) => {
        first ??= performance.now() - began;
        text += words;
        pieces++;
      },
      new AbortController().signal,
    );
    const all = performance.now() - began;
    return { text, reason, first_ms: first ?? all, all_ms: all, pieces };
  },
};

export type ModelsWorker = typeof bench;

expose(bench);
