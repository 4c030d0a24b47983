/** Asking a site in the user's own session: one request at a time, politely, and nothing but reads on its own host. */
import { type AskSite, type Site, type SiteRequest, SITES } from '../capture';
import { EngineError } from '../errors';

export interface AskLimits {
  /** Time between requests in the long run, ms. After a refusal it doubles, up to `slowest_ms`, and recovers slowly. */
  every_ms: number;
  slowest_ms: number;
  /** Requests that may follow one another at once after a rest. */
  burst: number;
  /** The share by which waits vary, so that many people's browsers do not ask in step. */
  jitter: number;
  /** Sent at most so often when the site does not answer or asks for patience. */
  attempts: number;
  /** The first wait after a failure without a `Retry-After`, ms; doubles. */
  backoff_ms: number;
  /** A longer wait than this is the caller's affair, ms. */
  patience_ms: number;
  /** Longest time for one answer, ms. */
  timeout_ms: number;
}

/** Slow on purpose: ChatGPT grants about 200 reads at once and one a minute after, the others do not say. */
export const ASK_LIMITS: AskLimits = {
  every_ms: 1_750,
  slowest_ms: 60_000,
  burst: 2,
  jitter: 0.25,
  attempts: 4,
  backoff_ms: 4_000,
  patience_ms: 20_000,
  timeout_ms: 60_000,
};

/** No site means a pause longer than a day. */
const LONGEST_PAUSE_MS = 24 * 3_600_000;
/** Retries wait at most this long where the site says no time. */
const LONGEST_BACKOFF_MS = 5 * 60_000;

/** Gives the turn back. `notBefore`: epoch ms, where the site asked for patience. */
export type EndTurn = (notBefore: number | null) => Promise<void>;

export interface AskOptions {
  site: Site;
  /** As the page would ask: its cookies, its origin. */
  fetch: typeof globalThis.fetch;
  /** Epoch ms. */
  now?: () => number;
  /** Resolves after so many ms, or rejects when the signal fires. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A signal that fires after so many ms. */
  deadline?: (ms: number) => AbortSignal;
  random?: () => number;
  signal: AbortSignal;
  limits?: Partial<AskLimits>;
  /** Waits for this tab's turn among all tabs of the site. May reject, which ends the request. */
  turn?: (urgent: boolean, signal: AbortSignal) => Promise<EndTurn>;
}

export interface SiteAsk {
  /** For what a person waits for: goes before, and does not wait for the pace; it does count. */
  urgent: AskSite;
  /** For the past: at the pace of the limits. */
  patient: AskSite;
}

/** `rate_limited` with the time at which it may be tried again, epoch ms. */
export class RateLimitedError extends EngineError {
  readonly retryAt: number;
  constructor(message: string, retryAt: number) {
    super('rate_limited', `${message} It may be asked again at ${new Date(retryAt).toISOString()}.`);
    this.name = 'RateLimitedError';
    this.retryAt = retryAt;
  }
}

/**
 * Two {@link AskSite}s over one queue and one pace.
 *
 * The pace is a token bucket in its virtual-scheduling form (GCRA, ITU-T I.371): `due` is when the bucket would be full
 * again, and a request may go when that is less than `burst` requests away.
 */
