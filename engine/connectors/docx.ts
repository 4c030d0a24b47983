/** Word's documents, by mammoth: headings, lists, tables and links; pictures by their words. */
import { asTime, elementToMarkdown } from '../capture/files';
import { EngineError } from '../errors';
import { filesInZip } from './archive';
import { document, fileId, section } from './documents';
import { extension, fileConnector, plainName, warning } from './port';
import { unreadable } from './records';
import { bytesOf, textOf } from './text';

const MOST = 100 * 1024 * 1024;

export const docx = fileConnector(
  'docx',
  (file) => /^(?:docx|docm|dotx)$/.test(extension(file.path)),
  async function* (file, options) {
    try {
      const bytes = await bytesOf(file, MOST);
      const facts = await factsOf(bytes, file.path);
      const { default: mammoth } = await import('mammoth');
      // The build for Node takes a buffer, that for browsers the other.
      const given = { buffer: bytes, arrayBuffer: bytes.buffer } as unknown as { arrayBuffer: ArrayBuffer };
      const { value } = await mammoth.convertToHtml(given, {
        convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
      });
      const page = options.parseHtml(`<!DOCTYPE html><html><head></head><body>${value}</body></html>`);
      const { markdown } = elementToMarkdown(page.body);
      if (markdown === '') {
        yield warning(file, 'empty_file', `${file.path} holds no text.`);
        return;
      }
      yield document({
        file,
        options,
        source: 'files',
        id: fileId(file.path, markdown),
        title: facts.title ?? /^# (.+)$/m.exec(markdown)?.[1] ?? plainName(file.path),
        author: facts.author,
        created_at: facts.created,
        updated_at: facts.modified ?? file.modified,
        sections: [section('text', markdown)],
        metadata: { type: 'docx' },
      });
    } catch (error) {
      // mammoth says what is wrong with errors of its own
      yield unreadable(
        file,
        error instanceof EngineError
          ? error
          : new EngineError('bad_input', `${file.path} cannot be read as a Word document: ${String(error)}`),
      );
    }
  },
);

/** What the document says of itself. */
async function factsOf(bytes: Uint8Array<ArrayBuffer>, name: string) {
  const core = (await filesInZip(new Blob([bytes]), name)).find(({ path }) => path === 'docProps/core.xml');
  const xml = core === undefined ? '' : await textOf(core, 1_000_000);
  const field = (tag: string): string | null => {
    const text = new RegExp(`<${tag}\\b[^>]*>([^<]*)</${tag}>`).exec(xml)?.[1]?.trim() ?? '';
    return text === '' ? null : text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  };
  return {
    title: field('dc:title'),
    author: field('dc:creator'),
    created: asTime(field('dcterms:created')),
    modified: asTime(field('dcterms:modified')),
  };
}
