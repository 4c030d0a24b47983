/** Answers by the browser's own model. */
import { EngineError } from '../errors';
import type { BuiltIn } from '../prompt-api';
import { type RuntimePatience, runtimeGenerator } from './model-runtime';
import { estimateTokens } from './pack';
import type { Generator } from './port';

export const BUILT_IN = 'prompt-api';

/**
 * Tokens of prompt and answer. A session says how many it has room for, and none is made for looking: this is less than any of
 * them was reported to have, and what is sent is counted by the model first.
 */
const BUILT_IN_CONTEXT_TOKENS = 4_096;

export function builtInGenerator(model: BuiltIn, patience?: RuntimePatience): Generator {
  const generator = runtimeGenerator({
    id: BUILT_IN,
    contextTokens: BUILT_IN_CONTEXT_TOKENS,
    ...(patience ? { patience } : {}),
    async load() {
      const state = await model.availability();
      if (state !== 'available') {
        throw new EngineError('model_missing', `The browser's own model is ${state}.`, {
          remedy: 'Look at it under “Models”, or choose another.',
        });
      }
      return {
        /** It knows no longest answer: it is stopped there. */
        async complete({ prompt, max_tokens }, onWords, signal) {
          const enough = new AbortController();
          let tokens = 0;
          try {
            await model.complete(
              prompt,
              (words) => {
                if (enough.signal.aborted) return;
                onWords(words);
                tokens += estimateTokens(words);
                if (tokens >= max_tokens) enough.abort();
              },
              AbortSignal.any([signal, enough.signal]),
            );
          } catch (error) {
            if (!enough.signal.aborted || signal.aborted) throw error;
          }
          return enough.signal.aborted ? 'length' : 'stop';
        },
        close: async () => {}, // each answer's session ends with it
      };
    },
  });
  return { ...generator, rewrites: true };
}
