/** How a content script asks its own site, in the user's session; and what an adapter may look at of the page for it. */
import type { Adapter, AskSite, HistoryPage } from '../../engine/capture';
import { EngineError } from '../../engine/errors';

export function createSiteAsk(_adapter: Adapter, signal: AbortSignal): AskSite {
  return async ({ url, method, headers, body }) => {
    const answer = await fetch(url, {
      method,
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
      credentials: 'include',
      signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
    });
    if (answer.ok) return answer.text();
    const code =
      answer.status === 404 || answer.status === 410
        ? 'not_found'
        : answer.status === 401 || answer.status === 403
          ? 'not_signed_in'
          : answer.status === 429
            ? 'rate_limited'
            : 'bad_input';
    throw new EngineError(code, `${method} ${new URL(url).pathname} was answered with ${answer.status}.`);
  };
}

export function thisPage(): HistoryPage {
  return {
    get url() {
      return location.href;
    },
    cookie(name) {
      const found = document.cookie.split('; ').find((cookie) => cookie.startsWith(`${name}=`));
      return found === undefined ? null : decodeURIComponent(found.slice(name.length + 1));
    },
    inlineScripts: () =>
      Array.from(document.scripts).flatMap((script) => (script.src === '' ? [script.textContent ?? ''] : [])),
  };
}
