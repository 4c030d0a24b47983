/** The results as rows with their targets, for the terminal and for docs/benchmarks.md. */
import type { Results } from './bench';
import type { EnginePageResults, PeerResult, SizeResult } from './engine-page';
import type { Spread } from './page/measure';

interface Row {
  group: string;
  what: string;
  value: string;
  target?: string;
  met?: boolean;
}

const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} ms`;
const both = ([p50, p95]: Spread) => `${ms(p50)} / ${ms(p95)}`;
const s1 = (value: number) => `${(value / 1000).toFixed(1)} s`;
const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const atMost = (value: number, limit: number, target: string) => ({ target, met: value < limit });

function rowsOf(results: Results): Row[] {
  const rows: Row[] = [];
  const { extension, page, engine, parts } = results;
  if (extension) {
    const { cold, reopen, reopen_at_start: atStart, captured, memory, keystroke } = extension;
    const start = 'Starting';
    rows.push(
      { group: start, what: 'Fresh profile: browser process to extension running', value: ms(cold.browser) },
      { group: start, what: 'Fresh profile: browser process to first recall by words', value: ms(cold.words) },
      { group: start, what: 'Fresh profile: browser process to first recall by meaning', value: ms(cold.meaning) },
      {
        group: start,
        what: `Reopen (${extension.documents} conversations): page opened to first recall by words`,
        value: ms(reopen.words),
        ...atMost(reopen.words, 1_000, 'under 1 s'),
      },
      { group: start, what: 'Reopen: page opened to first recall by meaning', value: ms(reopen.meaning) },
      {
        group: start,
        what: 'The same to words, at once after the start of the browser',
        value: ms(atStart.words),
      },
    );
    for (const { bytes, times, count } of captured) {
      rows.push({
        group: 'Keeping',
        what: `Capture of ${(bytes / 1000).toLocaleString('en')} kB acknowledged, p50 / p95 of ${count}`,
        value: both(times),
        ...atMost(times[0], 20, 'under 20 ms'),
      });
    }
    rows.push(
      {
        group: 'Finding',
        what: `Panel: key to painted results, p50 / p95 of ${keystroke.count}`,
        value: both(keystroke.words),
        ...atMost(keystroke.words[0], 100, 'under 100 ms'),
      },
      {
        group: 'Weight',
        what: `Memory (PSS) of the extension's ${memory.processes} process${memory.processes === 1 ? '' : 'es'}, model loaded / after 20 recalls`,
        value: `${Math.round(memory.idle_mb)} MB / ${Math.round(memory.after_recall_mb)} MB`,
      },
    );
  }
  for (const cost of page ?? []) {
    const group = `The page of ${cost.site}, with the extension and without`;
    const difference = ({ with_extension, without }: { with_extension: number; without: number }) =>
      with_extension - without;
    rows.push(
      {
        group,
        what: `Main thread per burst of 50 changes, added (mean of ${cost.bursts})`,
        value: `${difference(cost.burst).toFixed(2)} ms (${cost.burst.own.toFixed(2)} ms in our functions)`,
        ...atMost(difference(cost.burst), 5, 'under 5 ms'),
      },
      {
        group,
        what: `Main thread per captured response (${Math.round(cost.response_bytes / 1000)} kB of text), added (mean of ${cost.responses})`,
        value: `${difference(cost.response).toFixed(1)} ms (${cost.response.own.toFixed(1)} ms in our functions)`,
      },
      {
        group,
        what: `Main thread per part of a streamed answer, added (mean of ${cost.parts})`,
        value: `${difference(cost.part).toFixed(2)} ms (${cost.part.own.toFixed(2)} ms in our functions)`,
      },
      {
        group,
        what: 'Longest task in all of it, with / without',
        value: `${Math.round(cost.response.longest_with)} ms / ${Math.round(cost.response.longest_without)} ms`,
      },
      {
        group,
        what: 'JavaScript heap at the end, with / without',
        value: `${(cost.heap_with / 1e6).toFixed(1)} MB / ${(cost.heap_without / 1e6).toFixed(1)} MB`,
      },
    );
  }
  if (engine) {
    rows.push(...rowsOfEmbedding(engine), ...rowsOfSizes(engine));
  }
  const total = (key: 'bytes' | 'zipped') => parts.reduce((sum, part) => sum + part[key], 0);
  rows.push({
    group: 'Weight',
    what: 'Package, unpacked / zipped',
    value: `${mb(total('bytes'))} / ${mb(total('zipped'))}`,
  });
  return rows;
}

