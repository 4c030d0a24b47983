/**
 * Bookmarks as every browser writes them (the Netscape form), and the tables of Raindrop and Instapaper: an address a
 * document.
 */
import { asText, asTime } from '../capture/files';
import { hasHeadings, readRows } from './csv';
import { link, readLinks } from './links';
import { extension, fileConnector, type Read, type ReadOptions, type SourceFile, warning } from './port';

export const NETSCAPE = /<!DOCTYPE NETSCAPE-Bookmark-file/i;

const TABLES = [
  ['title', 'excerpt', 'url', 'folder', 'tags', 'created'],
  ['URL', 'Title', 'Selection', 'Folder'],
];

export const bookmarks = fileConnector(
  'bookmarks',
  async (file, peek) => {
    const kind = extension(file.path);
    if (kind !== 'csv') return /^html?$/.test(kind) && NETSCAPE.test(await peek(file));
    const beginning = await peek(file);
    return TABLES.some((headings) => hasHeadings(beginning, headings));
  },
  async function* (file, options) {
    if (extension(file.path) === 'csv') yield* readTable(file, options);
    else yield* readLinks(file, options, 'bookmarks');
  },
);

async function* readTable(file: SourceFile, options: ReadOptions): AsyncGenerator<Read> {
  const { rows, warnings } = await readRows(file);
  yield* warnings;
  for (const { fields, number } of rows) {
    const cells = new Map(Object.entries(fields).map(([heading, cell]) => [heading.toLowerCase(), asText(cell)]));
    const cell = (heading: string) => cells.get(heading) ?? null;
    const url = cell('url');
    const about = ['note', 'excerpt', 'highlights', 'selection'].map(cell).filter((part) => part !== null);
    if (url === null) yield warning(file, 'unreadable_record', 'The row names no address.', `row ${number}`);
    else
      yield link(file, options, {
        source: 'bookmarks',
        url,
        title: cell('title'),
        time: asTime(cell('created') ?? cell('timestamp')),
        tags: (cell('tags') ?? '').replace(/^\[|\]$|"/g, '').split(','),
        folder: cell('folder'),
        about: about.length === 0 ? null : about.join('\n\n'),
      });
  }
}
