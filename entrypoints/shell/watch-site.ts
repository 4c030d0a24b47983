/** The content script of an AI site: watches its conversations, and begins anew when the user allows something again. */
import { browser } from 'wxt/browser';
import type { Adapter } from '../../engine/capture';
import { READ_AGAIN } from './messages';
import { readHistory } from './read-history';
import { watchConversations } from './watch-conversations';

/** @param signal aborted when the extension is updated or removed under the page. */
export function watchSite(adapter: Adapter, signal: AbortSignal): void {
  if (browser.extension.inIncognitoContext) return;
  const watch = () => {
    const watching = new AbortController();
    watchConversations(adapter, AbortSignal.any([signal, watching.signal]));
    return watching;
  };
  let watching = watch();
  readHistory(adapter, signal);
  browser.runtime.onMessage.addListener((message: unknown) => {
    if (message !== READ_AGAIN) return;
    watching.abort();
    watching = watch();
  });
}
