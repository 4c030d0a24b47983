/** "Remember this": reads what was clicked in its tab, keeps it, and says so there with Undo. */
import { browser } from 'wxt/browser';
import type { Capture, CapturedPage } from '../../engine/capture/types';
import { EngineError } from '../../engine/errors';
import type { Clicked } from './menus';

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
  try {
    await browser.scripting.executeScript({ target, files: ['/remember-page.js'] });
    const [answer] = await browser.scripting.executeScript({
      target,
      func: (what: Clicked, words: string | null) => globalThis.commonplaceRemembering?.read(what, words) ?? null,
      args: [clicked, note],
    });
    // Firefox tells what was thrown in the page beside the result, Chrome by rejecting.
    const thrown = (answer as { error?: unknown } | undefined)?.error;
    if (thrown !== undefined) throw thrown instanceof Error ? thrown : new Error(JSON.stringify(thrown));
    capture = answer?.result;
  } catch (error) {
    throw new EngineError('bad_input', 'The browser does not let this page be read.', {
      cause: error,
      remedy: 'Right-click the page and choose Remember this, or use the keyboard command.',
    });
  }
  if (!capture) throw new EngineError('bad_input', 'There was nothing to read on this page.');
  try {
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
    await browser.scripting.executeScript({
      target,
      func: (message: string) => {
        globalThis.commonplaceRemembering?.fail(message);
      },
      args: [failure.message],
    });
    throw failure;
  }
}
