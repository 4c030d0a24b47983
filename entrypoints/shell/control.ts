/** What the settings show of the sites: may they be read, were they excluded, how well are they read. */
import { browser } from 'wxt/browser';
import type { ControlView } from '../../components/shell';
import { ALL_SITES, SITES } from '../../engine/capture/sites';
import { readConsent, watchConsent } from './consent';
import { readHealths, watchHealths } from './site-health';

/** Calls the listener at once and on every change, until the returned function is called. */
export function watchControl(listener: (view: ControlView) => void): () => void {
  let stopped = false;
  const show = () => {
    readControl().then(
      (view) => {
        if (!stopped) listener(view);
      },
      (error: unknown) => {
        console.error('commonplace: the settings could not be read', error);
      },
    );
  };
  const stops = [watchConsent(show), watchHealths(show)];
  browser.permissions.onAdded.addListener(show);
  browser.permissions.onRemoved.addListener(show);
  show();
  return () => {
    stopped = true;
    for (const stop of stops) stop();
    browser.permissions.onAdded.removeListener(show);
    browser.permissions.onRemoved.removeListener(show);
  };
}

async function readControl(): Promise<ControlView> {
  const [consent, healths] = await Promise.all([readConsent(), readHealths()]);
  const sites = ALL_SITES.map(async (site) => {
    const { host } = SITES[site];
    return { site, host, allowed: await isPermitted(`https://${host}/`), health: healths[site] ?? null };
  });
  return { paused: consent.paused, excluded: consent.excludedHosts, sites: await Promise.all(sites) };
}

/** Does the browser let this page's site be read? It may take that back at any time. */
export async function isPermitted(url: string): Promise<boolean> {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/u.test(parsed.protocol)) return false;
  return browser.permissions.contains({ origins: [`${parsed.protocol}//${parsed.hostname}/*`] });
}
