/** The small models in a Chromium, as the extension runs them, as generators for a question that is asked in Node. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Generator } from '../../../engine/chat';
import { asLocal } from '../../../engine/chat/local-models';
import { runtimeGenerator } from '../../../engine/chat/model-runtime';
import { WEBLLM_LIBRARIES } from '../../../models/webllm';
import { findGguf } from '../../harness/gguf';
import { findWebLlmModel, SOFTWARE_GPU } from '../../harness/software-gpu';
import type { Completed } from '../page/models';
import { openPage, servePage } from '../page-server';

export type ModelName = 'llama' | 'webllm';

export interface BrowserModel {
  generator: Generator;
  load_ms: number;
  /** One an answer. */
  completed: Completed[];
  /** Proportional set size of the browser's processes for pages, in MB. */
  memoryMb(): number;
  close(): Promise<void>;
}

/**
 * @param longest tokens of an answer at most
 * @throws Error when the model's files are not there
 */
export async function openBrowserModel(name: ModelName, longest = Infinity): Promise<BrowserModel> {
  const files = filesOf(name);
  const { origin, close } = await servePage(files.instead);
  const profile = mkdtempSync(join(tmpdir(), 'commonplace-bench-'));
  const page = await openPage(profile, origin, 'models', console.error, name === 'webllm' ? SOFTWARE_GPU : []);
  await page.give(...files.given);
  const began = performance.now();
  const runs_on = name === 'webllm' ? 'gpu' : 'processor';
  const contextTokens = await page.call<number>('load', runs_on);
  const load_ms = performance.now() - began;
  const completed: Completed[] = [];
  const generator = runtimeGenerator({
    id: name,
    contextTokens,
    patience: { loadMs: 60_000, firstMs: 3_600_000, stallMs: 3_600_000 },
    load: () =>
      Promise.resolve({
        async complete({ prompt, max_tokens }, onWords) {
          const one = await page.call<Completed>('complete', JSON.stringify(prompt), Math.min(max_tokens, longest));
          completed.push(one);
          onWords(one.text);
          return one.reason;
        },
        close: async () => {},
      }),
  });
  const bytes = files.given.reduce((sum, path) => sum + statSync(path).size, 0);
  return {
    generator: asLocal(generator, { bytes, runs_on }),
    load_ms,
    completed,
    memoryMb: () => page.memoryMb(),
    async close() {
      await page.close();
      close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

function filesOf(name: ModelName): { given: string[]; instead: Record<string, string> } {
  if (name === 'llama') {
    const path = findGguf();
    if (path === null) throw new Error('The small model for llama is not there: see tests/harness/gguf.ts.');
    return { given: [path], instead: {} };
  }
  const model = findWebLlmModel();
  if (model === null) throw new Error('COMMONPLACE_MODELS has no model for WebLLM.');
  return {
    given: readdirSync(model.folder).map((file) => join(model.folder, file)),
    instead: { [`/models/${WEBLLM_LIBRARIES[0]?.library.path}`]: model.library },
  };
}
