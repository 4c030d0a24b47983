/** Markdown, a file a note: front matter, links between notes, tags. Also what other connectors' notes are made of. */
import { asText, asTime } from '../capture/files';
import { readDate } from './dates';
import { document, fileId, section } from './documents';
import { extension, fileConnector, plainName, type Read, type ReadOptions, type SourceFile, warning } from './port';
import { unreadable } from './records';
import { textOf } from './text';

export const markdown = fileConnector(
  'markdown',
  (file) => /^(?:md|markdown|mdown|mkd|mdx|qmd|rmd)$/.test(extension(file.path)),
  async function* (file, options) {
    yield* readNote(file, options, {});
  },
);

/** @param place where another connector says whose note it is; without it, the file is a document of its own. */
export async function* readNote(
  file: SourceFile,
  options: ReadOptions,
  place: { source?: string; id?: string; metadata?: Record<string, unknown> },
): AsyncGenerator<Read> {
  let text: string;
  try {
    text = (await textOf(file)).replaceAll('\r\n', '\n');
  } catch (error) {
    yield unreadable(file, error);
    return;
  }
  const { fields, body } = frontMatter(text);
  const shown = body.replace(/!\[\[([^\]|]+)(?:\|[^\]]*)?\]\]/g, '[Image: $1]').trim();
  if (shown === '' && Object.keys(fields).length === 0) {
    yield warning(file, 'empty_file', `${file.path} holds no text.`);
    return;
  }
  const one = (...names: string[]) =>
    names.map((name) => [fields[name]].flat()[0]).find((value) => value !== undefined);
  const time = (...names: string[]) => {
    const said = one(...names);
    return said === undefined ? null : (asTime(said) ?? readDate(said));
  };
  const links = linksIn(shown);
  const tags = [...new Set([...[fields['tags'] ?? fields['tag'] ?? []].flat(), ...tagsIn(shown)])];
  yield document({
    file,
    options,
    source: place.source ?? 'files',
    id: place.id ?? fileId(file.path, text),
    title:
      asText(one('title')) ??
      /^# +(.+?) *#*$/m.exec(shown.replace(/^(?:```|~~~)[\s\S]*?^(?:```|~~~)/gm, ''))?.[1] ??
      plainName(file.path),
    author: asText(one('author')),
    url: /^https?:/.test(one('url', 'source', 'link') ?? '') ? (one('url', 'source', 'link') ?? null) : null,
    created_at: time('created', 'date', 'created_at', 'date created'),
    updated_at: time('updated', 'modified', 'last_modified', 'updated_at', 'date modified') ?? file.modified,
    sections: [section('text', shown)],
    metadata: {
      type: 'markdown',
      ...place.metadata,
      ...(tags.length > 0 && { tags }),
      ...(links.length > 0 && { links }),
      ...(fields['aliases'] !== undefined && { aliases: [fields['aliases']].flat() }),
    },
  });
}

/** The fields before the text, as far as they are plain: `key: value`, `key: [a, b]`, and lists below a key. */
export function frontMatter(text: string): { fields: Record<string, string | string[]>; body: string } {
  const block = /^\uFEFF?---[ \t]*\n([\s\S]*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(text);
  if (block === null) return { fields: {}, body: text };
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  let list: string[] | null = null;
  for (const line of (block[1] ?? '').split('\n')) {
    const item = /^\s*-\s+(.*)$/.exec(line)?.[1];
    if (item !== undefined) {
      list?.push(unquoted(item));
      continue;
    }
    const [, key, value = ''] = /^([\w][\w .-]*?)\s*:\s*(.*)$/.exec(line) ?? [];
    if (key === undefined) continue;
    list = value === '' ? [] : null;
    const inner = /^\[(.*)\]$/.exec(value)?.[1];
    fields[key.toLowerCase()] =
      list ??
      (inner === undefined
        ? unquoted(value)
        : inner
            .split(',')
            .map(unquoted)
            .filter((each) => each !== ''));
  }
  return { fields, body: text.slice(block[0].length) };
}

const unquoted = (value: string): string =>
  value
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .replace(/^#(?=\S)/, '');

/** Names of notes that are linked to, and addresses of the web. */
export function linksIn(text: string): string[] {
  const notes = [...text.matchAll(/\[\[([^\]|#]+)[^\]]*\]\]/g)].map(([, name]) => (name ?? '').trim());
  const web = [...text.matchAll(/\]\((https?:\/\/[^\s)]+)[^)]*\)|<(https?:\/\/[^\s>]+)>/g)].map(
    ([, a, b]) => a ?? b ?? '',
  );
  return [...new Set([...notes, ...web])].filter((each) => each !== '').slice(0, 1_000);
}

function tagsIn(text: string): string[] {
  const plain = text.replace(/^(?:```|~~~)[\s\S]*?^(?:```|~~~)/gm, '').replace(/`[^`\n]*`|\]\([^)]*\)|https?:\S+/g, '');
  return [...plain.matchAll(/(?<=^|\s)#([\p{L}_][\p{L}\p{N}_/-]*)/gu)].map(([, tag]) => tag ?? '');
}
