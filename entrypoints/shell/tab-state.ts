/** Puts together what the toolbar and the panel say about a tab. */
import type { Browser } from 'wxt/browser';
import { storage } from 'wxt/utils/storage';
import type { TabState } from '../../components/shell';
import type { PageDiagnostics } from '../../engine/api';
import { type Consent, readConsent } from './consent';
import { isPermitted } from './control';
import type { NotNow, PageReport } from './messages';
import { readingState } from './pages-tab';
import { readHealths } from './site-health';
import { hostOf, siteOf } from './sites';
import { isTemporaryAllowed } from './temporary';

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

/**
 * {@link refusal} by what the user and the browser say at this moment. A script that stands in a page goes on there when
 * the browser takes the permission back, so the answer is asked for each time.
 */
export async function whyNotNow(url: string, incognito: boolean): Promise<NotNow | null> {
  const reason = refusal(url, incognito, await readConsent());
  if (reason !== null || hostOf(url) === null) return reason;
  return (await isPermitted(url)) ? null : 'not_permitted';
}

export async function readTabState(tab: Browser.tabs.Tab): Promise<TabState> {
  if (tab.incognito) return { state: 'private' };
  const report = (await reports.getValue())[tab.id ?? -1];
  // Where we have no permission (any more), the browser does not say what a tab shows: the page itself did.
  const url = tab.url ?? report?.url;
  const host = hostOf(url);
  const site = siteOf(url);
  const consent = await readConsent();
  if (consent.paused) return { state: 'paused', until: consent.paused.until };
  if (!host) return { state: 'unsupported', host: null };
  if (consent.excludedHosts.includes(host)) return { state: 'excluded', host };
  if (!site) return (await readingState(tab)) ?? { state: 'unsupported', host };
  if (!(await isPermitted(`https://${host}/`))) return { state: 'not_permitted', host };

  if (!report || hostOf(report.url) !== host) return { state: 'ready', site };
  const temporary = report.temporary && (await isTemporaryAllowed(tab.id, tab.url ?? ''));
  if (report.temporary && !temporary) return { state: 'temporary', site };
  const diagnostics = await diagnosticsOf(report);
  const { health } = report;
  if (report.broken !== null || health?.state === 'broken')
    return { state: 'broken', site, detail: report.broken ?? health?.reasons.join(', ') ?? '', ...diagnostics };
  if (report.turns === 0 && !temporary) return { state: 'ready', site };
  return {
    state: 'keeping',
    site,
    conversation_id: report.conversation_id,
    turns: report.turns,
    complete: report.complete,
    ...(temporary ? { temporary } : {}),
    ...(health?.state === 'partial' || health?.state === 'disagree' ? { trouble: health.state } : {}),
    ...diagnostics,
  };
}

/** What the page said of itself, with when its site was last read well: a page that cannot be read does not know. */
async function diagnosticsOf({ site, health }: PageReport): Promise<{ diagnostics?: PageDiagnostics }> {
  if (!health) return {};
  const last = (await readHealths())[site]?.last_success ?? null;
  return { diagnostics: { ...health, last_success: health.last_success ?? last } };
}
