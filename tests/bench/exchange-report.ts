/** What is measured of export and import, for docs/benchmarks.md. */
import type { ExchangeResults, LargeResults, Measured } from './exchange';
import { marked, type Section } from './sections';

interface Row {
  what: string;
  measured: Measured | null;
  size?: number;
  limit_mb?: number;
  failure?: string;
}

const s = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const n = (value: number) => value.toLocaleString('en');

function table(rows: Row[]): string {
  const cells = rows.map(({ what, measured, size, limit_mb: limit, failure }) => [
    what,
    measured ? s(measured.ms) : '',
    measured ? `${measured.processor_s.toFixed(1)} s` : '',
    measured ? `${Math.round(measured.above_mb)} MB` : '',
    size === undefined ? '' : mb(size),
    limit === undefined ? '' : `under ${limit} MB`,
    limit === undefined || !measured ? (failure ?? '') : measured.above_mb < limit ? 'yes' : 'no',
  ]);
  return [
    '| What | Time | Of a processor | Memory above idle | Size | Target | Met |',
    '| --- | ---: | ---: | ---: | ---: | --- | --- |',
    ...cells.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
}

function section(name: Section, title: string, date: string, load: number, rows: Row[], how: string): string {
  return marked(
    name,
    `## ${title}

Measured on ${date.slice(0, 10)}, with a load of ${load.toFixed(1)} at the start.

${table(rows)}

${how}`,
  );
}

export function exchangeSection(results: ExchangeResults, date: string): string {
  const { official, embedded, database, exported, checked, imported, copy, dump } = results;
  const { file } = official;
  const rows: Row[] = [
    {
      what: `ChatGPT export of ${n(file.conversations)} conversations and ${n(file.messages)} messages: the look`,
      measured: official.look,
      size: file.bytes,
    },
    { what: 'Its import, until it is found by words', measured: official.take },
    {
      what: `One of ${n(embedded.conversations)} conversations with the model there: until it is found by words`,
      measured: embedded.words,
    },
    {
      what: `And from then until its ${n(embedded.chunks)} passages are embedded`,
      measured: embedded.vectors,
    },
    { what: `Export of everything, ${n(database.messages)} messages`, measured: exported, size: exported.bytes },
    { what: 'Reading it back', measured: checked },
    { what: 'Importing it into an empty database, until it is found by words', measured: imported },
    { what: 'A copy inside of that database, read back', measured: copy, size: copy.bytes },
    'failure' in dump
      ? { what: "PGlite's `dumpDataDir` of it", measured: null, failure: dump.failure }
      : { what: "PGlite's `dumpDataDir` of it", measured: dump, size: dump.bytes },
  ];
  return section(
    'exchange',
    'Export and import',
    date,
    results.load,
    rows,
    `The whole engine in a page of a Chromium, isolated as the extension's pages are, without the panel and, but for the rows that
say so, without the model: nothing is embedded meanwhile. Each row is a browser started anew, but a look and its import, and the
last two, are one. Memory is of all of the browser's processes together, the highest each ever was (VmHWM), above what they had
with the database open and a search answered. The database takes ${mb(database.bytes)}. A copy inside holds documents and
messages, from which the rest is made again; \`dumpDataDir\` all of Postgres' files.`,
  );
}

export function largeSection(results: LargeResults, date: string): string {
  const { database, exported, checked, official } = results;
  const { file } = official;
  const rows: Row[] = [
    {
      what: `Export of ${n(database.documents)} conversations and ${n(database.messages)} messages`,
      measured: exported,
      size: exported.bytes,
      limit_mb: 300,
    },
    { what: 'Reading it back', measured: checked },
    {
      what: `ChatGPT export of ${n(file.conversations)} conversations (${mb(file.text_bytes)}) and ${n(file.pictures)} pictures: the look`,
      measured: official.look,
      size: file.bytes,
      limit_mb: 500,
    },
    {
      what: `Its import, ${n(file.messages)} messages until they are found by words`,
      measured: official.take,
      limit_mb: 500,
    },
  ];
  return section(
    'large',
    'Export and import of much',
    date,
    results.load,
    rows,
    `As above (\`npm run bench:backup -- --size MB\`). The exported database takes ${mb(database.bytes)}; its messages were put into it without being
cut into passages, of which nothing is exported. The text of messages is all that an export is made of: attachments are kept by name.`,
  );
}
