import { browser } from 'wxt/browser';
import type { Browser } from 'wxt/browser';

export const PANEL_COMMAND = 'open-panel';
export const REMEMBER_COMMAND = 'remember';

/** What "Remember this" was clicked on. */
export type Clicked = { kind: 'page' } | { kind: 'selection' } | { kind: 'link'; url: string; text: string | null };

export function addMenus(): void {
  for (const context of ['page', 'selection', 'link'] as const) {
    browser.contextMenus.create({
      id: `remember-${context}`,
      title: browser.i18n.getMessage(`menu_remember_${context}`),
      contexts: [context],
      documentUrlPatterns: ['http://*/*', 'https://*/*'],
    });
  }
}

export function whatWasClicked(info: Browser.contextMenus.OnClickData): Clicked | null {
  switch (info.menuItemId) {
    case 'remember-page':
      return { kind: 'page' };
    case 'remember-selection':
      return { kind: 'selection' };
    case 'remember-link':
      return info.linkUrl ? { kind: 'link', url: info.linkUrl, text: info.selectionText ?? null } : null;
    default:
      return null;
  }
}
