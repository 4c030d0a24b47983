import { EngineError, type ErrorCode } from '../errors';
import type {
  Availability,
  LanguageModelApi,
  LanguageModelMessage,
  LanguageModelOptions,
  LanguageModelSession,
} from './language-model';

/** The browser's own model, as the window that has it hands it to the engine. */
export interface BuiltIn {
  /** What it can do now; nothing is begun by asking. */
  availability(): Promise<Availability>;
  /**
   * Resolves when it has said everything; each piece of it waits until `onWords` is through with the one before.
   * @throws EngineError `context_full`, `model_missing`, `model_failed`; `aborted` when `signal` fired.
   */
  complete(prompt: LanguageModelMessage[], onWords: (words: string) => unknown, signal: AbortSignal): Promise<void>;
}

/** The same for every call: what it is asked for decides what is available. The rules of a prompt are English. */
const OPTIONS: LanguageModelOptions = {
  expectedInputs: [{ type: 'text', languages: ['en'] }],
  expectedOutputs: [{ type: 'text', languages: ['en'] }],
};
/** With less room an answer is not begun. */
const LEAST_ANSWER_TOKENS = 64;

/** @param staysHere whether its maker says that it runs on this machine; another's is never available. */
export function builtInModel({ api, staysHere }: { api: LanguageModelApi; staysHere: boolean }): BuiltIn {
  return {
    async availability() {
      const state = await api.availability(OPTIONS);
      return staysHere ? state : 'unavailable';
    },
    async complete(prompt, onWords, signal) {
      const asked = prompt.at(-1)?.content ?? '';
      let session: LanguageModelSession | null = null;
      try {
        // One for each answer: a session keeps what it was told before.
        session = await api.create({ ...OPTIONS, initialPrompts: prompt.slice(0, -1), signal });
        await measure(session, asked, signal);
        const reader = session.promptStreaming(asked, { signal }).getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          await onWords(value);
        }
      } catch (error) {
        throw inWords(error, signal);
      } finally {
        session?.destroy();
      }
    },
  };
}

/**
 * Has the browser download its model: in a page, within a click, because it refuses otherwise. It may go on with it when this
 * page is gone.
 *
 * @param onProgress told the share that is there, 0 to 1.
 */
export async function downloadBuiltIn(api: LanguageModelApi, onProgress: (share: number) => void): Promise<void> {
  try {
    const session = await api.create({
      ...OPTIONS,
      monitor(monitor) {
        monitor.addEventListener('downloadprogress', ({ loaded, total }) => {
          onProgress(loaded / (total || 1));
        });
      },
    });
    session.destroy();
  } catch (error) {
    throw inWords(error);
  }
}

/** What does not fit is refused before it is read; a browser that cannot count refuses it by itself. */
async function measure(session: LanguageModelSession, asked: string, signal: AbortSignal): Promise<void> {
  const room = session.contextWindow ?? session.inputQuota;
  const more =
    (await session.measureContextUsage?.(asked, { signal })) ?? (await session.measureInputUsage?.(asked, { signal }));
  if (room === undefined || more === undefined) return;
  const requested = (session.contextUsage ?? session.inputUsage ?? 0) + more;
  if (requested + LEAST_ANSWER_TOKENS > room) throw tooMuch(requested, room);
}

function tooMuch(requested: number, quota: number, cause?: unknown): EngineError {
  return new EngineError(
    'context_full',
    `The prompt has ${requested} tokens, and the browser's model reads ${quota} with its answer.`,
    { cause, remedy: 'Leave out passages, or choose another model.' },
  );
}

/** By the name of the exception, as the draft lists them. */
const FAULTS: Partial<Record<string, { code: ErrorCode; message: string; remedy: string }>> = {
  AbortError: {
    code: 'model_failed',
    message: 'The browser ended its model before the answer was whole.',
    remedy: 'Ask again.',
  },
  NetworkError: {
    code: 'model_failed',
    message: 'The browser could not download its model.',
    remedy: 'Look at your connection and at the room on the disk, and try again.',
  },
  NotAllowedError: {
    code: 'model_missing',
    message: 'The browser does not let its model be asked.',
    remedy: 'Look at it under “Models”: it may have to be downloaded first.',
  },
  NotReadableError: {
    code: 'model_failed',
    message: 'The browser held back what its model wrote.',
    remedy: 'Ask in other words, or choose another model.',
  },
  NotSupportedError: {
    code: 'model_failed',
    message: 'The browser’s model does not take this, or not in this language.',
    remedy: 'Choose another model.',
  },
};

function inWords(error: unknown, signal?: AbortSignal): EngineError {
  if (signal?.aborted) return new EngineError('aborted', 'The answer was stopped.', { cause: error });
  if (error instanceof EngineError) return error;
  const { name, message, requested, quota } = error as Partial<DOMException & { requested: number; quota: number }>;
  if (name === 'QuotaExceededError') return tooMuch(requested ?? NaN, quota ?? NaN, error);
  const known = FAULTS[name ?? ''];
  if (known) return new EngineError(known.code, known.message, { cause: error, remedy: known.remedy });
  return new EngineError('model_failed', `The browser’s model failed: ${message ?? String(error)}`, {
    cause: error,
    remedy: 'Ask again, or choose another model.',
  });
}
