/** Any server that speaks OpenAI's chat completions: Ollama, LM Studio, llama.cpp, OpenAI, Groq, OpenRouter. */
import { EngineError } from '../errors';
import type { Generator } from './port';
import { messageOf, type Patience, PATIENCE, requestEvents } from './sse';

export interface ServerOptions {
  id: string;
  /** As a person calls it. */
  name: string;
  /** Up to and with `/v1`. */
  baseUrl: string;
  model: string;
  contextTokens: number;
  /** Read for each request and not kept. */
  key: () => Promise<string | null>;
  onSend?: (url: string, bytes: number) => Promise<void>;
  patience?: Patience;
}

interface Chunk {
  choices?: Array<{
    delta?: { content?: string | Array<{ text?: string }> | null };
    message?: { content?: string | null };
    finish_reason?: string | null;
  }>;
  error?: { message?: string } | string;
}

export function openAiGenerator(options: ServerOptions): Generator {
  const { id, name, baseUrl, model, contextTokens, patience = PATIENCE } = options;
  return {
    id,
    contextTokens,
    async *generate({ prompt, max_tokens }, signal) {
      const key = await options.key();
      const own = new URL(baseUrl).hostname === 'api.openai.com';
      const request = {
        name,
        onSend: options.onSend,
        url: `${baseUrl.replace(/\/+$/u, '')}/chat/completions`,
        headers: key === null ? {} : ({ authorization: `Bearer ${key}` } as Record<string, string>),
        body: {
          model,
          messages: prompt,
          stream: true,
          // OpenAI's newer models refuse the one name, other servers do not know the other
          ...(own ? { max_completion_tokens: max_tokens } : { max_tokens, temperature: 0.2 }),
        },
      };
      let finished = false;
      for await (const { data } of requestEvents(request, signal, patience)) {
        if (data.trim() === '[DONE]') return;
        const chunk = parse<Chunk>(data, name);
        if (chunk.error !== undefined) throw told(name, data);
        const [choice] = chunk.choices ?? [];
        const content = choice?.delta?.content ?? choice?.message?.content;
        if (typeof content === 'string') yield content;
        else if (Array.isArray(content)) yield content.map(({ text }) => text ?? '').join('');
        if (choice?.finish_reason === 'length') throw tooLong(name);
        if (choice?.finish_reason === 'content_filter') throw filtered(name);
        // Some say nothing after it: the stream's end is then its end.
        if (typeof choice?.finish_reason === 'string') finished = true;
      }
      if (!finished) throw cut(name);
    },
    close: async () => {},
  };
}

export function parse<Value>(data: string, name: string): Value {
  try {
    return JSON.parse(data) as Value;
  } catch (cause) {
    throw new EngineError('provider_failed', `${name} sent what is no JSON: ${data.slice(0, 80)}`, {
      cause,
      remedy: 'Ask again; if it happens again, its version may be too old.',
    });
  }
}

/** An error that came within the stream. */
export function told(name: string, data: string): EngineError {
  const said = messageOf(data);
  const busy = /overload|rate.?limit|capacity|too many requests/iu.test(said);
  return new EngineError(busy ? 'rate_limited' : 'provider_failed', `${name}: ${said}`, { remedy: 'Ask again.' });
}

export function cut(name: string): EngineError {
  return new EngineError('answer_cut', `${name} ended before its answer did.`, { remedy: 'Ask again.' });
}

export function tooLong(name: string): EngineError {
  return new EngineError('answer_cut', `${name} stopped at the longest answer that was allowed.`, {
    remedy: 'Ask for something narrower.',
  });
}

export function filtered(name: string): EngineError {
  return new EngineError('provider_failed', `${name} refused to answer.`, { remedy: 'Ask in other words.' });
}
