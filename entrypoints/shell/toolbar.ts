/** The toolbar icon: says by shape and in words what happens on this tab. */
import { browser } from 'wxt/browser';
import type { TabState } from '../../components/shell';

/** By shape: solid, outline, two bars, "!", a stroke through it, "?". The badge says it again in a sign. */
type Look = { icon: 'keeping' | 'off' | 'paused' | 'broken' | 'never' | 'ask'; badge: string; title: string };

export function lookOf(state: TabState): Look {
  const title = browser.i18n.getMessage;
  switch (state.state) {
    case 'keeping':
      return state.trouble === undefined
        ? { icon: 'keeping', badge: '', title: title('toolbar_keeping') }
        : { icon: 'broken', badge: '!', title: title('toolbar_trouble') };
    case 'kept':
      return { icon: 'keeping', badge: '', title: title('toolbar_kept') };
    case 'reading':
      return { icon: 'off', badge: '', title: title('toolbar_reading') };
    case 'paused':
      return { icon: 'paused', badge: 'II', title: title('toolbar_paused') };
    case 'broken':
      return { icon: 'broken', badge: '!', title: title('toolbar_broken') };
    case 'not_permitted':
      return { icon: 'ask', badge: '?', title: title('toolbar_not_permitted') };
    case 'excluded':
    case 'private':
    case 'forgotten':
      return { icon: 'never', badge: '–', title: title('toolbar_excluded') };
    case 'temporary':
      return { icon: 'never', badge: '–', title: title('toolbar_temporary') };
    case 'ready':
      return { icon: 'keeping', badge: '', title: title('toolbar_ready') };
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
