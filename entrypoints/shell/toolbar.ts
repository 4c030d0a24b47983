/** The toolbar icon: says by shape and in words what happens on this tab. */
import { browser } from 'wxt/browser';
import type { TabState } from '../../components/shell';

type Look = { icon: 'keeping' | 'off' | 'paused' | 'broken'; badge: string; title: string };

function lookOf(state: TabState): Look {
  const title = browser.i18n.getMessage;
  switch (state.state) {
    case 'keeping':
      return { icon: 'keeping', badge: '', title: title('toolbar_keeping') };
    case 'kept':
      return { icon: 'keeping', badge: '', title: title('toolbar_kept') };
    case 'reading':
      return { icon: 'off', badge: '', title: title('toolbar_reading') };
    case 'paused':
      return { icon: 'paused', badge: 'II', title: title('toolbar_paused') };
    case 'broken':
      return { icon: 'broken', badge: '!', title: title('toolbar_broken') };
    case 'not_permitted':
      return { icon: 'off', badge: '?', title: title('toolbar_not_permitted') };
    case 'excluded':
    case 'temporary':
    case 'private':
    case 'forgotten':
      return { icon: 'off', badge: '–', title: title('toolbar_excluded') };
    case 'ready':
    case 'unsupported':
      return { icon: 'off', badge: '', title: title('app_name') };
  }
}

export async function showOnToolbar(tabId: number, state: TabState): Promise<void> {
  const look = lookOf(state);
  const path = { 16: `/icon/${look.icon}-16.png`, 32: `/icon/${look.icon}-32.png` };
  await Promise.all([
    browser.action.setIcon({ tabId, path }),
    browser.action.setBadgeText({ tabId, text: look.badge }),
    browser.action.setTitle({ tabId, title: look.title }),
  ]);
}
