/** Notion's export as Markdown & CSV: names carry ids, which are taken off; a table is a list of its rows. */
import { readDate } from './dates';
import { readTable } from './csv';
import { document, section } from './documents';
import { linksIn } from './markdown';
import { baseName, type Connector, type Read, type ReadOptions, type SourceFile } from './port';
import { unreadable } from './records';
import { textOf } from './text';

const NAMED = /^(.*?)\s*\b([0-9a-f]{32})(_all)?\.(md|csv|html)$/;

const INSIDE = /[0-9a-f]{32}\/[^/]*\.(?:png|jpe?g|gif|webp|svg|heic)$/i;

const named = (path: string) => {
  const [, title = '', id, all, kind] = NAMED.exec(baseName(path)) ?? [];
  return id === undefined ? null : { title, id, all: all !== undefined, kind };
};

export const notion: Connector = {
  id: 'notion',

  async recognises(files) {
    return files.filter(({ path }) => {
      const name = named(path);
      // pictures in a page are named in it
      if (name === null) return INSIDE.test(path);
      return name.kind !== 'html';
    });
  },

  async *read(files, options) {
    const whole = new Set(files.flatMap(({ path }) => (named(path)?.all === true ? [named(path)?.id] : [])));
    for (const file of files) {
      options.signal?.throwIfAborted();
      const name = named(file.path);
      if (name === null) continue;
      if (name.kind === 'md') yield* readPage(file, name, options);
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

async function* readPage(
  file: SourceFile,
  { title, id }: { title: string; id: string },
  options: ReadOptions,
): AsyncGenerator<Read> {
  let text: string;
  try {
    text = (await textOf(file)).replaceAll('\r\n', '\n');
  } catch (error) {
    yield unreadable(file, error);
    return;
  }
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
  const time = (...names: string[]) => {
    const said = names.map((each) => properties.get(each)).find((value) => value !== undefined);
    return said === undefined ? null : readDate(said);
  };
  const markdown = body
    .replace(
      /!\[([^\]]*)\]\((?!https?:)([^()]*)\)/g,
      (_all, alt: string, path: string) => `[Image: ${alt === '' ? baseName(decoded(path)) : alt}]`,
    )
    // links to other pages of the export; the last id of the path is the page's
    .replace(/\]\((?!https?:)[^()]*([0-9a-f]{32})(?:\.md|\.csv)?[^()/]*\)/g, '](https://www.notion.so/$1)')
    .trim();
  const links = linksIn(markdown);
  yield document({
    file,
    options,
    source: 'notion',
    id,
    title: heading?.[1] ?? title,
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

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}
