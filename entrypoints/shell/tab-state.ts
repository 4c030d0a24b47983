/** Puts together what the toolbar and the panel say about a tab. */
import { browser } from 'wxt/browser';
import type { Browser } from 'wxt/browser';
import { storage } from 'wxt/utils/storage';
import type { TabState } from '../../components/shell';
import { type Consent, readConsent } from './consent';
import type { NotNow, PageReport } from './messages';
import { readingState } from './pages-tab';
import { hostOf, siteOf } from './sites';

/** In session storage, because the service worker that was told may not be the one that is asked. */
const reports = storage.defineItem<Record<number, PageReport>>('session:page_reports', { fallback: {} });

/** Updates are read-modify-write on one item, so they take turns. */
let writing: Promise<unknown> = Promise.resolve();
function update(change: (all: Record<number, PageReport>) => void): Promise<void> {
  const next = writing.then(async () => {
    const all = await reports.getValue();
    change(all);
    await reports.setValue(all);
  });
  writing = next.catch(() => undefined); // the caller of `next` sees the error; the queue goes on
  return next;
}

export const rememberReport = (tabId: number, report: PageReport) => update((all) => void (all[tabId] = report));
export const forgetReport = (tabId: number) => update((all) => void delete all[tabId]);

/** May this page be captured now? Null when it may. */
export function refusal(url: string, incognito: boolean, consent: Consent): NotNow | null {
  if (incognito) return 'private';
  if (consent.paused) return 'paused';
  if (consent.excludedHosts.includes(hostOf(url) ?? '')) return 'excluded';
  return null;
}

export async function readTabState(tab: Browser.tabs.Tab): Promise<TabState> {
  const host = hostOf(tab.url);
  const site = siteOf(tab.url);
  if (tab.incognito) return { state: 'private' };
  const consent = await readConsent();
  if (consent.paused) return { state: 'paused', until: consent.paused.until };
  if (!host) return { state: 'unsupported', host: null };
  if (consent.excludedHosts.includes(host)) return { state: 'excluded', host };
  if (!site) return (await readingState(tab)) ?? { state: 'unsupported', host };
  if (!(await browser.permissions.contains({ origins: [`https://${host}/*`] })))
    return { state: 'not_permitted', host };

  const report = (await reports.getValue())[tab.id ?? -1];
  if (!report || hostOf(report.url) !== host) return { state: 'ready', site };
  if (report.temporary) return { state: 'temporary', site };
  if (report.broken !== null) return { state: 'broken', site, detail: report.broken };
  if (report.turns === 0) return { state: 'ready', site };
  return {
    state: 'keeping',
    site,
    conversation_id: report.conversation_id,
    turns: report.turns,
    complete: report.complete,
  };
}
