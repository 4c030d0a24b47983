/** Answers by a model that runs in this browser, whatever runs it: its patience, its stops and its faults in words. */
import { EngineError } from '../errors';
import { contextFull, type Generator, type GeneratorInput } from './port';
import type { PromptMessage } from './types';

/** A loaded model. */
export interface ModelRuntime {
  /** Resolves with why it ended: by itself, or at `max_tokens` or the end of its context. Rejects when `signal` fires. */
  complete(
    input: { prompt: PromptMessage[]; max_tokens: number },
    onWords: (words: string) => void,
    signal: AbortSignal,
  ): Promise<'stop' | 'length'>;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  id: string;
  /** Loads the model when it is first asked; again after it failed. */
  load: () => Promise<ModelRuntime>;
  contextTokens: number;
  patience?: RuntimePatience;
}

export interface RuntimePatience {
  /** Milliseconds to load, and then to read the prompt: on one thread a small model reads some 30 tokens a second. */
  loadMs: number;
  firstMs: number;
  /** Milliseconds between two words. */
  stallMs: number;
}

const PATIENCE: RuntimePatience = { loadMs: 300_000, firstMs: 300_000, stallMs: 60_000 };

/**
 * A model whose words stop coming is closed, and loaded again for the next question; one that is stopped by the person
 * stays loaded.
 */
export function runtimeGenerator({ id, load, contextTokens, patience = PATIENCE }: RuntimeOptions): Generator {
  let loaded: Promise<ModelRuntime> | null = null;
  /** The one before has to be through: the runtime holds one context. */
  let busy: Promise<unknown> = Promise.resolve();

  /** Not waited for: what hangs would hold the answer. */
  const drop = () => {
    const old = loaded;
    loaded = null;
    busy = Promise.resolve();
    old
      ?.then((runtime) => runtime.close())
      .catch((error: unknown) => {
        console.debug('commonplace: a model that was given up did not end well', error);
      });
  };

  async function* words(input: GeneratorInput, signal: AbortSignal): AsyncGenerator<string> {
    signal.throwIfAborted();
    loaded ??= load();
    let runtime: ModelRuntime;
    try {
      runtime = await within(loaded, patience.loadMs, 'loaded', signal);
    } catch (error) {
      // Who stops while it loads finds it loaded the next time.
      if (!signal.aborted) drop();
      throw error;
    }
    const pieces: string[] = [];
    let wake: () => void = () => {};
    let ended: { reason: 'stop' | 'length' } | { error: unknown } | null = null;
    const stop = new AbortController();
    const run = runtime
      .complete(
        { prompt: input.prompt, max_tokens: input.max_tokens },
        (piece) => {
          pieces.push(piece);
          wake();
        },
        AbortSignal.any([signal, stop.signal]),
      )
      .then(
        (reason) => {
          ended = { reason };
        },
        (error: unknown) => {
          ended = { error };
        },
      )
      .finally(() => {
        wake();
      });
    busy = run;
    const state = () => ended;
    let wait = patience.firstMs;
    try {
      for (;;) {
        while (pieces.length > 0) yield pieces.shift() as string;
        const end = state();
        if (end) {
          if ('error' in end) throw end.error;
          if (end.reason === 'length') throw tooLong();
          return;
        }
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (pieces.length === 0 && !state()) await within(more, wait, 'answered', signal);
        wait = patience.stallMs;
      }
    } catch (error) {
      if (signal.aborted) throw new EngineError('aborted', 'The answer was stopped.', { cause: error });
      // neither says anything about the model
      if (error instanceof EngineError && (error.code === 'answer_cut' || error.code === 'context_full')) throw error;
      drop();
      throw inWords(error);
    } finally {
      stop.abort();
    }
  }

  return {
    id,
    contextTokens,
    async *generate(input, signal) {
      try {
        // One that does not heed its stop is given up.
        await within(busy, patience.stallMs, 'stopped', signal).catch(drop);
        yield* words(input, signal);
      } catch (error) {
        if (signal.aborted) throw new EngineError('aborted', 'The answer was stopped.', { cause: error });
        throw error;
      }
    },
    close: async () => {
      drop();
    },
  };
}

async function within<Value>(
  work: Promise<Value>,
  milliseconds: number,
  what: string,
  signal: AbortSignal,
): Promise<Value> {
  let end: () => void = () => {};
  const over = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(
        new EngineError('timeout', `The model has not ${what} for ${Math.round(milliseconds / 1000)} seconds.`, {
          remedy: 'Ask again, or choose a smaller model.',
        }),
      );
    }, milliseconds);
    const abort = () => {
      reject(new EngineError('aborted', 'The answer was stopped.'));
    };
    signal.addEventListener('abort', abort, { once: true });
    end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    end();
  }
}

function tooLong(): EngineError {
  return new EngineError('answer_cut', 'The model came to the longest answer that it has room for.', {
    remedy: 'Ask for something narrower.',
  });
}

/** How a model's program says that more was given than fits; "context" alone is in its words for other faults, too. */
const CONTEXT_FULL =
  /\bcontext[ _](?:size|length|window|shift)\b|\b(?:free|available|enough)\b.*\bkv.?cache\b|\bkv.?cache\b.*\bfull\b/iu;

function inWords(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const said = error instanceof Error ? error.message : String(error);
  if (CONTEXT_FULL.test(said)) {
    return contextFull(`The model cannot read as much: ${said}`, error);
  }
  if (/memory|alloc/iu.test(said)) {
    return new EngineError('model_failed', `The model ran out of memory: ${said}`, {
      cause: error,
      remedy: 'Close other tabs, or choose a smaller model.',
    });
  }
  return new EngineError('model_failed', `The model failed: ${said}`, { cause: error, remedy: 'Ask again.' });
}
