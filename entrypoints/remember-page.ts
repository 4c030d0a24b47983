/**
 * Put into a tab when the user asks to remember something there. Reads what was clicked; draws the toast. Leaves
 * nothing in the page but that toast, and only for as long as it shows.
 */
import { browser } from 'wxt/browser';
import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { captureLink, capturePage, captureSelection } from '../engine/capture/page';
import { keptAddress } from '../engine/capture/pages/addresses';
import { judgePage } from '../engine/capture/pages/suitable';
import type { CapturedPage } from '../engine/capture/types';
import type { Clicked } from './shell/menus';
import { ask } from './shell/messages';
import type { PageRemembering } from './shell/remember';
import { showToast } from './shell/toast';

const words = browser.i18n.getMessage;

export default defineUnlistedScript(() => {
  const remembering: PageRemembering = {
    read,
    readVisited,
    confirm(capture, kept) {
      showToast({
        text: words('toast_remembered'),
        actions: [
          {
            label: words('toast_undo'),
            run: () => {
              attempt(
                ask('undoRemember', kept).then(() => {
                  showToast({ text: words('toast_undone'), actions: [] });
                }),
              );
            },
          },
        ],
        ...(capture.kind === 'page' && capture.note === null
          ? {
              note: {
                label: words('toast_note_label'),
                placeholder: words('toast_note_placeholder'),
                save: (note: string) => {
                  attempt(ask('addNote', { capture: { ...capture, note, captured_at: new Date().toISOString() } }));
                },
              },
            }
          : {}),
      });
    },
    fail,
  };
  globalThis.commonplaceRemembering = remembering;
});

function read(clicked: Clicked, note: string | null): CapturedPage {
  const options = {
    url: location.href,
    note,
    parseHtml,
  };
  if (clicked.kind === 'link') {
    return captureLink({ href: clicked.url, text: clicked.text }, { ...options, pageTitle: document.title });
  }
  const selection = getSelection();
  const selected = selection && !selection.isCollapsed && selection.rangeCount > 0;
  // the keyboard command says "page or selection": what is selected is what is meant
  if (selected) return captureSelection(document, copyOf(selection), options);
  return capturePage(document, options);
}

function readVisited(url: string): CapturedPage | null {
  const address = keptAddress(url);
  // judged again: a sign-in may have opened since
  if (address === null || address !== keptAddress(location.href) || !judgePage(document).suitable) return null;
  return capturePage(document, { url: address, parseHtml });
}

function copyOf(selection: Selection): Element {
  const inert = document.implementation.createHTMLDocument('');
  const copy = inert.createElement('div');
  for (let index = 0; index < selection.rangeCount; index++) copy.append(selection.getRangeAt(index).cloneContents());
  return copy;
}

function parseHtml(html: string): Document {
  return new DOMParser().parseFromString(html, 'text/html');
}

function fail(message: string): void {
  showToast({ text: words('toast_failed', [message]), actions: [] });
}

function attempt(work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    fail(error instanceof Error ? error.message : String(error));
  });
}
