/** Pocket's exports: the lists as CSV and as HTML, and highlights as JSON. */
import { asArray, asObject, asText, asTime } from '../capture/files';
import { NETSCAPE } from './bookmarks';
import { hasHeadings, readRows } from './csv';
import { document, section } from './documents';
import { link, readLinks } from './links';
import { extension, fileConnector, type Read, type ReadOptions, type SourceFile, warning } from './port';
import { recordsOf } from './records';

const POCKET_PAGE = /<title>\s*Pocket Export|<a [^>]*\btime_added=/i;
const POCKET_NOTES = /"highlights"\s*:\s*\[[\s\S]*"quote"\s*:/;

export const pocket = fileConnector(
  'pocket',
  async (file, peek) => {
    const kind = extension(file.path);
    if (kind === 'csv') return hasHeadings(await peek(file), ['title', 'url', 'time_added', 'status']);
    if (kind === 'json') return POCKET_NOTES.test(await peek(file));
    return /^html?$/.test(kind) && POCKET_PAGE.test(await peek(file)) && !NETSCAPE.test(await peek(file));
  },
  async function* (file, options) {
    const kind = extension(file.path);
    if (kind === 'json') yield* readHighlights(file, options);
    else if (kind !== 'csv') yield* readLinks(file, options, 'pocket');
    else {
      const { rows, warnings } = await readRows(file);
      yield* warnings;
      for (const { fields, number } of rows) {
        const url = asText(fields['url']);
        if (url === null) yield warning(file, 'unreadable_record', 'The row names no address.', `row ${number}`);
        else
          yield link(file, options, {
            source: 'pocket',
            url,
            title: asText(fields['title']),
            time: asTime(fields['time_added']),
            tags: (fields['tags'] ?? '').split(/[|,]/),
            folder: asText(fields['status']),
            about: null,
          });
      }
    }
  },
);

/** What Pocket's export has in `annotations`: highlights of articles. */
async function* readHighlights(file: SourceFile, options: ReadOptions): AsyncGenerator<Read> {
  for await (const item of recordsOf(file)) {
    if ('broken' in item) {
      yield item.broken;
      continue;
    }
    const { url, title, highlights } = asObject(item.value);
    const quotes = asArray(highlights)
      .map(asObject)
      .flatMap(({ quote, created_at }, index) =>
        asText(quote) === null
          ? []
          : [
              section(`highlight-${index}`, `> ${asText(quote)?.replaceAll('\n', '\n> ')}`, {
                created_at: asTime(created_at),
              }),
            ],
      );
    const address = asText(url);
    if (address === null || quotes.length === 0)
      yield warning(file, 'unreadable_record', 'The record holds no highlights of an address.', item.where);
    else
      yield document({
        file,
        options,
        source: 'pocket',
        id: `highlights:${address}`,
        url: address,
        title: asText(title) ?? address,
        sections: quotes,
        metadata: { type: 'highlights' },
      });
  }
}