function rowsOfEmbedding(engine: EnginePageResults): Row[] {
  const rows: Row[] = [];
  for (const [threads, rate] of Object.entries(engine.rates)) {
    rows.push({
      group: 'Embedding',
      what: `Passages of 128 tokens, WASM, ${threads} thread${threads === '1' ? '' : 's'}`,
      value: `${rate.toFixed(1)} a second`,
    });
  }
  rows.push({
    group: 'Embedding',
    what: 'A question of ten words, p50 / p95 of 30, in the embedder as the extension runs it',
    value: both(engine.embedding.question),
    ...atMost(engine.embedding.question[0], 40, 'under 40 ms'),
  });
  return rows;
}

/** What the engine takes at each size, and after half of the last was deleted. */
function rowsOfSizes(engine: EnginePageResults): Row[] {
  const rows: Row[] = [];
  for (const size of engine.sizes) rows.push(...rowsOfSize(size));
  if (engine.halved) {
    const { chunks, delete_ms, vacuum_ms, recall, renew_ms, renewed } = engine.halved;
    const group = `After half of them was deleted (${chunks.toLocaleString('en')} chunks left)`;
    rows.push(
      { group, what: 'Deleting every second conversation', value: s1(delete_ms) },
      { group, what: 'The vacuum after it, which others wait for', value: s1(vacuum_ms) },
      { group, what: 'Words and meaning, p50 / p95, passing by what was deleted', value: both(recall.fused) },
      { group, what: 'The index of vectors made anew, with the next embedding, in short steps', value: s1(renew_ms) },
      { group, what: 'Words and meaning after that', value: both(renewed.fused) },
    );
  }
  return rows;
}

function rowsOfSize({ chunks, recall, fill, capture, load }: SizeResult): Row[] {
  const group = `The engine with ${chunks.toLocaleString('en')} chunks (load ${load.toFixed(1)})`;
  const target = chunks === 100_000;
  return [
    { group, what: 'Words alone, p50 / p95', value: both(recall.words) },
    { group, what: 'Meaning alone, without the embedding of the question, p50 / p95', value: both(recall.meaning) },
    {
      group,
      what: 'Words and meaning, without the embedding of the question, p50 / p95',
      value: both(recall.fused),
      ...(target && { target: 'under 15 ms / 30 ms', met: recall.fused[0] < 15 && recall.fused[1] < 30 }),
    },
    {
      group,
      what: 'Filling it, words and vectors in their indexes, 50 passages to a statement',
      value: s1(fill.rows_ms),
    },
    ...(fill.index_ms > 0
      ? [
          { group, what: 'In it: making the index of vectors, step by step', value: s1(fill.index_ms) },
          { group, what: 'In it: the longest of those steps, for which others wait', value: ms(fill.longest_step_ms) },
        ]
      : []),
    { group, what: 'Keeping more: passages a second, by captures of ten messages', value: capture.passages.toFixed(0) },
    { group, what: 'Keeping more: a capture of ten messages, p50 / p95', value: both(capture.capture) },
    { group, what: 'Keeping more: vectors stored a second (without making them)', value: capture.vectors.toFixed(0) },
  ];
}

/** One table for each size: the engine and the others, as far as they came. */
function comparison({
  chunks,
  recall,
  fill,
  nearest,
  memory_mb,
  wasm_mb,
  disk_mb,
  restart_ms,
  peers,
}: SizeResult): string {
  const percent = (share: number | undefined) => (share === undefined ? '' : `${(100 * share).toFixed(1)} %`);
  const space = (size: number | undefined) => (size === undefined ? '' : `${Math.round(size).toLocaleString('en')} MB`);
  const peerRow = ({ name, times, build_ms, nearest: found, ...rest }: PeerResult) =>
    `| ${[
      name,
      WHAT[name],
      times ? both(times) : '',
      percent(found),
      build_ms === undefined ? '' : s1(build_ms),
      space(rest.memory_mb),
      space(rest.disk_mb),
      rest.restart_ms === undefined ? '' : ms(rest.restart_ms),
      rest.failure ?? '',
    ].join(' | ')} |`;
  return `## ${chunks.toLocaleString('en')} chunks, the engine and others

| | searches by | p50 / p95 | true ten nearest found | build | memory | on disk | restart to first answer | not done |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
| **Commonplace** | words and meaning | ${both(recall.fused)} | ${percent(nearest)} | ${s1(fill.rows_ms + fill.index_ms)} | ${space(memory_mb)} (wasm ${space(wasm_mb)}) | ${space(disk_mb)} | ${ms(restart_ms)} | |
| | words | ${both(recall.words)} | | | | | | |
| | meaning | ${both(recall.meaning)} | | | | | | |
${peers.map(peerRow).join('\n')}
`;
}

