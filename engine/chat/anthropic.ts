/** Anthropic's messages. */
import type { Generator } from './port';
import { cut, filtered, parse, type ServerOptions, told, tooLong } from './openai';
import { PATIENCE, requestEvents } from './sse';

const VERSION = '2023-06-01';

interface Event {
  type?: string;
  delta?: { type?: string; text?: string; stop_reason?: string | null };
  /** Of an answer that came whole. */
  content?: Array<{ type?: string; text?: string }>;
  stop_reason?: string | null;
}

export function anthropicGenerator(options: ServerOptions): Generator {
  const { id, name, baseUrl, model, contextTokens, patience = PATIENCE } = options;
  return {
    id,
    contextTokens,
    async *generate({ prompt, max_tokens }, signal) {
      const key = await options.key();
      const system = prompt
        .filter(({ role }) => role === 'system')
        .map(({ content }) => content)
        .join('\n\n');
      const request = {
        name,
        onSend: options.onSend,
        url: `${baseUrl.replace(/\/+$/u, '')}/messages`,
        headers: {
          ...(key === null ? {} : { 'x-api-key': key }),
          'anthropic-version': VERSION,
          // without it their server refuses a browser's request
          'anthropic-dangerous-direct-browser-access': 'true',
        },
        body: { model, max_tokens, system, messages: prompt.filter(({ role }) => role !== 'system'), stream: true },
      };
      for await (const { data } of requestEvents(request, signal, patience)) {
        const event = parse<Event>(data, name);
        if (event.type === 'error') throw told(name, data);
        if (event.type === 'message') {
          yield (event.content ?? []).map(({ text }) => text ?? '').join('');
          ended(name, event.stop_reason);
          return;
        }
        if (event.type === 'content_block_delta' && typeof event.delta?.text === 'string') yield event.delta.text;
        if (event.type === 'message_delta') ended(name, event.delta?.stop_reason);
        if (event.type === 'message_stop') return;
      }
      throw cut(name);
    },
    close: async () => {},
  };
}

function ended(name: string, reason: string | null | undefined): void {
  if (reason === 'max_tokens' || reason === 'model_context_window_exceeded') throw tooLong(name);
  if (reason === 'refusal') throw filtered(name);
}
