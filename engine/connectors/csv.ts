/** Tables as CSV, with whatever separates their columns; by papaparse. A document with a section for some rows each. */
import Papa from 'papaparse';
import { document, type DocumentFacts, fileId, section } from './documents';
import { extension, fileConnector, plainName, type Read, type ReadOptions, type SourceFile, warning } from './port';
import { unreadable } from './records';
import { textOf } from './text';

export interface TableRow {
  /** By the heading of the column, as the file writes it. */
  fields: Record<string, string>;
  /** From 1, the heading not counted. */
  number: number;
}

/** Rows that stand together, so that a passage has its neighbours and not the whole table. */
const ROWS = 20;
const MOST_ROWS = 50_000;

export const csv = fileConnector(
  'csv',
  (file) => /^(?:csv|tsv)$/.test(extension(file.path)),
  async function* (file, options) {
    yield* readTable(file, options, {});
  },
);

/** Lines before a table, as banks write them. */
const MOST_ABOVE = 20;

/**
 * The rows of a file with headings; what is wrong with one is given beside them. Columns that the heading does not name
 * are numbered.
 */
export function rowsOf(text: string): {
  /** What stands above the heading, a line each. */
  above: string[];
  headings: string[];
  rows: TableRow[];
  problems: Array<{ row: number; problem: string }>;
} {
  // Excel is told what separates the columns by a line of its own.
  const [said = '', delimiter] = /^\uFEFF?sep=(.)\r?\n/i.exec(text) ?? [];
  const { data, errors } = Papa.parse<string[]>(text.slice(said.length).replace(/^\uFEFF/, ''), {
    skipEmptyLines: 'greedy',
    ...(delimiter !== undefined && { delimiter }),
  });
  const begin = headingIn(data);
  const [first = [], ...rest] = data.slice(begin);
  const widest = rest.reduce((most, cells) => Math.max(most, cells.length), first.length);
  const headings: string[] = [];
  for (let index = 0; index < Math.min(widest, first.length + 100); index++) {
    const name = first[index]?.trim() || `Column ${index + 1}`;
    headings.push(headings.includes(name) ? `${name} (${index + 1})` : name);
  }
  const problems = errors
    .filter(({ code }) => code !== 'UndetectableDelimiter')
    .map(({ message, row }) => ({ row: row ?? 0, problem: message }));
  const rows = rest.map((cells, index) => {
    const fields = Object.fromEntries(headings.map((heading, at) => [heading, cells[at] ?? '']));
    return { fields, number: index + 1, missing: first.length - cells.length };
  });
  for (const { number, missing } of rows)
    if (missing !== 0)
      problems.push({
        row: number,
        problem: `The row has ${missing > 0 ? 'fewer' : 'more'} columns than the heading.`,
      });
  const above = data.slice(0, begin).map((cells) => cells.filter((cell) => cell.trim() !== '').join(' '));
  return { above, headings, rows, problems };
}

/** Where the heading is: below a first line of less than half the columns that most have, the first that has them. */
function headingIn(data: string[][]): number {
  const counts = new Map<number, number>();
  for (const { length } of data) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [width, count] = [...counts].reduce((most, each) => (each[1] > most[1] ? each : most), [0, 0]);
  if ((data[0]?.length ?? 0) * 2 > width || count * 2 <= data.length - MOST_ABOVE) return 0;
  const at = data.findIndex(({ length }) => length === width);
  return at <= MOST_ABOVE ? at : 0;
}

/** @see rowsOf; a file that cannot be read has no rows and a warning. */
export async function readRows(
  file: SourceFile,
): Promise<{ above: string[]; headings: string[]; rows: TableRow[]; warnings: Read[] }> {
  try {
    const { above, headings, rows, problems } = rowsOf(await textOf(file));
    const warnings = problems
      .slice(0, 100)
      .map(({ row, problem }) => warning(file, 'unreadable_record', problem, `row ${row}`));
    return { above, headings, rows, warnings };
  } catch (error) {
    return { above: [], headings: [], rows: [], warnings: [unreadable(file, error)] };
  }
}

export async function* readTable(
  file: SourceFile,
  options: ReadOptions,
  facts: Partial<Pick<DocumentFacts, 'source' | 'id' | 'title' | 'url' | 'metadata'>>,
): AsyncGenerator<Read> {
  const { above, headings, rows, warnings } = await readRows(file);
  yield* warnings;
  if (rows.length === 0) {
    if (warnings.length === 0) yield warning(file, 'empty_file', `${file.path} holds no rows.`);
    return;
  }
  if (rows.length > MOST_ROWS)
    yield warning(file, 'truncated', `Of the ${rows.length} rows of ${file.path} the first ${MOST_ROWS} are kept.`);
  const cell = (value: unknown) =>
    (typeof value === 'string' ? value.trim() : '').replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');
  const head = `| ${headings.map(cell).join(' | ')} |\n|${headings.map(() => ' --- |').join('')}`;
  const sections = above.length === 0 ? [] : [section('above', above.join('\n\n'))];
  for (let at = 0; at < Math.min(rows.length, MOST_ROWS); at += ROWS) {
    const lines = rows
      .slice(at, at + ROWS)
      .map(({ fields }) => `| ${headings.map((heading) => cell(fields[heading])).join(' | ')} |`);
    sections.push(section(`rows-${at + 1}`, `${head}\n${lines.join('\n')}`, { metadata: { row: at + 1 } }));
  }
  yield document({
    file,
    options,
    source: facts.source ?? 'files',
    id: facts.id ?? fileId(file.path, JSON.stringify(rows)),
    title: facts.title ?? plainName(file.path),
    url: facts.url ?? null,
    updated_at: file.modified,
    sections,
    metadata: { type: 'table', columns: headings, rows: rows.length, ...facts.metadata },
  });
}

/** True where a table's first line has all of these headings, in any order and case. */
export function hasHeadings(beginning: string, wanted: string[]): boolean {
  const line = beginning.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
  const headings = new Set(line.split(/[,;\t]/).map((each) => each.trim().replace(/^"|"$/g, '').toLowerCase()));
  return wanted.every((each) => headings.has(each.toLowerCase()));
}
