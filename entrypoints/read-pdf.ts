/**
 * Put into a tab that shows a PDF when it is to be kept. Chrome's viewer stands in a page of the file's own address, which
 * may be scripted; the file is taken from the browser's cache and never asked for again.
 */
import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { keptAddress } from '../engine/capture/pages/addresses';
import { capturePdf } from '../engine/capture/pages/pdf';
import { EngineError } from '../engine/errors';
import type { PdfReading } from './shell/read-pdf';

/** A longer file would be too much for a tab. */
const MOST_BYTES = 128 * 1024 * 1024;

export default defineUnlistedScript(() => {
  const reading: PdfReading = {
    async read(url, note) {
      try {
        if (url !== null && keptAddress(url) !== keptAddress(location.href)) return { moved: true };
        return { page: await capturePdf(await fileAtHand(), { url: location.href, note }) };
      } catch (error) {
        return { failure: EngineError.from(error).serialise() };
      }
    },
  };
  globalThis.commonplacePdf = reading;
});

async function fileAtHand(): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(location.href, { cache: 'only-if-cached', mode: 'same-origin' }).catch(
    (error: unknown) => {
      throw new EngineError('pdf_not_at_hand', 'The file of the PDF is not in the cache.', { cause: error });
    },
  );
  // 504 is the cache's word for having nothing; 206 is a part
  if (response.status !== 200) throw new EngineError('pdf_not_at_hand', `The cache answered ${response.status}.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.byteLength > MOST_BYTES)
    throw new EngineError('bad_input', `A PDF of ${bytes.byteLength} bytes is too large.`);
  return bytes;
}
