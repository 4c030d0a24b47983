/** What was seen of ordinary pages in their tabs, and what is to be said of them. */
import type { Browser } from 'wxt/browser';
import { storage } from 'wxt/utils/storage';
import type { TabState } from '../../components/shell';
import { decidePage, keptAddress } from '../../engine/capture/pages';
import { isPermitted, readPagesSetting } from './pages-setting';
import { hostOf } from './sites';

export interface SeenPage {
  url: string;
  is: 'kept' | 'unsuitable';
}

/** In session storage, because the service worker that was told may not be the one that is asked. */
const seenTabs = storage.defineItem<Record<number, SeenPage>>('session:pages.tabs', { fallback: {} });

/** Callers take turns: it is read, changed and written. */
export async function noteTab(tabId: number, seen: SeenPage | null): Promise<void> {
  const all = await seenTabs.getValue();
  if (seen === null && !(tabId in all)) return;
  if (seen === null) delete all[tabId];
  else all[tabId] = seen;
  await seenTabs.setValue(all);
}

/**
 * The state of a tab with an ordinary page, where pages that are read are kept; null elsewhere. That nothing is paused and
 * the host not excluded was looked at before.
 */
export async function readingState(tab: Browser.tabs.Tab): Promise<TabState | null> {
  const host = hostOf(tab.url);
  if (host === null || tab.url === undefined) return null;
  const { keep: level } = decidePage(tab.url, await readPagesSetting());
  const { protocol, hostname } = new URL(tab.url);
  if (level === null || !(await isPermitted([`${protocol}//${hostname}/*`]))) return null;
  const seen = (await seenTabs.getValue())[tab.id ?? -1];
  const same = seen !== undefined && keptAddress(seen.url) === keptAddress(tab.url);
  if (same && seen.is === 'unsuitable') return null;
  return { state: same ? 'kept' : 'reading', host, level };
}
