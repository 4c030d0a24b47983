/** Bookmarks as every browser writes them (the Netscape form): an address a document. */
import { readLinks } from './links';
import { extension, fileConnector } from './port';

export const NETSCAPE = /<!DOCTYPE NETSCAPE-Bookmark-file/i;

export const bookmarks = fileConnector(
  'bookmarks',
  async (file, peek) => /^html?$/.test(extension(file.path)) && NETSCAPE.test(await peek(file)),
  async function* (file, options) {
    yield* readLinks(file, options, 'bookmarks');
  },
);
