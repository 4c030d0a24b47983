/** Plain text in whatever encoding; JSON that nothing better knows; pictures by their names. */
import { asText, isObject } from '../capture/files';
import { document, fileId, section } from './documents';
import { baseName, type Connector, extension, fileConnector, plainName, type SourceFile, warning } from './port';
import { recordsOf, unreadable } from './records';
import { textOf } from './text';

const TEXT = /^(?:txt|text|log|rst|org|adoc|tex|srt|vtt|nfo)$/;
const PICTURE = /^(?:png|jpe?g|gif|webp|heic|heif|avif|bmp|tiff?|svg|raw|cr2|nef|dng)$/;
/** Records of one JSON file that are sections of their own. */
const MOST_RECORDS = 20_000;

export const plain = fileConnector(
  'text',
  async (file, peek) => {
    const kind = extension(file.path);
    if (TEXT.test(kind)) return true;
    if (kind !== '') return false;
    // A name without an ending: text, where there is nothing in it that is none.
    const text = await peek(file);
    // eslint-disable-next-line no-control-regex -- control characters are what text has not
    return text.trim() !== '' && !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text);
  },
  async function* (file, options) {
    try {
      const text = (await textOf(file)).replace(/\r\n?/g, '\n').trim();
      if (text === '') yield warning(file, 'empty_file', `${file.path} holds no text.`);
      else
        yield document({
          file,
          options,
          source: 'files',
          id: fileId(file.path, text),
          title: plainName(file.path),
          updated_at: file.modified,
          sections: [section('text', text)],
          metadata: { type: 'text' },
        });
    } catch (error) {
      yield unreadable(file, error);
    }
  },
);

export const json = fileConnector(
  'json',
  (file) => /^(?:json|jsonl|ndjson|canvas)$/.test(extension(file.path)),
  async function* (file, options) {
    const sections = [];
    let title: string | null = null;
    for await (const item of recordsOf(file)) {
      if ('broken' in item) {
        yield item.broken;
        continue;
      }
      if (sections.length === MOST_RECORDS)
        yield warning(file, 'truncated', `Of ${file.path} the first ${MOST_RECORDS} records are kept.`, item.where);
      if (sections.length >= MOST_RECORDS) break;
      const lines: string[] = [];
      outline(item.value, '', lines, 0);
      if (isObject(item.value)) title ??= asText(item.value['title']) ?? asText(item.value['name']);
      if (lines.length > 0) sections.push(section(`record-${sections.length + 1}`, lines.join('\n')));
    }
    if (sections.length === 0) return;
    const text = sections.map(({ markdown }) => markdown).join('\n');
    yield document({
      file,
      options,
      source: 'files',
      id: fileId(file.path, text),
      title: sections.length === 1 && title !== null ? title : plainName(file.path),
      updated_at: file.modified,
      sections,
      metadata: { type: 'json' },
    });
  },
);

/** A value as lines of a list, each with the name of its field. */
function outline(value: unknown, name: string, lines: string[], depth: number): void {
  const indent = '  '.repeat(Math.min(depth, 20));
  const label = name === '' ? '' : `**${name}**: `;
  if (value === null || value === undefined || lines.length > 50_000 || depth > 60) return;
  if (typeof value !== 'object') {
    const text = (typeof value === 'string' ? value : JSON.stringify(value)).trim();
    if (text !== '') lines.push(`${indent}- ${label}${text.replaceAll('\n', `\n${indent}  `)}`);
    return;
  }
  if (name !== '') lines.push(`${indent}- **${name}**`);
  for (const [key, each] of Object.entries(value))
    outline(each, Array.isArray(value) ? '' : key, lines, name === '' ? depth : depth + 1);
}

export const pictures: Connector = {
  id: 'pictures',

  async recognises(files) {
    return files.filter(({ path }) => PICTURE.test(extension(path)));
  },

  /** A document for each folder of pictures: their names, which is all that is kept of them. */
  async *read(files, options) {
    const folders = new Map<string, SourceFile[]>();
    for (const file of files) {
      const folder = file.path.slice(0, file.path.length - baseName(file.path).length).replace(/\/$/, '');
      folders.set(folder, [...(folders.get(folder) ?? []), file]);
    }
    for (const [folder, inside] of folders) {
      const [first] = inside;
      if (first === undefined) continue;
      const names = inside.map(({ path }) => baseName(path));
      yield document({
        file: first,
        options,
        source: 'files',
        id: fileId(folder, names.join('\n')),
        title: inside.length === 1 ? (names[0] ?? null) : folder === '' ? 'Pictures' : baseName(folder),
        updated_at: inside.reduce<string | null>(
          (newest, { modified }) => ((modified ?? '') > (newest ?? '') ? modified : newest),
          null,
        ),
        sections: [section('names', names.map((name) => `- [Image: ${name.replace(/[[\]]/g, '')}]`).join('\n'))],
        attachments: names.map((name) => ({ kind: 'image', name, reference: null })),
        metadata: { type: 'pictures' },
      });
    }
  },
};
