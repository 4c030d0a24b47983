/** HTTP archives (HAR) as the developer tools of a browser save them. */
import { asObject, asText } from '../json';
import type { ReadWarning } from '../types';

/** A request of an archive and the text it was answered with. */
export interface ArchivedRequest {
  url: string;
  method: string;
  /** What was sent along, null for nothing. */
  sent: string | null;
  text: string;
  /** The place of the entry in the file. */
  where: string;
}

/**
 * The requests of an archive that were answered with text.
 *
 * @param entries the archive's `log.entries`, and `where` its place in the file.
 * @param warnings gets one for an answer whose base64 is broken; the entries after it are read.
 * @param method what a request was made by where the archive does not say.
 */
export function* archivedRequests(
  entries: unknown[],
  where: string,
  warnings: ReadWarning[],
  method: string,
): Generator<ArchivedRequest> {
  for (const [index, entry] of entries.entries()) {
    const request = asObject(asObject(entry)['request']);
    const content = asObject(asObject(asObject(entry)['response'])['content']);
    const url = asText(request['url']);
    const text = asText(content['text']);
    if (url === null || text === null || /^(?:image|font|audio|video)\//.test(asText(content['mimeType']) ?? ''))
      continue;
    const at = `${where}[${index}]`;
    const decoded = content['encoding'] === 'base64' ? fromBase64(text) : text;
    if (decoded === null) {
      warnings.push({
        code: 'unreadable_record',
        message: `The answer of ${url} is no base64, though the archive says so; it is left out.`,
        where: at,
      });
      continue;
    }
    yield {
      url,
      method: asText(request['method']) ?? method,
      sent: asText(asObject(request['postData'])['text']),
      text: decoded,
      where: at,
    };
  }
}

/** The text, read as UTF-8; null where it is no base64. */
function fromBase64(text: string): string | null {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0)));
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
