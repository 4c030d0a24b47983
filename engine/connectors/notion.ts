/**
 * Notion's export as Markdown & CSV or as HTML: names carry ids, which are taken off; a table is a list of its rows. The
 * same page is the same document, whichever form it came in.
 */
import { elementToMarkdown } from '../capture/files';
import { readDate } from './dates';
import { readTable } from './csv';
import { document, section } from './documents';
import { documentOf } from './html';
import { linksIn } from './markdown';
import { baseName, type Connector, decodedPath, type Read, type ReadOptions, type SourceFile } from './port';
import { textIn } from './records';

const NAMED = /^(.*?)\s*\b([0-9a-f]{32})(_all)?\.(md|csv|html)$/;

const INSIDE = /[0-9a-f]{32}\/[^/]*\.(?:png|jpe?g|gif|webp|svg|heic)$/i;

/** A page says who it is; of many files only the beginning is looked at, which are Notion's styles. */
const PAGE = /<article id="[0-9a-f-]{36}" class="page\b|cspell:disable-file/;
/** The list of all pages beside them. */
const MAP = /<title>Export-[0-9a-f-]{36}<\/title>/;

const named = (path: string) => {
  const [, title = '', id, all, kind] = NAMED.exec(baseName(path)) ?? [];
  return id === undefined ? null : { title, id, all: all !== undefined, kind };
};

export const notion: Connector = {
  id: 'notion',

  async recognises(files, peek) {
    const taken: SourceFile[] = [];
    for (const file of files) {
      const name = named(file.path);
      // pictures in a page are named in it
      if (name === null ? INSIDE.test(file.path) : name.kind !== 'html') taken.push(file);
      else if (/\.html$/.test(file.path)) {
        const text = await peek(file);
        if (PAGE.test(text) || MAP.test(text)) taken.push(file);
      }
    }
    return taken;
  },

  async *read(files, options) {
    const whole = new Set(files.flatMap(({ path }) => (named(path)?.all === true ? [named(path)?.id] : [])));
    for (const file of files) {
      options.signal?.throwIfAborted();
      if (/\.html$/.test(file.path)) {
        yield* readHtml(file, options);
        continue;
      }
      const name = named(file.path);
      if (name === null) continue;
      if (name.kind === 'md') yield* readMarkdown(file, name, options);
      // The table as it was shown says no more than all of it.
      else if (name.all || !whole.has(name.id))
        yield* readTable(file, options, {
          source: 'notion',
          id: name.id,
          title: name.title,
          url: `https://www.notion.so/${name.id}`,
          metadata: { folder: folderOf(file.path) },
        });
    }
  },
};

/** The pages that it stands below. */
const folderOf = (path: string) =>
  path
    .split('/')
    .slice(0, -1)
    .filter((part) => !/\.zip$|^Export-|^(?:Private & Shared|Private|Shared)$/i.test(part))
    .map((part) => part.replace(/\s*\b[0-9a-f]{32}$/, ''))
    .join('/');