export function createAsk(options: AskOptions): SiteAsk {
  const { site, signal, random = Math.random, now = Date.now } = options;
  const { sleep = sleepFor, deadline = (ms: number) => AbortSignal.timeout(ms) } = options;
  const limits = { ...ASK_LIMITS, ...options.limits };
  const { host } = SITES[site];
  const slot = createSlot();
  let every = limits.every_ms;
  let due = 0;
  let notBefore = 0;

  const varied = (ms: number) => ms * (1 + limits.jitter * (2 * random() - 1));

  function check({ url, method, body }: SiteRequest): URL {
    const parsed = URL.parse(url);
    const own = parsed?.protocol === 'https:' && parsed.host === host && parsed.username === '';
    if (!parsed || !own) throw new EngineError('bad_input', `${url} is not on ${host}: it is not asked.`);
    if ((method !== 'GET' && method !== 'POST') || (method === 'GET' && body !== undefined))
      throw new EngineError('bad_input', `${method} ${parsed.pathname} is not a read.`);
    return parsed;
  }

  /** Milliseconds until the pace allows a request. @throws when the site asked for more than is waited for here. */
  function untilReady(urgent: boolean): number {
    signal.throwIfAborted();
    const at = now();
    if (notBefore - at > limits.patience_ms) throw new RateLimitedError(`${host} asks for patience.`, notBefore);
    return Math.max(notBefore, urgent ? 0 : due - (limits.burst - 1) * every) - at;
  }

  async function once(request: SiteRequest, url: URL, urgent: boolean, backoff: number): Promise<Answer> {
    for (;;) {
      const wait = untilReady(urgent);
      if (wait > 0) {
        await sleep(wait, signal);
        continue;
      }
      const leave = await slot(urgent);
      try {
        // others may have gone while this one stood in line
        if (untilReady(urgent) > 0) continue;
        due = Math.max(due, now()) + varied(every);
        const endTurn = await options.turn?.(urgent, signal);
        const before = notBefore;
        try {
          signal.throwIfAborted();
          return await send(request, url, backoff);
        } finally {
          await endTurn?.(notBefore > before ? notBefore : null);
        }
      } finally {
        leave();
      }
    }
  }

  async function send(request: SiteRequest, url: URL, backoff: number): Promise<Answer> {
    const what = `${request.method} ${url.pathname}`;
    const late = deadline(limits.timeout_ms);
    let status: number;
    try {
      const response = await options.fetch(url.href, {
        method: request.method,
        ...(request.headers === undefined ? {} : { headers: request.headers }),
        ...(request.body === undefined ? {} : { body: request.body }),
        credentials: 'same-origin',
        // a redirect leads to a page for signing in, perhaps on another host
        redirect: 'manual',
        signal: AbortSignal.any([signal, late]),
      });
      status = response.status;
      if (response.ok) {
        const text = await response.text();
        every = Math.max(limits.every_ms, every * 0.9);
        return { text };
      }
      if (status === 429 || status === 503) {
        every = Math.min(limits.slowest_ms, every * 2);
        // a site that names no time is given more of it each time
        const asked = retryAfter(response.headers.get('retry-after'), now());
        const pause = asked === null ? backoff : Math.min(asked, LONGEST_PAUSE_MS);
        notBefore = Math.max(notBefore, now() + pause);
        return { pause };
      }
    } catch (error) {
      signal.throwIfAborted();
      return {
        unanswered: late.aborted ? `${what} took longer than ${limits.timeout_ms} ms.` : `${what}: ${String(error)}`,
      };
    }
    if (status === 408 || status >= 500) return { unanswered: `${what} was answered with ${status}.` };
    if (status === 404 || status === 410) throw new EngineError('not_found', `${what} was answered with ${status}.`);
    if (status === 401 || status === 403 || status < 400)
      throw new EngineError('not_signed_in', `${what} was answered with ${status || 'a redirect'}.`);
    throw new EngineError('bad_input', `${what} was answered with ${status}.`);
  }

  async function ask(request: SiteRequest, urgent: boolean): Promise<string> {
    const url = check(request);
    for (let attempt = 1; ; attempt++) {
      const backoff = varied(Math.min(limits.backoff_ms * 2 ** (attempt - 1), LONGEST_BACKOFF_MS));
      const answer = await once(request, url, urgent, backoff);
      if ('text' in answer) return answer.text;
      const last = attempt >= limits.attempts;
      if ('unanswered' in answer) {
        if (last) throw new EngineError('timeout', answer.unanswered);
        await sleep(backoff, signal);
      } else if (last || answer.pause > limits.patience_ms) {
        throw new RateLimitedError(`${host} asks for patience.`, notBefore);
      }
    }
  }

  const answering = (urgent: boolean) => async (request: SiteRequest) => {
    try {
      return await ask(request, urgent);
    } catch (error) {
      throw signal.aborted
        ? new EngineError('aborted', 'The request was given up.', { cause: error })
        : EngineError.from(error);
    }
  };
  return { urgent: answering(true), patient: answering(false) };
}

/** `pause`: the site asked for so many ms of patience. */
type Answer = { text: string } | { pause: number } | { unanswered: string };

/** Milliseconds to wait by a `Retry-After` (RFC 9110, 10.2.3: seconds or a date), or null where it says nothing. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null || header.trim() === '') return null;
  if (/^\d+$/u.test(header.trim())) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** One at a time; the urgent before the others, each kind in its order. Resolves with what ends the turn. */
function createSlot(): (urgent: boolean) => Promise<() => void> {
  const waiting: Array<{ urgent: boolean; go: () => void }> = [];
  let taken = false;
  const leave = () => {
    const next = waiting.findIndex(({ urgent }) => urgent);
    const [first] = waiting.splice(Math.max(0, next), 1);
    if (first) first.go();
    else taken = false;
  };
  return async (urgent) => {
    if (taken) await new Promise<void>((go) => waiting.push({ urgent, go }));
    taken = true;
    return leave;
  };
}

function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new EngineError('aborted', 'The wait was given up.'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
