/** How a content script asks its own site, in the user's session; and what an adapter may look at of the page for it. */
import type { Adapter, AskSite, HistoryPage } from '../../engine/capture';
import { EngineError } from '../../engine/errors';
import { createAsk, type SiteAsk } from '../../engine/history';
import { LONGEST_WAIT_MS } from './history-messages';
import { ask } from './messages';

/** For the conversation that the user looks at: goes before whatever is read of the past. */
export function createSiteAsk(adapter: Adapter, signal: AbortSignal): AskSite {
  return create(adapter, signal).urgent;
}

/** For the past: slowly. */
export function createPatientAsk(adapter: Adapter, signal: AbortSignal): AskSite {
  return create(adapter, signal).patient;
}

function create({ site }: Adapter, signal: AbortSignal): SiteAsk {
  return createAsk({
    site,
    fetch: pageFetch,
    signal,
    sleep: waitHidden,
    async turn(urgent) {
      const holder = crypto.randomUUID();
      for (;;) {
        const answer = await ask('siteTurn', { site, holder, urgent });
        if ('granted' in answer) break;
        if ('refused' in answer) throw new EngineError('aborted', `The site is not asked now: ${answer.refused}.`);
        await waitHidden(answer.wait_ms, signal);
      }
      return async (notBefore) => {
        // a turn that nobody ends, ends by itself
        await ask('siteTurnOver', { site, holder, not_before: notBefore }).catch((error: unknown) => {
          console.debug('commonplace: a turn could not be given back', error);
        });
      };
    },
  });
}

/** Firefox gives content scripts a fetch of their own; the page's is the one whose cookies and origin are the user's. */
const pageFetch: typeof fetch = (input, init) => {
  const { content } = globalThis as { content?: { fetch?: typeof fetch } };
  return content?.fetch ? content.fetch(input, init) : fetch(input, init);
};

/**
 * Resolves after so many ms, in a hidden tab too: there the browser wakes a page's timers once a minute, so the
 * background, which it does not slow down, waits along.
 * @throws `aborted` by the signal
 */
export async function waitHidden(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= LONGEST_WAIT_MS) {
    if (signal.aborted) break;
    const part = Math.min(left, LONGEST_WAIT_MS);
    let stop = () => {};
    const own = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, part);
      stop = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', stop, { once: true });
    });
    const waits = [own];
    if (document.hidden) {
      // without a background only our own timer is left
      waits.push(
        ask('waitFor', { ms: part }).then(
          () => undefined,
          () => own,
        ),
      );
    }
    await Promise.race(waits);
    stop();
    signal.removeEventListener('abort', stop);
  }
  if (signal.aborted) throw new EngineError('aborted', 'The wait was given up.');
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
    stored: (key) => localStorage.getItem(key),
  };
}
