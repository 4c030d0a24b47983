/** The panel's side of keeping pages by reading them. Changes are seen by the background, which acts on them. */
import { browser } from 'wxt/browser';
import type { PagesShell, PagesView } from '../../components/shell';
import { neverByCategory, neverEntry, PAGES_OFF, type PagesSetting, siteName } from '../../engine/capture/pages';
import {
  changePagesSetting,
  EVERY_PAGE,
  isPermitted,
  originsOfSite,
  readPagesSetting,
  watchPagesSetting,
} from './pages-setting';

export function pagesShell(): PagesShell {
  return {
    watch(listener) {
      let stopped = false;
      const show = () => {
        readView().then(
          (view) => {
            if (!stopped) listener(view);
          },
          (error: unknown) => {
            console.error('commonplace: the settings could not be read', error);
          },
        );
      };
      const unwatch = watchPagesSetting(show);
      browser.permissions.onAdded.addListener(show);
      browser.permissions.onRemoved.addListener(show);
      show();
      return () => {
        stopped = true;
        unwatch();
        browser.permissions.onAdded.removeListener(show);
        browser.permissions.onRemoved.removeListener(show);
      };
    },
    async setEverywhere(everywhere) {
      // the first thing in the click: a browser asks only there
      if (everywhere !== null && !(await browser.permissions.request({ origins: EVERY_PAGE }))) return false;
      await changePagesSetting((now) => ({ ...now, everywhere }));
      if (everywhere === null) await giveBack(EVERY_PAGE);
      return true;
    },
    async setSite(host, level) {
      const site = siteName(host);
      const keeps = level === 'text' || level === 'address';
      if (keeps && !(await browser.permissions.request({ origins: originsOfSite(site) }))) return false;
      await changePagesSetting((now) => ({ ...now, sites: withSite(now.sites, site, level) }));
      if (!keeps && (await readPagesSetting()).everywhere === null) await giveBack(originsOfSite(site));
      return true;
    },
    async addNever(typed) {
      const entry = neverEntry(typed);
      if (entry === null) return null;
      await changeNever(({ added, removed }) => {
        const came = neverByCategory(PAGES_OFF).some(({ entries }) => entries.includes(entry));
        return {
          added: came || added.includes(entry) ? added : [...added, entry],
          removed: removed.filter((one) => one !== entry),
        };
      });
      return entry;
    },
    removeNever: (entry) =>
      changeNever(({ added, removed }) => ({
        added: added.filter((one) => one !== entry),
        removed: added.includes(entry) ? removed : [...removed, entry],
      })),
    restoreNever: () => changeNever(() => PAGES_OFF.never),
  };
}

function changeNever(change: (never: PagesSetting['never']) => PagesSetting['never']): Promise<void> {
  return changePagesSetting((now) => ({ ...now, never: change(now.never) }));
}

function withSite(sites: PagesSetting['sites'], site: string, level: PagesSetting['sites'][string] | null) {
  const others = Object.entries(sites).filter(([name]) => name !== site);
  return Object.fromEntries(level === null ? others : [...others, [site, level]]);
}

/** What is not needed any more is not held. A permission that came with the extension stays. */
async function giveBack(origins: string[]): Promise<void> {
  await browser.permissions.remove({ origins }).catch((error: unknown) => {
    console.debug('commonplace: a permission stays', error);
  });
}

async function readView(): Promise<PagesView> {
  const setting = await readPagesSetting();
  const sites = Object.entries(setting.sites).sort(([a], [b]) => a.localeCompare(b));
  return {
    everywhere: setting.everywhere,
    permitted: await isPermitted(EVERY_PAGE),
    sites: await Promise.all(
      sites.map(async ([host, level]) => ({
        host,
        level,
        permitted: level === 'off' || (await isPermitted(originsOfSite(host))),
      })),
    ),
    never: neverByCategory(setting),
    never_changed: setting.never.added.length + setting.never.removed.length > 0,
  };
}
