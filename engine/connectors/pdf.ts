/** PDF: its text page by page. Encrypted and scanned ones say that they are. */
import { EngineError } from '../errors';
import { document, fileId, section } from './documents';
import { baseName, extension, fileConnector, warning } from './port';
import { unreadable } from './records';
import { bytesOf } from './text';

const MOST = 200 * 1024 * 1024;

export const pdf = fileConnector(
  'pdf',
  async (file, peek) => extension(file.path) === 'pdf' || (await peek(file)).startsWith('%PDF-'),
  async function* (file, options) {
    try {
      const { readPdf, titleOf } = await import('../capture/pages/pdf');
      const read = await readPdf(await bytesOf(file, MOST), file.path);
      yield document({
        file,
        options,
        source: 'files',
        id: fileId(file.path, read.markdown),
        title: titleOf(read.title, baseName(file.path)),
        author: read.author,
        language: read.language,
        created_at: read.created_at,
        updated_at: read.created_at === null ? file.modified : null,
        sections: [section('text', read.markdown)],
        metadata: { type: 'pdf', pdf: { pages: read.pages } },
      });
      if (read.truncated)
        yield warning(file, 'truncated', `Of the ${read.pages} pages of ${file.path} the last ones were left out.`);
      if (read.unread.length > 0)
        yield warning(
          file,
          'unread_letters',
          `What ${file.path} writes in ${read.unread.join(', ')} is missing: these encodings are not known here.`,
        );
    } catch (error) {
      const { code, message } = EngineError.from(error, 'bad_input');
      if (code === 'pdf_locked' || code === 'pdf_without_text') yield warning(file, code, message);
      else yield unreadable(file, error);
    }
  },
);
