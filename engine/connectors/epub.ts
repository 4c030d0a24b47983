/** EPUB: a book with a section for each of its parts, in the order they are read. */
import { asTime, elementToMarkdown } from '../capture/files';
import { filesInZip } from './archive';
import { document, section } from './documents';
import { documentOf } from './html';
import { decodedPath, extension, fileConnector, plainName, type SourceFile, warning } from './port';
import { unreadable } from './records';
import { bytesOf, textOf } from './text';

const MOST = 200 * 1024 * 1024;

export const epub = fileConnector(
  'epub',
  (file) => extension(file.path) === 'epub',
  async function* (file, options) {
    try {
      const inside = await filesInZip(new Blob([await bytesOf(file, MOST)]), file.path);
      const at = (path: string): SourceFile | undefined => inside.find((each) => each.path === path);
      const locks = at('META-INF/encryption.xml');
      if (locks !== undefined && /\.x?html?"/i.test(await textOf(locks))) {
        yield warning(file, 'locked', `${file.path} is locked to a reader (DRM); its text cannot be read.`);
        return;
      }
      const container = at('META-INF/container.xml');
      const named = container === undefined ? undefined : attribute(await textOf(container), 'full-path');
      const book = at(named ?? '') ?? inside.find(({ path }) => path.endsWith('.opf'));
      if (book === undefined) {
        yield warning(file, 'unreadable_file', `${file.path} does not say what its book is made of.`);
        return;
      }
      const opf = await textOf(book);
      const base = book.path.slice(0, book.path.lastIndexOf('/') + 1);
      const items = new Map(
        [...opf.matchAll(/<(?:\w+:)?item\b[^>]*>/g)].map(([tag]) => [attribute(tag, 'id'), attribute(tag, 'href')]),
      );
      const sections = [];
      for (const [tag] of opf.matchAll(/<(?:\w+:)?itemref\b[^>]*>/g)) {
        options.signal?.throwIfAborted();
        const href = items.get(attribute(tag, 'idref'));
        const part = href === undefined ? undefined : at(resolved(base, href));
        if (part === undefined) {
          yield warning(
            file,
            'missing_part',
            `A part of the book is not in ${file.path}.`,
            href ?? attribute(tag, 'idref') ?? null,
          );
          continue;
        }
        const page = documentOf(htmlOf(await textOf(part)), options.parseHtml);
        const { markdown } = elementToMarkdown(page.body);
        if (markdown !== '') sections.push(section(part.path, markdown));
      }
      if (sections.length === 0) {
        yield warning(file, 'empty_file', `${file.path} holds no text.`);
        return;
      }
      const title = element(opf, 'title') ?? plainName(file.path);
      const author = element(opf, 'creator');
      yield document({
        file,
        options,
        source: 'files',
        id: `book:${element(opf, 'identifier') ?? `${title} ${author ?? ''}`}`,
        title,
        author,
        language: element(opf, 'language'),
        created_at: asTime(element(opf, 'date')),
        updated_at: file.modified,
        sections,
        metadata: { type: 'epub' },
      });
    } catch (error) {
      yield unreadable(file, error);
    }
  },
);

/** XHTML as a parser of HTML takes it: elements that end in themselves hold nothing there. */
function htmlOf(xhtml: string): string {
  return xhtml
    .replace(/^\s*<\?xml[^>]*\?>/, '')
    .replace(/<(?!br|hr|img|input|meta|link|wbr|col)(\w+)((?:\s[^<>]*)?)\/>/gi, '<$1$2></$1>');
}

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`).exec(tag)?.[1];

function element(xml: string, name: string): string | null {
  const text = new RegExp(`<dc:${name}\\b[^>]*>([^<]*)</dc:${name}>`).exec(xml)?.[1]?.trim() ?? '';
  return text === ''
    ? null
    : text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
}

function resolved(base: string, href: string): string {
  return decodedPath(new URL(href.replace(/#.*$/, ''), `epub://book/${base}`).pathname.replace(/^\/+/, ''));
}
