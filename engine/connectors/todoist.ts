/** Todoist: a project's template as CSV. A document with a section for each task, its comments below it. */
import type { DocumentSection } from '../capture/types';
import { asText } from '../capture/files';
import { hasHeadings, readRows } from './csv';
import { readDate } from './dates';
import { document, section } from './documents';
import { extension, fileConnector, plainName, warning } from './port';

export const todoist = fileConnector(
  'todoist',
  async (file, peek) =>
    extension(file.path) === 'csv' && hasHeadings(await peek(file), ['TYPE', 'CONTENT', 'PRIORITY']),
  async function* (file, options) {
    const { rows, warnings } = await readRows(file);
    yield* warnings;
    const sections: DocumentSection[] = [];
    let part: string | null = null;
    for (const { fields, number } of rows) {
      const [type, content] = [fields['TYPE']?.trim().toLowerCase(), asText(fields['CONTENT'])];
      if (type === undefined || type === '' || type === 'meta') continue;
      if (content === null) {
        yield warning(file, 'unreadable_record', `The ${type} says nothing.`, `row ${number}`);
        continue;
      }
      if (type === 'section') {
        part = content;
        continue;
      }
      const last = sections.at(-1);
      if (type === 'note' && last !== undefined) {
        last.markdown += `\n\n${content}`;
        continue;
      }
      const due = asText(fields['DATE']);
      const deadline = asText(fields['DEADLINE']);
      const done = fields['CHECKED'] === '1' || fields['CHECKED']?.toLowerCase() === 'true';
      const labels = [...content.matchAll(/(?<=^|\s)@([\p{L}\p{N}_-]+)/gu)].map(([, label]) => label ?? '');
      const depth = Math.max(0, Number(fields['INDENT'] ?? 1) - 1) || 0;
      sections.push(
        section(
          `task-${number}`,
          [
            `${type === 'task' ? `- [${done ? 'x' : ' '}] ` : ''}${content}`,
            asText(fields['DESCRIPTION']),
            due === null ? null : `Due: ${due}`,
            deadline === null ? null : `Deadline: ${deadline}`,
          ]
            .filter((line) => line !== null)
            .join('\n\n'),
          {
            author: asText(fields['AUTHOR'])?.replace(/\s*\(\d+\)$/, '') ?? null,
            metadata: {
              ...(part !== null && { part }),
              ...(labels.length > 0 && { tags: labels }),
              ...(depth > 0 && { depth }),
              ...(due !== null && { due: readDate(due) ?? due }),
              ...(deadline !== null && { deadline: readDate(deadline) ?? deadline }),
            },
          },
        ),
      );
    }
    if (sections.length === 0) yield warning(file, 'empty_file', `${file.path} holds no tasks.`);
    else {
      // `Trip Planning [2203306141].csv`
      const title = plainName(file.path).replace(/\s*\[[\w-]+\]$/, '');
      const id = /\[([\w-]+)\]\.csv$/i.exec(file.path)?.[1] ?? title;
      yield document({
        file,
        options,
        source: 'todoist',
        id,
        title,
        updated_at: file.modified,
        sections,
        metadata: { type: 'tasks' },
      });
    }
  },
);
