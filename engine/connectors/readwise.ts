/** Readwise: highlights as CSV or as its API's JSON, a book a document; and Reader's list of documents as CSV. */
import { asArray, asId, asObject, asText, asTime, type JsonObject, stableHash } from '../capture/files';
import type { DocumentSection } from '../capture/types';
import { hasHeadings, readRows } from './csv';
import { document, section } from './documents';
import { extension, fileConnector, type Read, type ReadOptions, type SourceFile, warning } from './port';
import { readSaved } from './readwise-reader';
import { recordsOf } from './records';

const HIGHLIGHTS = ['Highlight', 'Book Title', 'Book Author'];
const READER = ['Title', 'URL', 'Saved date', 'Reading progress'];
const BOOKS = /"user_book_id"\s*:|"readwise_url"\s*:/;

export const readwise = fileConnector(
  'readwise',
  async (file, peek) => {
    const kind = extension(file.path);
    if (kind === 'csv') return hasHeadings(await peek(file), HIGHLIGHTS) || hasHeadings(await peek(file), READER);
    return kind === 'json' && BOOKS.test(await peek(file));
  },
  async function* (file, options) {
    if (extension(file.path) === 'json') yield* readJson(file, options);
    else if (hasHeadings(await options.peek(file), READER)) yield* readSaved(file, options);
    else yield* readHighlights(file, options);
  },
);

/** A highlight as a section: its words, and what the person noted beside them. */
function highlight(
  text: string,
  note: string | null,
  more: {
    location: string | null;
    type: string | null;
    time: string | null;
    tags: string[];
    id?: string | null;
    url?: string | null;
  },
): DocumentSection {
  return section(
    more.id ?? stableHash(`${text} ${more.location ?? ''}`),
    [`> ${text.replaceAll('\n', '\n> ')}`, note].filter((part) => part !== null && part !== '').join('\n\n'),
    {
      created_at: more.time,
      metadata: {
        ...(more.location !== null && { [more.type === 'page' ? 'page' : 'location']: more.location }),
        ...(more.tags.length > 0 && { tags: more.tags }),
        ...(more.url && { url: more.url }),
      },
    },
  );
}

async function* readHighlights(file: SourceFile, options: ReadOptions): AsyncGenerator<Read> {
  const { rows, warnings } = await readRows(file);
  yield* warnings;
  const books = new Map<
    string,
    { title: string | null; author: string | null; tags: string[]; sections: DocumentSection[] }
  >();
  for (const { fields, number } of rows) {
    const text = asText(fields['Highlight']);
    const tags = (fields['Tags'] ?? '').split(/\s*,\s*/).filter((tag) => tag !== '');
    if (text === null || tags.includes('.discard')) {
      if (text === null) yield warning(file, 'unreadable_record', 'The row holds no highlight.', `row ${number}`);
      continue;
    }
    const [title, author] = [asText(fields['Book Title']), asText(fields['Book Author'])];
    const key = `${title ?? ''}\n${author ?? ''}`;
    const book = books.get(key) ?? {
      title,
      author,
      tags: (fields['Document tags'] ?? '').split(/\s*,\s*/).filter((tag) => tag !== ''),
      sections: [],
    };
    books.set(key, book);
    book.sections.push(
      highlight(text, asText(fields['Note']), {
        location: asText(fields['Location']),
        type: asText(fields['Location Type']),
        time: asTime(fields['Highlighted at']),
        tags,
      }),
    );
  }
  for (const [key, { title, author, tags, sections }] of books)
    yield document({
      file,
      options,
      source: 'readwise',
      id: `book:${stableHash(key)}`,
      title,
      author,
      sections,
      metadata: { type: 'highlights', ...(tags.length > 0 && { tags }) },
    });
}

async function* readJson(file: SourceFile, options: ReadOptions): AsyncGenerator<Read> {
  for await (const item of recordsOf(file, undefined, { fields: /^results$/ })) {
    if ('broken' in item) {
      yield item.broken;
      continue;
    }
    const book = asObject(item.value);
    const given = asArray(book['highlights']).map(asObject);
    const sections = given
      .filter((each) => each['is_deleted'] !== true && each['is_discard'] !== true && asText(each['text']) !== null)
      .map((each) =>
        highlight(asText(each['text']) ?? '', asText(each['note']), {
          id: asId(each['id']),
          location: asId(each['location']),
          type: asText(each['location_type']),
          time: asTime(each['highlighted_at']) ?? asTime(each['created_at']),
          tags: names(each['tags']),
          url: asText(each['url']) ?? asText(each['readwise_url']),
        }),
      );
    if (book['is_deleted'] === true) continue;
    const title = asText(book['readable_title']) ?? asText(book['title']);
    if (sections.length === 0 && title === null) {
      yield warning(file, 'unreadable_record', 'The record is no book with highlights.', item.where);
      continue;
    }
    const [tags, url] = [names(book['book_tags']), asText(book['source_url']) ?? asText(book['unique_url'])];
    yield document({
      file,
      options,
      source: 'readwise',
      id: asId(book['user_book_id']) ?? `book:${stableHash(`${title ?? ''}\n${asText(book['author']) ?? ''}`)}`,
      title,
      author: asText(book['author']),
      url: url ?? asText(book['readwise_url']),
      note: asText(book['document_note']),
      sections,
      metadata: { type: 'highlights', category: asText(book['category']), ...(tags.length > 0 && { tags }) },
    });
  }
}

const names = (tags: unknown): string[] =>
  asArray(tags).flatMap((tag) => asText(asObject(tag as JsonObject)['name']) ?? asText(tag) ?? []);
