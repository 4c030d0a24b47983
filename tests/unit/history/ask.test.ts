import { describe, expect, it } from 'vitest';
import { type AskOptions, createAsk, RateLimitedError, retryAfter } from '../../../engine/history';

const URL_OF = (path: string) => `https://chatgpt.com${path}`;

/** A clock that stands still but for waits, and a site that answers as it is told and says when it was asked. */
function world(answers: Array<Response | Error | (() => Promise<Response>)>, options: Partial<AskOptions> = {}) {
  let now = 1_000_000;
  const asked: Array<{ at: number; url: string; method: string }> = [];
  let open = 0;
  let most = 0;
  const stop = new AbortController();
  const site = createAsk({
    site: 'chatgpt',
    signal: stop.signal,
    now: () => now,
    random: () => 0.5,
    async sleep(ms, signal) {
      await Promise.resolve();
      signal.throwIfAborted();
      now += ms;
    },
    deadline: () => new AbortController().signal,
    async fetch(url, init) {
      asked.push({ at: now, url: url as string, method: init?.method ?? '' });
      most = Math.max(most, ++open);
      try {
        await new Promise((resolve) => setImmediate(resolve));
        const answer = answers.shift() ?? new Response('ok');
        if (answer instanceof Error) throw answer;
        return typeof answer === 'function' ? await answer() : answer;
      } finally {
        open--;
      }
    },
    ...options,
  });
  return {
    site,
    asked,
    stop,
    mostAtOnce: () => most,
    now: () => now,
    gaps: () => asked.slice(1).map((one, i) => one.at - (asked[i]?.at ?? 0)),
  };
}
const get = (path = '/backend-api/conversations') => ({ url: URL_OF(path), method: 'GET' as const });
const status = (code: number, headers: Record<string, string> = {}) => new Response('no', { status: code, headers });

describe('asking a site', () => {
  it('sends one request at a time, at the pace of the limits after a short burst', async () => {
    const { site, mostAtOnce, gaps } = world([]);
    await Promise.all(Array.from({ length: 8 }, () => site.patient(get())));
    expect(mostAtOnce()).toBe(1);
    expect(gaps().slice(1)).toEqual(Array(6).fill(1_750));
  });

  it('lets what a person waits for go first', async () => {
    const { site, asked } = world([]);
    const past = Array.from({ length: 4 }, (_, n) => site.patient(get(`/past${n}`)));
    await site.urgent(get('/now'));
    expect(asked.findIndex(({ url }) => url.endsWith('/now'))).toBeLessThanOrEqual(2);
    await Promise.all(past);
  });

  it('waits as long as Retry-After says, in seconds or as a date, and slows down', async () => {
    const { site, asked, gaps } = world([status(429, { 'retry-after': '7' }), new Response('a'), new Response('b')]);
    expect(await site.patient(get())).toBe('a');
    expect(gaps()[0]).toBe(7_000);
    await site.patient(get());
    await site.patient(get());
    expect(gaps()[2]).toBeGreaterThan(1_750);
    expect(asked).toHaveLength(4);
    const now = Date.parse('2026-11-21T10:00:00Z');
    expect(retryAfter('Sat, 21 Nov 2026 10:00:30 GMT', now)).toBe(30_000);
    expect(retryAfter('Sat, 21 Nov 2026 09:00:00 GMT', now)).toBe(0);
    expect(retryAfter('soon', now)).toBe(null);
  });

  it('hands a long pause to the caller instead of waiting, and asks nothing meanwhile', async () => {
    const { site, asked, now } = world([status(429, { 'retry-after': '600' })]);
    const error: unknown = await site.patient(get()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitedError);
    expect((error as RateLimitedError).retryAt).toBe(now() + 600_000);
    await expect(site.patient(get())).rejects.toMatchObject({ code: 'rate_limited' });
    await expect(site.urgent(get())).rejects.toMatchObject({ code: 'rate_limited' });
    expect(asked).toHaveLength(1);
  });

  it('gives up in a storm of 429 after growing waits', async () => {
    const { site, asked, gaps } = world(Array.from({ length: 50 }, () => status(429)));
    await expect(site.patient(get())).rejects.toMatchObject({ code: 'rate_limited' });
    expect(asked.length).toBeLessThanOrEqual(4);
    for (const [index, gap] of gaps().entries()) expect(gap).toBeGreaterThanOrEqual(4_000 * 2 ** index);
  });

  it.each([
    [401, 'not_signed_in'],
    [403, 'not_signed_in'],
    [302, 'not_signed_in'],
    [404, 'not_found'],
    [410, 'not_found'],
    [422, 'bad_input'],
  ])('an answer of %i is %s, and is not asked for again', async (code, expected) => {
    const { site, asked } = world([status(code)]);
    await expect(site.patient(get())).rejects.toMatchObject({ code: expected });
    expect(asked).toHaveLength(1);
  });

  it('tries again when there is no answer or the site is broken, and then says so', async () => {
    const well = world([new TypeError('offline'), status(500), new Response('there')]);
    expect(await well.site.patient(get())).toBe('there');
    const broken = world(Array.from({ length: 9 }, () => status(502)));
    await expect(broken.site.patient(get())).rejects.toMatchObject({ code: 'timeout' });
    expect(broken.asked).toHaveLength(4);
  });

  it.each([
    'https://chatgpt.com.evil.example/x',
    'http://chatgpt.com/x',
    'https://user@chatgpt.com/x',
    'https://chatgpt.com:8443/x',
    'https://claude.ai/x',
    '/x',
  ])('refuses %s, which is not the site', async (url) => {
    const { site, asked } = world([]);
    await expect(site.urgent({ url, method: 'GET' })).rejects.toMatchObject({ code: 'bad_input' });
    expect(asked).toHaveLength(0);
  });

  it('sends nothing but GET and POST, and no body with GET', async () => {
    const { site, asked } = world([]);
    await expect(site.urgent({ ...get(), method: 'DELETE' as never })).rejects.toMatchObject({ code: 'bad_input' });
    await expect(site.urgent({ ...get(), body: 'x' })).rejects.toMatchObject({ code: 'bad_input' });
    expect(asked).toHaveLength(0);
  });

  it('stops at once by its signal, and gives its turn back', async () => {
    let held = 0;
    const { site, stop, asked } = world([], {
      turn: async () => {
        held++;
        stop.abort();
        return async () => void held--;
      },
      fetch: (_url, init) =>
        init?.signal?.aborted ? Promise.reject(new Error('gone')) : Promise.resolve(new Response('ok')),
    });
    await expect(site.patient(get())).rejects.toMatchObject({ code: 'aborted' });
    await expect(site.patient(get())).rejects.toMatchObject({ code: 'aborted' });
    expect([held, asked.length]).toEqual([0, 0]);
  });
});
