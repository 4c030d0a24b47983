import { EngineError } from '../errors';
import type { ContextPassage, Evidence, PromptMessage } from './types';

/** What a generator is asked with. */
export interface GeneratorInput {
  /** The question by itself, with what a follow-up leaves out put in. */
  question: string;
  /** Numbered from 1, as the prompt has them. */
  passages: ContextPassage[];
  evidence: Evidence;
  /** Word for word; a model is given this and nothing else. */
  prompt: PromptMessage[];
  /** The answer's length in tokens, at most. */
  max_tokens: number;
}

/**
 * Writes an answer.
 *
 * @remarks Every implementation passes `tests/unit/chat/generator-acceptance.ts`: words come as they are made, an abort
 *   ends the stream within a moment, a failure is an EngineError with a remedy after the words that came before it,
 *   and nothing hangs.
 */
export interface Generator {
  /** Stable, e.g. `none`, `openai`. */
  readonly id: string;
  /** Tokens that a prompt and its answer may have together; null where nothing bounds them. */
  readonly contextTokens: number | null;
  /** Tokens of passages that it is given unless told: fewer where they are read slowly. */
  readonly passageTokens?: number;
  /** Whether it puts a question that leans on the chat in full, too: on this machine, and large enough for it. */
  readonly rewrites?: boolean;
  /** Too small a model to tell that the passages do not answer: where the evidence says so, it is not asked. */
  readonly small?: boolean;
  /**
   * Markdown in pieces, of any size, with [n] after what stands on passage n. No words at all mean that the passages do
   * not answer.
   * @throws EngineError `aborted` when `signal` fired, else what went wrong, with what the person can do in `remedy`.
   */
  generate(input: GeneratorInput, signal: AbortSignal): AsyncIterable<string>;
  close(): Promise<void>;
}

/** More was given than the model can read, in the words of whoever says so. */
export function contextFull(message: string, cause?: unknown): EngineError {
  return new EngineError('context_full', message, { cause, remedy: 'Leave out passages, or choose a larger model.' });
}
