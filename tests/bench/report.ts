/** The results as rows with their targets, for the terminal and for docs/benchmarks.md. */
import type { Results } from './bench';
import type { Spread } from './page/worker';

interface Row {
  group: string;
  what: string;
  value: string;
  target?: string;
  met?: boolean;
}

const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} ms`;
const both = ([p50, p95]: Spread) => `${ms(p50)} / ${ms(p95)}`;
const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const atMost = (value: number, limit: number, target: string) => ({ target, met: value < limit });

function rowsOf(results: Results): Row[] {
  const rows: Row[] = [];
  const { extension, page, engine, parts } = results;
  if (extension) {
    const { cold, reopen, captured, memory, keystroke } = extension;
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
    for (const [threads, rate] of Object.entries(engine.rates)) {
      rows.push({
        group: 'Embedding',
        what: `Passages of 128 tokens, WASM, ${threads} thread${threads === '1' ? '' : 's'}`,
        value: `${rate.toFixed(1)} a second`,
      });
    }
    for (const { recall, peers, fill_ms } of engine.sizes) {
      const group = `Recall among ${recall.chunks.toLocaleString('en')} chunks (p50 / p95)`;
      const big = recall.chunks >= 100_000;
      rows.push(
        { group, what: 'Words alone', value: both(recall.words) },
        {
          group,
          what: 'Words and meaning, without the embedding of the question',
          value: both(recall.engine),
          ...(big ? atMost(recall.engine[0], 15, 'under 15 ms') : {}),
        },
        { group, what: 'The embedding of the question', value: both(recall.embedding) },
        {
          group,
          what: 'Words and meaning, all of it',
          value: both(recall.whole),
          ...(big ? atMost(recall.whole[0], 45, 'under 45 ms') : {}),
        },
        {
          group,
          what: `Beside it: MiniSearch, words alone (index built in ${ms(peers.minisearch_build_ms)}, in memory)`,
          value: both(peers.minisearch),
        },
        { group, what: 'Beside it: every vector in a JavaScript loop', value: both(peers.cosine_scan) },
        { group, what: 'Filling the store to this size', value: `${(fill_ms / 1000).toFixed(1)} s` },
      );
    }
  }
  const total = (key: 'bytes' | 'zipped') => parts.reduce((sum, part) => sum + part[key], 0);
  rows.push({
    group: 'Weight',
    what: 'Package, unpacked / zipped',
    value: `${mb(total('bytes'))} / ${mb(total('zipped'))}`,
  });
  return rows;
}

export function writeReport(results: Results): { table: string; markdown: string } {
  const rows = rowsOf(results);
  const groups = [...new Set(rows.map(({ group }) => group))];
  const verdict = ({ met }: Row) => (met === undefined ? '' : met ? 'yes' : 'no');
  const width = Math.max(...rows.map(({ what }) => what.length));
  const table = groups
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

${groups
  .map(
    (group) => `## ${group}

| What | Value | Target | Met |
| --- | ---: | --- | --- |
${rows
  .filter((row) => row.group === group)
  .map((row) => `| ${row.what} | ${row.value} | ${row.target ?? ''} | ${verdict(row)} |`)
  .join('\n')}`,
  )
  .join('\n\n')}

${[results.engine?.left_out, ...results.failures.map((failure) => `Not measured: ${failure.split('\n')[0]}`)]
  .filter((line) => line !== null && line !== undefined)
  .map((line) => `${line}\n\n`)
  .join('')}## The package by part

| Part | Unpacked | Zipped |
| --- | ---: | ---: |
${results.parts.map(({ name, bytes, zipped }) => `| ${name} | ${mb(bytes)} | ${mb(zipped)} |`).join('\n')}

## How it is measured

- **Starting, keeping, typing and memory** on the built extension in headless Chromium, with a profile of its own. A
  reopen is the first recall after the browser was closed and started again: it starts the engine's host, its worker and
  the database. A capture's time is that of the message from a page to the background and back; the answer comes when
  the capture is on disk. A key's time runs from its time stamp to the task after the frame in which the rows changed.
  Memory is the proportional set size of the processes that Chromium started for the extension.
- **The page**: the same local copy of the site under two names in one browser; our scripts run under one of them. The
  difference of the main thread's time (the thread's own clock, so that other processes do not count) is theirs. "In our functions" is what a profile of 0.2 ms samples saw there.
- **Recall and embedding**: the engine's own store (OPFS), embedder and recall in a page built by the same bundler,
  isolated as the extension's pages are. The collection is invented: words with the frequencies of a language in 400
  topics, 50 to 110 words a passage, vectors in clusters. Questions are five words of one topic, never asked twice.
  MiniSearch and the loop run in the same worker on the same texts and vectors, held in memory.
`;
  return { table, markdown };
}
