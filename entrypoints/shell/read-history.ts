/** A tab's side of past conversations: asks the background what to do and does it, in the user's own session. */
import { browser } from 'wxt/browser';
import type { Adapter } from '../../engine/capture';
import { EngineError } from '../../engine/errors';
import { workOff } from '../../engine/history';
import { createPatientAsk, thisPage, waitHidden } from './ask-site';
import { deliver } from './deliver';
import { HISTORY_GO } from './history-messages';
import { ask } from './messages';

/** @param signal aborted when the extension is updated or removed under the page. */
export function readHistory(adapter: Adapter, signal: AbortSignal): void {
  const { site } = adapter;
  /** One page's life: what another one in this tab did is over. */
  let page = new AbortController();
  let instance = crypto.randomUUID();
  let working = false;
  /** Somebody called while we worked: there may be more than we were told. */
  let called = false;

  async function work(over: AbortSignal): Promise<void> {
    await workOff(
      {
        task: () => ask('historyTask', { site, instance }),
        renew: (lease) => ask('historyRenew', { site, lease }),
        listed: (lease, cursor, part) => ask('historyListed', { site, lease, cursor, page: part }).then(nothing),
        async deliver(conversation) {
          const delivered = await deliver(conversation, over);
          if (!('refused' in delivered)) return 'kept';
          // these concern this conversation, the others all of them
          return delivered.refused === 'forgotten' || delivered.refused === 'temporary' ? 'refused' : 'not_now';
        },
        read: (lease, id, outcome) => ask('historyRead', { site, lease, id, outcome }).then(nothing),
        failed: (lease, id, failure) => ask('historyFailed', { site, lease, id, failure }).then(nothing),
        release: (lease) => ask('historyRelease', { site, lease }).then(nothing),
        sleep: waitHidden,
      },
      (alive) => adapter.openHistory(thisPage(), createPatientAsk(adapter, alive)),
      over,
    );
  }

  function begin(): void {
    if (signal.aborted || page.signal.aborted) return;
    called = true;
    if (working) return;
    working = true;
    called = false;
    work(AbortSignal.any([signal, page.signal]))
      .catch((error: unknown) => {
        const { code } = EngineError.from(error);
        if (!signal.aborted && code !== 'aborted')
          console.debug('commonplace: past conversations cannot be read now', error);
      })
      .finally(() => {
        working = false;
        if (called) begin();
      });
  }

  browser.runtime.onMessage.addListener((message: unknown) => {
    if (message === HISTORY_GO) begin();
  });
  window.addEventListener('pagehide', () => {
    page.abort();
  });
  window.addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    page = new AbortController();
    instance = crypto.randomUUID();
    begin();
  });
  // tokens that the site puts into its page must be there
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin, { once: true });
  else begin();
}

function nothing(): void {
  // what is answered says nothing more
}
