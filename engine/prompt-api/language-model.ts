/**
 * What is used of the Prompt API, which TypeScript's DOM library does not know: a page's `LanguageModel`, by the draft of
 * November 2026 (https://webmachinelearning.github.io/prompt-api/). By it only a window has it, no worker.
 */
export type Availability = 'unavailable' | 'downloadable' | 'downloading' | 'available';

export interface LanguageModelOptions {
  expectedInputs: Array<{ type: 'text'; languages: string[] }>;
  expectedOutputs: Array<{ type: 'text'; languages: string[] }>;
}

export interface LanguageModelMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** `loaded` is a share of `total`, which is 1. */
export type DownloadMonitor = {
  addEventListener(type: 'downloadprogress', listener: (event: Pick<ProgressEvent, 'loaded' | 'total'>) => void): void;
};

export interface LanguageModelApi {
  availability(options: LanguageModelOptions): Promise<Availability>;
  /** Downloads first where that is missing, which needs a click; `signal` also ends the session that was made. */
  create(
    options: LanguageModelOptions & {
      initialPrompts?: LanguageModelMessage[];
      monitor?: (monitor: DownloadMonitor) => void;
      signal?: AbortSignal;
    },
  ): Promise<LanguageModelSession>;
}

/** The older name of each pair is an extension's only, and will go. */
export interface LanguageModelSession {
  promptStreaming(input: string, options: { signal: AbortSignal }): ReadableStream<string>;
  measureContextUsage?(input: string, options: { signal: AbortSignal }): Promise<number>;
  measureInputUsage?(input: string, options: { signal: AbortSignal }): Promise<number>;
  readonly contextUsage?: number;
  readonly inputUsage?: number;
  readonly contextWindow?: number;
  readonly inputQuota?: number;
  destroy(): void;
}

interface Scope {
  LanguageModel?: LanguageModelApi;
  navigator: { userAgentData?: { brands: Array<{ brand: string }> } };
}

/**
 * Browsers whose makers say that their model runs on the machine. By the draft a browser may as well send what it is given to
 * a server, and nothing in it tells which it does.
 */
const ON_THIS_MACHINE = ['Google Chrome', 'Microsoft Edge'];

/** The browser's own model, if this window has one, and whether what it is given stays on this machine. */
export function findLanguageModel(): { api: LanguageModelApi; staysHere: boolean } | null {
  const { LanguageModel, navigator } = globalThis as unknown as Scope;
  if (!LanguageModel) return null;
  const brands = navigator.userAgentData?.brands ?? [];
  return { api: LanguageModel, staysHere: brands.some(({ brand }) => ON_THIS_MACHINE.includes(brand)) };
}
