/** What the engine and the worker of a model on the GPU say to each other. */
import type { PromptMessage } from '../types';

export interface LoadWebLlm {
  /** The extension's own file. */
  libraryUrl: string;
  /** Under which the weights lie in the cache; nothing answers there. */
  weightsUrl: string;
  contextTokens: number;
  /** Whether it thinks before it answers unless told not to. */
  thinks: boolean;
}

export type ToWebLlm =
  | ({ type: 'load' } & LoadWebLlm)
  | { type: 'complete'; prompt: PromptMessage[]; max_tokens: number }
  | { type: 'interrupt' };

export type FromWebLlm =
  | { type: 'loaded' }
  | { type: 'words'; words: string }
  | { type: 'ended'; reason: 'stop' | 'length' }
  /** No answer is made; the model is as it was. */
  | { type: 'context_full'; message: string }
  /** Nothing that it says from here on is to be trusted. */
  | { type: 'failed'; message: string };
