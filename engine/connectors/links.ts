/** Lists of addresses as documents, an address each; and the HTML that such lists are kept in. */
import { asText, asTime } from '../capture/files';
import { document, section } from './documents';
import { type Read, type ReadOptions, type SourceFile, warning } from './port';
import { textIn } from './records';

export interface Link {
  source: string;
  url: string;
  title: string | null;
  time: string | null;
  tags: string[];
  folder: string | null;
  /** What the person wrote about it. */
  about: string | null;
}

export function link(
  file: SourceFile,
  options: ReadOptions,
  { source, url, title, time, tags, folder, about }: Link,
): Read {
  const kept = tags.map((tag) => tag.trim()).filter((tag) => tag !== '');
  const name = title ?? url;
  const words = [
    `[${name.replace(/[[\]]/g, '\\$&')}](${url.replace(/[()\s]/g, encodeURIComponent)})`,
    about,
    folder,
    kept.map((tag) => `#${tag}`).join(' '),
  ];
  return document({
    file,
    options,
    filed_as: 'page',
    source,
    id: url,
    url,
    title: name,
    created_at: time,
    note: null,
    sections: [section('link', words.filter((part) => part !== null && part !== '').join('\n\n'))],
    metadata: { type: 'link', ...(kept.length > 0 && { tags: kept }), ...(folder !== null && { folder }) },
  });
}

/** Links in the order of the page, each under the headings it stands below; that of all bookmarks says nothing. */
export async function* readLinks(file: SourceFile, options: ReadOptions, source: string): AsyncGenerator<Read> {
  const read = await textIn(file);
  if ('broken' in read) {
    yield read.broken;
    return;
  }
  const html = read.text;
  const folders: string[] = [];
  let heading: string | null = null;
  let waiting: Link | null = null;
  let count = 0;
  const token = /<h[1-6]\b[^>]*>([\s\S]*?)<\/h[1-6]>|<(\/?)[du]l\b[^>]*>|<a\b([^>]*)>([\s\S]*?)<\/a>|<dd>([^<]*)/gi;
  for (let found = token.exec(html); found !== null; found = token.exec(html)) {
    const [all, title, close, attributes, words, about] = found;
    if (title !== undefined) heading = plain(title);
    else if (/^<(?:dl|ul)/i.test(all)) {
      folders.push(heading ?? '');
      heading = null;
    } else if (close === '/') folders.pop();
    else if (about !== undefined) {
      if (waiting !== null) waiting.about = plain(about);
      continue;
    } else if (attributes !== undefined) {
      if (waiting !== null) yield link(file, options, waiting);
      waiting = null;
      const url = attribute(attributes, 'href');
      if (url === null || !/^(?:https?|ftp|file|about|chrome):/i.test(url)) {
        if (url === null || !/^(?:javascript|place|data):/i.test(url))
          yield warning(
            file,
            'unreadable_record',
            'A link without an address.',
            `line ${html.slice(0, found.index).split('\n').length}`,
          );
        continue;
      }
      count++;
      const folder = folders
        .slice(source === 'bookmarks' ? 1 : 0)
        .filter((each) => each !== '')
        .join(' / ');
      waiting = {
        source,
        url,
        title: asText(plain(words ?? '')),
        time: asTime(attribute(attributes, 'add_date') ?? attribute(attributes, 'time_added')),
        tags: (attribute(attributes, 'tags') ?? '').split(','),
        folder: folder === '' ? null : folder,
        about: null,
      };
    }
  }
  if (waiting !== null) yield link(file, options, waiting);
  if (count === 0) yield warning(file, 'empty_file', `${file.path} holds no links.`);
}

const attribute = (attributes: string, name: string): string | null => {
  const found = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(attributes);
  return found === null ? null : plain(found[1] ?? found[2] ?? '');
};

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function plain(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replace(
      /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,6}));/gi,
      (all: string, decimal?: string, hex?: string, name?: string) => {
        if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? all;
        const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
        return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
      },
    )
    .trim();
}