const WHAT: Record<PeerResult['name'], string> = {
  MiniSearch: 'words',
  'Orama, words': 'words',
  'Orama, hybrid': 'words and meaning',
  'voy-search': 'meaning',
  EntityDB: 'meaning',
  'loop over vectors': 'meaning',
};

const verdict = ({ met }: Row) => (met === undefined ? '' : met ? 'yes' : 'no');
const groupsOf = (rows: readonly Row[]) => [...new Set(rows.map(({ group }) => group))];

/** A table for each group. */
function tables(rows: readonly Row[]): string {
  const lines = (group: string) =>
    rows
      .filter((row) => row.group === group)
      .map((row) => `| ${row.what} | ${row.value} | ${row.target ?? ''} | ${verdict(row)} |`)
      .join('\n');
  return groupsOf(rows)
    .map((group) => `## ${group}\n\n| What | Value | Target | Met |\n| --- | ---: | --- | --- |\n${lines(group)}`)
    .join('\n\n');
}

/** What the engine took at each size, beside the others, by itself. */
export function engineReport({ engine, date, machine }: Results): string {
  if (!engine) throw new Error('The engine was not measured.');
  return `Measured on ${date.slice(0, 10)}, with a load of ${machine.load.toFixed(1)} at the start.

${tables(rowsOfSizes(engine))}

${engine.sizes.map(comparison).join('\n')}`.trimEnd();
}

export function writeReport(results: Results): { table: string; markdown: string } {
  const rows = rowsOf(results);
  const width = Math.max(...rows.map(({ what }) => what.length));
  const table = groupsOf(rows)
    .flatMap((group) => [
      group,
      ...rows
        .filter((row) => row.group === group)
        .map(
          (row) =>
            `  ${row.what.padEnd(width)}  ${row.value}${row.target ? `   (${row.target}: ${verdict(row)})` : ''}`,
        ),
    ])
    .join('\n');

  const { machine, versions } = results;
  const busy = machine.load > machine.cores / 2;
  const markdown = `# Benchmarks

Written by \`npm run bench\` on ${results.date.slice(0, 10)}; it took ${Math.round(results.seconds)} s.

- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memory_gb} GB, ${machine.os}
- ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}
- Load of the machine at the start: ${machine.load.toFixed(1)}${busy ? `. **The machine was doing other work: on ${machine.cores} cores every time here is too long.** Run it again on a quiet machine before you conclude anything` : ''}

Targets are for two cores. p50 / p95 are the median and the 95th percentile.

${tables(rows)}

${results.engine?.sizes.map((size) => `${comparison(size)}\n`).join('') ?? ''}${results.failures.map((failure) => `Not measured: ${failure.split('\n')[0]}\n\n`).join('')}## The package by part

| Part | Unpacked | Zipped |
| --- | ---: | ---: |
${results.parts.map(({ name, bytes, zipped }) => `| ${name} | ${mb(bytes)} | ${mb(zipped)} |`).join('\n')}

## How it is measured

- **Starting, keeping, typing and memory** on the built extension in headless Chromium, with a profile of its own. A
  reopen is the first recall after the browser was closed and started again, four seconds before: it starts the engine's host, its worker
  and the database; the median of five. A capture's time is that of the message from a page to the background and back; the answer comes when
  the capture is on disk. A key's time runs from its time stamp to the task after the frame in which the rows changed.
  Memory is the proportional set size of the processes that Chromium started for the extension.
- **The page**: the same local copy of the site under two names in one browser; our scripts run under one of them. The
  difference of the main thread's time (the thread's own clock, so that other processes do not count) is theirs. "In our functions" is what a profile of 0.2 ms samples saw there.
- **The engine**: its own store (OPFS), ingest, vector index and recall in a page built by the same bundler, isolated as
  the extension's pages are. The collection is invented: words with the frequencies of a language in 400 topics, 50 to 110
  words a passage, vectors in clusters that differ mostly in 16 directions. Questions are five words and a vector of one topic, never asked twice;
  their vectors are given, so that recall is measured without the model, and the model apart. Restart is from a browser started anew: opening the store and the first answer.
  "True ten nearest found": of the ten nearest by exact comparison, the part among the engine's first ten by vector.
- **The others** get the same texts and vectors, each in a browser of its own: MiniSearch 7 and Orama 3 (any word may
  match) on the texts, Orama also with vectors, voy-search and EntityDB with vectors made already, and a plain loop over a
  Float32Array. Build leaves out making up the collection. On disk: what they serialise themselves, written to OPFS, or
  EntityDB's IndexedDB. Restart: read back, and the first answer. Memory is the proportional set size of the page's process
  after searching; a browser's empty page has about 35 MB of it. Only the engine also keeps the texts, their documents and dates.
`;
  return { table, markdown };
}
