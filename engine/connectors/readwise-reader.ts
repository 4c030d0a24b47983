/** Readwise Reader's list of what was saved, as CSV: addresses, without their text. */
import { asText, asTime } from '../capture/files';
import { readRows } from './csv';
import { link } from './links';
import { type Read, type ReadOptions, type SourceFile, warning } from './port';

export async function* readSaved(file: SourceFile, options: ReadOptions): AsyncGenerator<Read> {
  const { rows, warnings } = await readRows(file);
  yield* warnings;
  for (const { fields, number } of rows) {
    const url = asText(fields['URL']);
    if (url === null) yield warning(file, 'unreadable_record', 'The row names no address.', `row ${number}`);
    else
      yield link(file, options, {
        source: 'readwise',
        url,
        title: asText(fields['Title']),
        time: asTime(fields['Saved date']),
        // as Python writes a list: ['lakes', "ships' logs"]
        tags: (fields['Document tags'] ?? '')
          .replace(/^\[|\]$/g, '')
          .split(',')
          .map((tag) => tag.trim().replace(/^(['"])(.*)\1$/, '$2')),
        folder: asText(fields['Location']),
        about: null,
      });
  }
}
