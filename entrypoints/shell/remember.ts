/** "Remember this": reads what was clicked in its tab, keeps it, and says so there with Undo. */
import { browser } from 'wxt/browser';
import type { Capture, CapturedPage } from '../../engine/capture/types';
import { EngineError } from '../../engine/errors';
import type { Clicked } from './menus';
import { readPdf, showsPdf } from './read-pdf';

/** What `entrypoints/remember-page.ts` leaves in the tab's isolated world. */
export interface PageRemembering {
  read(clicked: Clicked, note: string | null): Capture;
  /** The page that was read under this address; null when the tab shows another by now, or one that is not to be kept. */
  readVisited(url: string): CapturedPage | null;
  /** Shows the toast for 6 s. */
  confirm(capture: Capture, kept: { source: string; id: string }): void;
  fail(message: string): void;
}

declare global {
  var commonplaceRemembering: PageRemembering | undefined;
}

/**
 * @param keep resolves once the capture is on disk; only then does the toast say so.
 * @throws `bad_input` where the browser lets no extension read the page.
 */
export async function rememberInTab(
  tabId: number,
  clicked: Clicked,
  note: string | null,
  keep: (capture: Capture) => Promise<{ source: string; id: string }>,
): Promise<void> {
  const target = { tabId };
  let capture: Capture | null | undefined;
  let pdf = false;
  try {
    await browser.scripting.executeScript({ target, files: ['/remember-page.js'] });
    pdf = clicked.kind !== 'link' && (await showsPdf(tabId));
    if (!pdf) capture = await readClicked(tabId, clicked, note);
  } catch (error) {
    const { url } = await browser.tabs.get(tabId);
    // Firefox draws PDFs in a page of its own
    if (import.meta.env.FIREFOX && /\.pdf(?:$|[?#])/iu.test(url ?? ''))
      throw new EngineError('pdf_not_readable', 'The viewer of PDFs cannot be read.', { cause: error });
    throw new EngineError('bad_input', 'The browser does not let this page be read.', {
      cause: error,
      remedy: 'Right-click the page and choose Remember this, or use the keyboard command.',
    });
  }
  try {
    if (pdf) capture = await readPdf(tabId, null, note);
    if (!capture) throw new EngineError('bad_input', 'There was nothing to read on this page.');
    const kept = await keep(capture);
    await browser.scripting.executeScript({
      target,
      func: (what: Capture, where: { source: string; id: string }) => {
        globalThis.commonplaceRemembering?.confirm(what, where);
      },
      args: [capture, kept],
    });
  } catch (error) {
    const failure = EngineError.from(error);
    await sayFailure(tabId, failure);
    throw failure;
  }
}

async function readClicked(tabId: number, clicked: Clicked, note: string | null): Promise<Capture | null> {
  const [answer] = await browser.scripting.executeScript({
    target: { tabId },
    func: (what: Clicked, words: string | null) => globalThis.commonplaceRemembering?.read(what, words) ?? null,
    args: [clicked, note],
  });
  // Firefox tells what was thrown in the page beside the result, Chrome by rejecting.
  const thrown = (answer as { error?: unknown } | undefined)?.error;
  if (thrown !== undefined) throw thrown instanceof Error ? thrown : new Error(JSON.stringify(thrown));
  return answer?.result ?? null;
}

const PDF_FAILURES = {
  pdf_locked: 'error_pdf_locked',
  pdf_without_text: 'error_pdf_without_text',
  pdf_not_at_hand: 'error_pdf_not_at_hand',
} as const;

async function sayFailure(tabId: number, failure: EngineError): Promise<void> {
  const key = (PDF_FAILURES as Partial<Record<string, (typeof PDF_FAILURES)[keyof typeof PDF_FAILURES]>>)[failure.code];
  await browser.scripting.executeScript({
    target: { tabId },
    func: (message: string) => {
      globalThis.commonplaceRemembering?.fail(message);
    },
    args: [key === undefined ? failure.message : browser.i18n.getMessage(key)],
  });
}
