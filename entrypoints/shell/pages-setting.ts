/** What the user said about keeping the pages they read. Off until they turn it on. */
import { browser } from 'wxt/browser';
import { storage } from 'wxt/utils/storage';
import { PAGES_OFF, type PagesSetting } from '../../engine/capture/pages';

const setting = storage.defineItem<PagesSetting>('local:pages.setting', { fallback: PAGES_OFF });

export const readPagesSetting = () => setting.getValue();
export const watchPagesSetting = (listener: () => void) => setting.watch(listener);

/** Two panels may change it at once; each change is made to what is stored then. */
export async function changePagesSetting(change: (now: PagesSetting) => PagesSetting): Promise<void> {
  await setting.setValue(change(await setting.getValue()));
}

export const EVERY_PAGE = ['https://*/*', 'http://*/*'];

/** A site with its subdomains. */
export function originsOfSite(site: string): string[] {
  return [`https://*.${site}/*`, `http://*.${site}/*`];
}

/** The patterns that the setting needs, whether or not they are permitted. */
export function originsWanted({ everywhere, sites }: PagesSetting): string[] {
  if (everywhere !== null) return EVERY_PAGE;
  return Object.entries(sites).flatMap(([site, level]) => (level === 'off' ? [] : originsOfSite(site)));
}

export const isPermitted = (origins: string[]) => browser.permissions.contains({ origins });