async function* readMarkdown(
  file: SourceFile,
  { title, id }: { title: string; id: string },
  options: ReadOptions,
): AsyncGenerator<Read> {
  const read = await textIn(file);
  if ('broken' in read) {
    yield read.broken;
    return;
  }
  const text = read.text.replaceAll('\r\n', '\n');
  const heading = /^\s*# (.+)$/m.exec(text);
  const body = heading === null ? text : text.slice(heading.index + heading[0].length);
  const properties = new Map(
    (/^\s*\n((?:[^\n:#|>-][^\n:]{0,60}: [^\n]*\n)+)/.exec(`${body}\n`)?.[1] ?? '')
      .split('\n')
      .map((line): [string, string] => [
        line.slice(0, line.indexOf(': ')).toLowerCase(),
        line.slice(line.indexOf(': ') + 2),
      ]),
  );
  const markdown = body.replace(
    /!\[([^\]]*)\]\((?!https?:)([^()]*)\)/g,
    (_all, alt: string, path: string) => `[Image: ${alt === '' ? baseName(decodedPath(path)) : alt}]`,
  );
  yield page(file, options, { id, title: heading?.[1] ?? title, properties, markdown });
}

/** A page in HTML, where its properties are a table before its text. */
async function* readHtml(file: SourceFile, options: ReadOptions): AsyncGenerator<Read> {
  const read = await textIn(file);
  if ('broken' in read) {
    yield read.broken;
    return;
  }
  const html = read.text;
  const article = documentOf(html, options.parseHtml).querySelector('article.page');
  const id = (article?.getAttribute('id') ?? '').replaceAll('-', '') || named(file.path)?.id;
  if (article === null || id === undefined) return; // the list of all pages
  for (const box of article.querySelectorAll('.checkbox')) {
    const ticked = box.classList.contains('checkbox-on');
    const inList = box.closest('.to-do-list') !== null;
    box.replaceWith(inList ? (ticked ? '[x]' : '[ ]') : ticked ? 'Yes' : 'No');
  }
  for (const image of article.querySelectorAll('img:not([alt]):not(.icon):not(.bookmark-image)')) {
    const source = image.getAttribute('src') ?? '';
    if (!source.startsWith('data:')) image.setAttribute('alt', baseName(decodedPath(source)));
  }
  for (const list of article.querySelectorAll('nav.table_of_contents')) list.remove();
  const words = (element: Element | null) => (element?.textContent ?? '').replace(/\s+/g, ' ').trim();
  const properties = new Map<string, string>();
  const lines: string[] = [];
  for (const row of article.querySelectorAll('table.properties tr')) {
    const cell = row.querySelector('td');
    const several = [...(cell?.querySelectorAll('.selected-value') ?? [])].map(words).join(', ');
    const value = (several === '' ? words(cell) : several).replace(/^@/, '');
    if (value === '') continue;
    const name = words(row.querySelector('th'));
    lines.push(`${name}: ${value}`);
    properties.set(name.toLowerCase(), value);
    // what a property is stands beside the name that the person gave it
    const kind = /property-row-(created_time|last_edited_time|created_by)/.exec(row.getAttribute('class') ?? '')?.[1];
    if (kind !== undefined) properties.set(kind.replaceAll('_', ' '), value);
  }
  const body = article.querySelector('.page-body');
  const text = body === null ? '' : elementToMarkdown(body).markdown;
  const parts = [words(article.querySelector('.page-description')), lines.join('\n'), text];
  yield page(file, options, {
    id,
    title: words(article.querySelector('.page-title')) || named(file.path)?.title || '',
    properties,
    markdown: parts.filter((part) => part !== '').join('\n\n'),
  });
}

function page(
  file: SourceFile,
  options: ReadOptions,
  read: { id: string; title: string; properties: Map<string, string>; markdown: string },
): Read {
  const { id, title, properties } = read;
  const time = (...names: string[]) => {
    const said = names.map((each) => properties.get(each)).find((value) => value !== undefined);
    return said === undefined ? null : readDate(said);
  };
  const markdown = read.markdown
    // links to other pages of the export; the last id of the path is the page's
    .replace(/\]\((?!https?:)[^()]*([0-9a-f]{32})(?:\.md|\.csv)?[^()/]*\)/g, '](https://www.notion.so/$1)')
    .trim();
  const links = linksIn(markdown);
  return document({
    file,
    options,
    source: 'notion',
    id,
    title,
    url: `https://www.notion.so/${id}`,
    author: properties.get('created by') ?? null,
    created_at: time('created', 'created time', 'created at', 'date', 'erstellt', 'créé le', 'creado'),
    updated_at: time('last edited time', 'last edited', 'updated', 'last updated') ?? file.modified,
    sections: [section('text', markdown)],
    metadata: {
      folder: folderOf(file.path),
      ...(properties.get('tags') !== undefined && { tags: properties.get('tags')?.split(/\s*,\s*/) }),
      ...(links.length > 0 && { links }),
    },
  });
}
