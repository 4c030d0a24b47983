/** Content scripts for tabs that were open before this version of the extension was. */
import { browser } from 'wxt/browser';
import { ALL_SITES, matchesOf } from '../../engine/capture/sites';

/**
 * The manifest's scripts reach only pages that load later. After an update the observer of the version before still
 * works in the page's world (it knows nothing of the extension) and answers the new reader; a second is not put there.
 */
export async function injectIntoOpenTabs(reason: 'install' | 'update'): Promise<void> {
  for (const site of ALL_SITES) {
    for (const tab of await browser.tabs.query({ url: matchesOf(site) })) {
      if (tab.id === undefined || tab.discarded) continue;
      const target = { tabId: tab.id };
      try {
        if (reason === 'install') {
          await browser.scripting.executeScript({
            target,
            files: [`/content-scripts/${site}-observer.js`],
            world: 'MAIN',
          });
        }
        await browser.scripting.executeScript({ target, files: [`/content-scripts/${site}.js`] });
      } catch (error) {
        // a tab that shows an error page, or was closed meanwhile; it gets its scripts when it loads again
        console.debug('commonplace: a tab was passed over', error);
      }
    }
  }
}
