/** Markdown, a file a note: front matter, links between notes, tags. Also what other connectors' notes are made of. */
import { asText, asTime } from '../capture/files';
import { readDate } from './dates';
import { document, fileId, section } from './documents';
import { extension, fileConnector, plainName, type Read, type ReadOptions, type SourceFile, warning } from './port';
import { textIn } from './records';

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
  const read = await textIn(file);
  if ('broken' in read) {
    yield read.broken;
    return;
  }
  const text = read.text.replaceAll('\r\n', '\n');
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
    return said === undefined ? null : (readDate(unlinked(said)) ?? asTime(said));
  };
  const properties = Object.fromEntries(Object.entries(fields).filter(([name]) => !KNOWN.has(name)));
  const links = linksIn([shown, ...Object.values(fields).flat()].join('\n'));
  const given = fields['tags'] ?? fields['tag'] ?? [];
  const tags = [...new Set([...(typeof given === 'string' ? given.split(/[,\s]+/) : given), ...tagsIn(shown)])]
    .map((tag) => tag.replace(/^#/, ''))
    .filter((tag) => tag !== '');
  yield document({
    file,
    options,
    source: place.source ?? 'files',
    id: place.id ?? fileId(file.path, text),
    title:
      asText(one('title')) ??
      /^# +(.+?) *#*$/m.exec(shown.replace(/^(?:```|~~~)[\s\S]*?^(?:```|~~~)/gm, ''))?.[1] ??
      plainName(file.path),
    author: asText([fields['author'] ?? fields['authors'] ?? []].flat().map(unlinked).join(', ')),
    url: /^https?:/.test(one('url', 'source', 'link') ?? '') ? (one('url', 'source', 'link') ?? null) : null,
    created_at: time('created', 'date', 'created_at', 'date created', 'published'),
    updated_at: time('updated', 'modified', 'last_modified', 'updated_at', 'date modified') ?? file.modified,
    sections: [section('text', shown)],
    metadata: {
      type: 'markdown',
      ...place.metadata,
      ...(tags.length > 0 && { tags }),
      ...(links.length > 0 && { links }),
      ...(fields['aliases'] !== undefined && { aliases: [fields['aliases']].flat() }),
      ...(Object.keys(properties).length > 0 && { properties }),
    },
  });
}

/** Fields that have a place of their own in a document. */
const KNOWN = new Set(['title', 'author', 'authors', 'tags', 'tag', 'aliases']);

/**
 * The fields before the text, as far as they are plain: `key: value` also over several lines, `key: [a, b]`, and lists
 * below a key; in TOML (`+++`) `key = value`. What only looks like it, a text between two rules, is text.
 */
export function frontMatter(text: string): { fields: Record<string, string | string[]>; body: string } {
  const none = { fields: {}, body: text };
  const block = /^\uFEFF?(---|\+\+\+)[ \t]*\n([\s\S]*?)\n?(?<=\n)(?:\1|\.\.\.)[ \t]*(?:\n|$)/.exec(text);
  if (block === null) return none;
  const toml = block[1] === '+++';
  const raw = new Map<string, { value: string; items: string[] }>();
  let last: { value: string; items: string[] } | null = null;
  for (const line of (block[2] ?? '').split('\n')) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    if (toml && /^\[/.test(line)) break; // what follows belongs to a part of its own
    const item = /^\s*-\s+(.*)$/.exec(line)?.[1];
    const [, key, value = ''] =
      (toml
        ? /^([\w-]+)\s*=\s*(.*)$/.exec(line)
        : /^(["']?[\p{L}_][\p{L}\p{M}\p{N}_ .-]*?["']?)\s*:(?:\s+(.*))?$/u.exec(line)) ?? [];
    if (key !== undefined) {
      last = { value, items: [] };
      raw.set(unquoted(key).toLowerCase(), last);
    } else if (last === null) return none;
    else if (item !== undefined) last.items.push(unquoted(item));
    else last.value += `\n${line.trim()}`;
  }
  if (raw.size === 0 && (block[2] ?? '').trim() !== '') return none;
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [key, { value, items }] of raw) {
    const inner = /^\[(?!\[[^[\]]*\]\]$)([\s\S]*)\]$/.exec(value.trim())?.[1];
    const lines = /^[|>][-+]?\n/.exec(value);
    fields[key] =
      value === '' || items.length > 0
        ? items
        : inner !== undefined
          ? (inner.match(/\s*(?:"[^"]*"|'[^']*')|[^,]+/g) ?? []).map(unquoted).filter((each) => each !== '')
          : lines !== null
            ? value.slice(lines[0].length).replaceAll('\n', value.startsWith('|') ? '\n' : ' ')
            : unquoted(value.replaceAll('\n', ' '));
  }
  return { fields, body: text.slice(block[0].length) };
}

const unquoted = (value: string): string =>
  value
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .replace(/^#(?=\S)/, '');

/** `[[Mara Ellison]]`, as notes name people and days, without the brackets. */
const unlinked = (value: string): string => value.replace(/^\[\[(?:[^\]|]*\|)?([^\]|]*)\]\]$/, '$1');

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
