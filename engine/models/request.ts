/** Asking a hub: what is worth asking again is, after a while; what is not ends with a sentence. */
import { EngineError } from '../errors';

export interface Patience {
  /** Milliseconds without a byte after which a request is given up. */
  stallMs: number;
  /** Failures in a row, with nothing received between them, that end a download. */
  attempts: number;
  /** Milliseconds before the second attempt; doubled before each further one. */
  backoffMs: number;
  /** Who is asked for more patience than this stops instead. */
  longestMs: number;
}

export const PATIENCE: Patience = { stallMs: 30_000, attempts: 6, backoffMs: 1_000, longestMs: 600_000 };

/** What is asked with. */
export interface Asking {
  fetch: typeof fetch;
  patience: Patience;
  signal: AbortSignal;
  /** Told before each wait, with its end in milliseconds from now, and with null after it. */
  onWait: (milliseconds: number | null) => void;
}

/** Worth another attempt. */
class Again extends Error {
  constructor(
    readonly failure: EngineError,
    /** What the server asks for, in milliseconds; null where it does not say. */
    readonly afterMs: number | null = null,
  ) {
    super(failure.message);
  }
}

/**
 * Sends one request and hands its answer to `use`; again after what passes by itself. `use` may be called several times
 * and goes on from where it was; it calls `came` for bytes that were not there before.
 *
 * @throws EngineError `provider_unreachable`, `provider_failed`, `rate_limited`, `timeout`, `model_missing`, or what `use`
 *   throws; what the signal says where it fired.
 */
export async function ask<Result>(
  request: () => { url: string; what: string; range?: string },
  use: (response: Response, body: AsyncIterable<Uint8Array>) => Promise<Result>,
  { fetch, patience, signal, onWait }: Asking,
  came: { count: number } = { count: 0 },
): Promise<Result> {
  let failures = 0;
  for (;;) {
    const before = came.count;
    try {
      return await once(request(), use, { fetch, patience, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Again)) throw error;
      failures = came.count > before ? 1 : failures + 1;
      if (failures >= patience.attempts) throw error.failure;
      const wait = error.afterMs ?? Math.min(patience.backoffMs * 2 ** (failures - 1), patience.longestMs);
      if (wait > patience.longestMs) throw error.failure;
      onWait(wait);
      await sleep(wait, signal);
      onWait(null);
    }
  }
}

async function once<Result>(
  { url, what, range }: { url: string; what: string; range?: string },
  use: (response: Response, body: AsyncIterable<Uint8Array>) => Promise<Result>,
  { fetch, patience, signal }: Omit<Asking, 'onWait'>,
): Promise<Result> {
  const { host } = new URL(url);
  const stalled = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled.abort();
    }, patience.stallMs);
  };
  const network = (cause: unknown): Error => {
    if (stalled.signal.aborted) {
      const seconds = Math.round(patience.stallMs / 1000);
      return new Again(
        new EngineError('timeout', `${host} sent nothing of ${what} for ${seconds} seconds.`, { remedy: LATER }),
      );
    }
    return new Again(
      new EngineError('provider_unreachable', `${host} cannot be reached, or broke off at ${what}.`, {
        cause,
        remedy: 'Look whether this computer is online, then go on.',
      }),
    );
  };
  watch();
  try {
    let response: Response;
    try {
      response = await fetch(url, {
        ...(range === undefined ? {} : { headers: { range } }),
        signal: AbortSignal.any([signal, stalled.signal]),
        // no preflight: the hub's own hosts would have to allow it
        mode: 'cors',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
      });
    } catch (cause) {
      throw network(cause);
    }
    watch();
    if (!response.ok) {
      await response.body?.cancel();
      throw refusal(response, host, what);
    }
    return await use(response, pieces(response, watch, network));
  } finally {
    clearTimeout(timer);
    // what was not read of the answer is not waited for
    stalled.abort();
  }
}

const LATER = 'Go on later; what came is kept.';

async function* pieces(
  { body }: Response,
  watch: () => void,
  network: (cause: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  for (;;) {
    let next: Awaited<ReturnType<typeof reader.read>>;
    try {
      next = await reader.read();
    } catch (cause) {
      throw network(cause);
    }
    if (next.done) return;
    watch();
    yield next.value;
  }
}

/** An answer that ended before its end. */
export function cut(host: string, what: string): Error {
  return new Again(
    new EngineError('provider_unreachable', `${host} broke off at ${what}.`, {
      remedy: 'Look whether this computer is online, then go on.',
    }),
  );
}

function refusal(response: Response, host: string, what: string): Error {
  const { status } = response;
  if (status === 429) {
    return new Again(
      new EngineError('rate_limited', `${host} asks for patience.`, { remedy: LATER }),
      afterMs(response.headers.get('retry-after')),
    );
  }
  if (status >= 500 || status === 408) {
    return new Again(
      new EngineError('provider_failed', `${host} has trouble (${status}).`, { remedy: LATER }),
      afterMs(response.headers.get('retry-after')),
    );
  }
  if (status === 404 || status === 410) {
    return new EngineError('model_missing', `${host} does not have ${what}.`, {
      remedy: 'Delete what came and fetch the model anew; or choose another.',
    });
  }
  if (status === 416) {
    return new EngineError('model_invalid', `${what} is shorter at ${host} than it should be.`, {
      remedy: 'Go on to fetch it again.',
    });
  }
  if (status === 401 || status === 403) {
    return new EngineError('provider_failed', `${host} does not give ${what} to everybody (${status}).`, {
      remedy: 'Choose another model.',
    });
  }
  return new EngineError('provider_failed', `${host} refused ${what} (${status}).`, { remedy: LATER });
}

/** Seconds or a date, as RFC 9110 has it. */
function afterMs(value: string | null): number | null {
  if (value === null) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', abort, { once: true });
  });
}
