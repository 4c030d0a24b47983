/** Requests to a model's server, and its answer as events: errors in words, no stream that hangs or ends in silence. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { EngineError } from '../errors';
import { contextFull } from './port';

export interface ServerRequest {
  url: string;
  headers: Record<string, string>;
  body: unknown;
  /** As a person calls it, for what is said when it fails. */
  name: string;
  /** Called with the address and the bytes of the body before anything goes out. */
  onSend?: ((url: string, bytes: number) => Promise<void>) | undefined;
}

export interface Patience {
  /** Milliseconds to the first byte: a local server may load its model first. */
  firstMs: number;
  /** Milliseconds between two pieces. */
  stallMs: number;
}

export const PATIENCE: Patience = { firstMs: 120_000, stallMs: 30_000 };

/** Of a body that is no stream of events. */
const BODY_CHARACTERS = 1_000_000;

/**
 * Sends and gives the events of the answer. A server that answers with JSON although a stream was asked for gives one
 * event with all of it.
 *
 * @throws EngineError `aborted`, `provider_unreachable`, `provider_key`, `model_missing`, `rate_limited`, `context_full`,
 *   `provider_failed` or `timeout`, each with a remedy.
 */
export async function* requestEvents(
  request: ServerRequest,
  signal: AbortSignal,
  patience: Patience = PATIENCE,
): AsyncGenerator<EventSourceMessage> {
  signal.throwIfAborted();
  const end = new AbortController();
  const watch = watchdog(request.name, end);
  try {
    watch.wait(patience.firstMs);
    const response = await send(request, AbortSignal.any([signal, end.signal]));
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok) throw await refusal(request, response);
    if (!type.includes('text/event-stream')) {
      const text = (await response.text()).slice(0, BODY_CHARACTERS);
      if (!type.includes('json')) {
        throw new EngineError('provider_failed', `${request.name} answered with ${type || 'no content type'}.`, {
          remedy: 'Check the address: it is not that of a model’s interface.',
        });
      }
      yield { id: undefined, event: undefined, data: text };
      return;
    }
    const events: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (event) => events.push(event) });
    const decoder = new TextDecoder();
    const reader = response.body?.getReader();
    if (!reader) return;
    try {
      for (;;) {
        watch.wait(patience.stallMs);
        const { done, value } = await reader.read();
        if (done) break;
        parser.feed(decoder.decode(value, { stream: true }));
        while (events.length > 0) yield events.shift() as EventSourceMessage;
      }
      // Some servers leave out the last empty line; what is half an event was cut off.
      parser.feed(`${decoder.decode()}\n\n`);
      yield* events.filter(({ data }) => isWhole(data));
    } finally {
      watch.rest();
      reader.cancel().catch((error: unknown) => {
        if (!signal.aborted && !end.signal.aborted)
          console.debug('commonplace: a stream was gone before it was ended', error);
      });
    }
  } catch (error) {
    if (signal.aborted) throw new EngineError('aborted', 'The answer was stopped.', { cause: error });
    if (end.signal.aborted) throw end.signal.reason;
    if (error instanceof EngineError) throw error;
    // fetch and a body that breaks both say TypeError
    throw new EngineError('provider_unreachable', `${request.name} cannot be reached or broke off: ${String(error)}`, {
      cause: error,
      remedy: 'Check that it runs and that this computer is online, then ask again.',
    });
  } finally {
    watch.rest();
  }
}

function isWhole(data: string): boolean {
  if (data.trim() === '[DONE]') return true;
  try {
    JSON.parse(data);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

async function send({ url, headers, body, onSend }: ServerRequest, signal: AbortSignal): Promise<Response> {
  const text = JSON.stringify(body);
  await onSend?.(url, new TextEncoder().encode(text).length);
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: text,
    signal,
    // A key must not follow to another host, and nothing of the browser's own goes along.
    redirect: 'error',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  });
}

/** Ends the request when nothing comes for too long. */
function watchdog(name: string, end: AbortController): { wait(milliseconds: number): void; rest(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    wait(milliseconds) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const seconds = Math.round(milliseconds / 1000);
        end.abort(
          new EngineError('timeout', `Nothing came from ${name} for ${seconds} seconds.`, {
            remedy: 'Ask again, or choose a smaller model.',
          }),
        );
      }, milliseconds);
    },
    rest() {
      clearTimeout(timer);
    },
  };
}

/** What a status other than 2xx means, with what the server says of it. */
async function refusal({ name }: ServerRequest, response: Response): Promise<EngineError> {
  const said = messageOf(await response.text().catch(() => ''));
  const text = `${name} answered ${response.status}${said === '' ? '' : `: ${said}`}`;
  const tooLong = /context.{0,20}(?:length|window|size)|too (?:long|many tokens)|maximum context|prompt is too long/iu;
  switch (response.status) {
    case 401:
    case 403:
      return new EngineError('provider_key', text, { remedy: 'Enter the key again, or make a new one there.' });
    case 404:
      return new EngineError('model_missing', text, { remedy: 'Check the name of the model and the address.' });
    case 408:
    case 504:
      return new EngineError('timeout', text, { remedy: 'Ask again.' });
    case 413:
      return contextFull(text);
    case 429:
    case 529: {
      const wait = retryAfter(response.headers.get('retry-after'));
      return new EngineError('rate_limited', text, {
        remedy: wait === null ? 'Wait a little, then ask again.' : `Ask again in ${inWords(wait)}.`,
      });
    }
    default:
      if (tooLong.test(said)) return contextFull(text);
      return new EngineError('provider_failed', text, {
        remedy: response.status >= 500 ? 'The fault is on their side: ask again later.' : 'Check the model’s settings.',
      });
  }
}

const SAID_CHARACTERS = 300;

/** The message in an error's body, of either protocol; keys that a server repeats are cut out. */
export function messageOf(body: string): string {
  let said = body;
  try {
    const { error, message } = JSON.parse(body) as { error?: { message?: unknown } | string; message?: unknown };
    const inner = typeof error === 'object' ? error.message : (error ?? message);
    if (typeof inner === 'string') said = inner;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (/^\s*</u.test(body)) said = ''; // a web page
  }
  return said
    .replace(/\b(?:sk|gsk|key)[-_][\w-]{6,}/giu, '…')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, SAID_CHARACTERS);
}

/** Seconds to wait by a Retry-After header: a number, or a date. */
function retryAfter(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d+$/u.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(1, Math.ceil((at - Date.now()) / 1000));
}

function inWords(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}
