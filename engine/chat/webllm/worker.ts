/**
 * The worker that runs one model on the GPU, by WebLLM.
 *
 * Nothing is fetched but the extension's own files: the weights are in the cache before it starts, and what is not there
 * is an error. WebLLM writes what goes wrong on the GPU on the console and goes on with garbage; here it ends the answer.
 */
import { MLCEngine } from '@mlc-ai/web-llm';
import type { PromptMessage } from '../types';
import type { FromWebLlm, LoadWebLlm, ToWebLlm } from './messages';

/** What a chat template puts around one message, at most, and around all of them. */
const TURN_TOKENS = 8;
const TEMPLATE_TOKENS = 32;
/** With less room than this an answer is not begun. */
const LEAST_ANSWER_TOKENS = 32;

const MODEL = 'model';
const say = (message: FromWebLlm) => {
  self.postMessage(message);
};

let gpuFault: string | null = null;
let device: GPUDevice | null = null;
let loaded: { engine: MLCEngine; options: LoadWebLlm } | null = null;

const ownFetch = self.fetch.bind(self);
self.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input, self.location.href);
  return url.origin === self.location.origin
    ? ownFetch(input, init)
    : Promise.reject(new Error(`${url.href} is not in the cache`));
};

const requestDevice = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (descriptor) {
  const given = await requestDevice.call(this, descriptor);
  device = given;
  given.addEventListener('uncapturederror', ({ error }) => {
    fault(`${error.constructor.name}: ${error.message}`);
  });
  void given.lost.then(({ reason, message }) => {
    if (reason !== 'destroyed') fault(`the device was lost: ${message}`);
  });
  return given;
};

function fault(message: string): void {
  // the first says what went wrong, those that follow come of it
  if (gpuFault !== null) return;
  gpuFault = message;
  say({ type: 'failed', message });
}

/** Until all that was sent to the GPU is through, and its errors are here. */
async function settle(): Promise<void> {
  await device?.queue.onSubmittedWorkDone();
  if (gpuFault !== null) throw new Error(gpuFault);
}

async function load(options: LoadWebLlm): Promise<void> {
  const engine = new MLCEngine({
    appConfig: {
      cacheBackend: 'cache',
      model_list: [
        {
          model_id: MODEL,
          model: options.weightsUrl,
          model_lib: options.libraryUrl,
          overrides: { context_window_size: options.contextTokens },
        },
      ],
    },
    logLevel: 'WARN',
  });
  await engine.reload(MODEL);
  await settle();
  loaded = { engine, options };
  say({ type: 'loaded' });
}

/** By the model's own tokenizer, which WebLLM keeps to itself. */
function count(engine: MLCEngine, prompt: PromptMessage[]): number {
  const { loadedModelIdToPipeline: pipelines } = engine as unknown as {
    loadedModelIdToPipeline: Map<string, { tokenizer: { encode(text: string): Int32Array } }>;
  };
  const tokenizer = pipelines.get(MODEL)?.tokenizer;
  if (!tokenizer) throw new Error('WebLLM lost its model');
  return prompt.reduce((sum, { content }) => sum + tokenizer.encode(content).length + TURN_TOKENS, TEMPLATE_TOKENS);
}

async function complete(prompt: PromptMessage[], longest: number): Promise<void> {
  if (!loaded) throw new Error('it was asked before it was loaded');
  const { engine, options } = loaded;
  const tokens = count(engine, prompt);
  const room = options.contextTokens - tokens;
  if (room < LEAST_ANSWER_TOKENS) {
    const message = `The prompt has ${tokens} tokens, and the model reads ${options.contextTokens} with its answer.`;
    say({ type: 'context_full', message });
    return;
  }
  const stream = await engine.chat.completions.create({
    messages: prompt,
    max_tokens: Math.min(longest, room),
    temperature: 0,
    stream: true,
    ...(options.thinks ? { extra_body: { enable_thinking: false } } : {}),
  });
  let reason: 'stop' | 'length' = 'stop';
  for await (const { choices } of stream) {
    if (gpuFault !== null) return;
    const [choice] = choices;
    const words = choice?.delta.content;
    if (words) say({ type: 'words', words });
    if (choice?.finish_reason === 'length') reason = 'length';
  }
  await settle();
  say({ type: 'ended', reason });
}

self.onmessage = ({ data }: MessageEvent<ToWebLlm>) => {
  if (data.type === 'interrupt') {
    void loaded?.engine.interruptGenerate();
    return;
  }
  const work = data.type === 'load' ? load(data) : complete(data.prompt, data.max_tokens);
  work.catch((error: unknown) => {
    fault(error instanceof Error ? error.message : String(error));
  });
};
