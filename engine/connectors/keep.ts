/** Google Keep in Takeout: a JSON file for each note, beside the same as HTML. */
import { asArray, asObject, asText, asTime } from '../capture/files';
import { document, section } from './documents';
import { baseName, type Connector, type SourceFile, warning } from './port';
import { recordsOf } from './records';

const NOTE = /"(?:userEditedTimestampUsec|isTrashed|isArchived)"\s*:/;

export const keep: Connector = {
  id: 'keep',

  async recognises(files, peek) {
    const notes: SourceFile[] = [];
    for (const file of files)
      if (/\.json$/i.test(file.path)) {
        const text = await peek(file);
        if (NOTE.test(text) && /"(?:textContent|listContent|isTrashed)"\s*:/.test(text)) notes.push(file);
      }
    const stems = new Set(notes.map(({ path }) => path.replace(/\.json$/i, '')));
    return [...notes, ...files.filter(({ path }) => /\.html$/i.test(path) && stems.has(path.replace(/\.html$/i, '')))];
  },

  async *read(files, options) {
    for (const file of files.filter(({ path }) => /\.json$/i.test(path)))
      for await (const item of recordsOf(file)) {
        options.signal?.throwIfAborted();
        if ('broken' in item) {
          yield item.broken;
          continue;
        }
        const note = asObject(item.value);
        if (note['isTrashed'] === true) continue;
        const list = asArray(note['listContent'])
          .map(asObject)
          .map(({ text, isChecked }) => `- [${isChecked === true ? 'x' : ' '}] ${asText(text) ?? ''}`);
        const text = [asText(note['textContent']), list.join('\n')]
          .filter((part) => part !== null && part !== '')
          .join('\n\n');
        const title = asText(note['title']);
        if (text === '' && title === null) {
          yield warning(file, 'empty_file', 'The note says nothing.', item.where);
          continue;
        }
        const micros = (value: unknown) => (typeof value === 'number' ? asTime(value / 1_000) : null);
        const [tags, links] = [
          asArray(note['labels']).flatMap((each) => asText(asObject(each)['name']) ?? []),
          asArray(note['annotations']).flatMap((each) => asText(asObject(each)['url']) ?? []),
        ];
        const created = micros(note['createdTimestampUsec']);
        yield document({
          file,
          options,
          source: 'keep',
          id: `${created ?? ''}/${baseName(file.path)}`,
          title: title ?? text.split('\n')[0]?.slice(0, 80) ?? null,
          created_at: created,
          updated_at: micros(note['userEditedTimestampUsec']) ?? file.modified,
          sections: [section('text', text === '' ? (title ?? '') : text)],
          attachments: asArray(note['attachments']).map((each) => ({
            kind: 'image',
            name: asText(asObject(each)['filePath']) ?? 'image',
            reference: null,
          })),
          metadata: { type: 'note', ...(tags.length > 0 && { tags }), ...(links.length > 0 && { links }) },
        });
      }
  },
};
