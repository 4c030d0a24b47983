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

/** The rows of a file with headings; what is wrong with one is given beside them. */
export function rowsOf(text: string): {
  headings: string[];
  rows: TableRow[];
  problems: Array<{ row: number; problem: string }>;
} {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: 'greedy' });
  const [first = [], ...rest] = data;
  const headings: string[] = [];
  first.forEach((heading, index) => {
    const name = heading.trim() || `Column ${index + 1}`;
    headings.push(headings.includes(name) ? `${name} (${index + 1})` : name);
  });
  const problems = errors
    .filter(({ code }) => code !== 'UndetectableDelimiter')
    .map(({ message, row }) => ({ row: row ?? 0, problem: message }));
  const rows = rest.map((cells, index) => {
    const fields = Object.fromEntries(headings.map((heading, at) => [heading, cells[at] ?? '']));
    return { fields, number: index + 1, missing: headings.length - cells.length };
  });
  for (const { number, missing } of rows)
    if (missing !== 0)
      problems.push({
        row: number,
        problem: `The row has ${missing > 0 ? 'fewer' : 'more'} columns than the heading.`,
      });
  return { headings, rows, problems };
}

/** @see rowsOf; a file that cannot be read has no rows and a warning. */
export async function readRows(file: SourceFile): Promise<{ headings: string[]; rows: TableRow[]; warnings: Read[] }> {
  try {
    const { headings, rows, problems } = rowsOf(await textOf(file));
    const warnings = problems
      .slice(0, 100)
      .map(({ row, problem }) => warning(file, 'unreadable_record', problem, `row ${row}`));
    return { headings, rows, warnings };
  } catch (error) {
    return { headings: [], rows: [], warnings: [unreadable(file, error)] };
  }
}

export async function* readTable(
  file: SourceFile,
  options: ReadOptions,
  facts: Partial<Pick<DocumentFacts, 'source' | 'id' | 'title' | 'url' | 'metadata'>>,
): AsyncGenerator<Read> {
  const { headings, rows, warnings } = await readRows(file);
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
  const sections = [];
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
