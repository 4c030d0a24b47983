/** The text of a PDF that a tab shows. */
import { browser } from 'wxt/browser';
import type { CapturedPage } from '../../engine/capture/types';
import { EngineError, type SerialisedError } from '../../engine/errors';

/** What `entrypoints/read-pdf.ts` leaves in the tab's isolated world. */
export interface PdfReading {
  /** @param url the address that it must still be; null for whatever is there. Never rejects: errors do not travel whole. */
  read(
    url: string | null,
    note: string | null,
  ): Promise<{ page: CapturedPage } | { moved: true } | { failure: SerialisedError }>;
}

declare global {
  var commonplacePdf: PdfReading | undefined;
}

export async function showsPdf(tabId: number): Promise<boolean> {
  const [answer] = await browser.scripting.executeScript({
    target: { tabId },
    func: () => document.contentType === 'application/pdf',
  });
  return answer?.result === true;
}

/**
 * Null when the tab has moved on.
 * @throws `pdf_locked`, `pdf_without_text`, `pdf_not_at_hand`, `bad_input`
 */
export async function readPdf(tabId: number, url: string | null, note: string | null): Promise<CapturedPage | null> {
  const target = { tabId };
  await browser.scripting.executeScript({ target, files: ['/read-pdf.js'] });
  const [answer] = await browser.scripting.executeScript({
    target,
    func: (where: string | null, words: string | null) => globalThis.commonplacePdf?.read(where, words) ?? null,
    args: [url, note],
  });
  const read = answer?.result;
  if (!read || 'moved' in read) return null;
  if ('failure' in read) throw EngineError.revive(read.failure);
  return read.page;
}
