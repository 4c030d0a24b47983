/**
 * Every number of docs/benchmarks.md, measured on this machine in a real Chromium: the built extension, and the
 * engine's own code on an invented collection in a page of the same isolation. Prints a table and writes the file.
 *
 * Usage: npm run bench [-- --full | --huge] [--sizes N,N] [--no-peers] [--extension DIR] [--only page,extension,engine,exchange] [--no-write | --apart]
 *   --full   also 100,000 chunks, --huge also 500,000: an hour and some hours instead of half an hour
 *   --apart  writes what the engine took as a section beside what the file has: `--only engine --sizes 500000 --apart`
 * Resolves with 0 whether or not every target is met: a slow machine is not a fault.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { PGLITE_VERSION } from '../../engine/store/database';
import { findChromium } from '../harness/chromium';
import { type EnginePageResults, runEnginePage } from './engine-page';
import { type ExchangeResults, measureExchange } from './exchange';
import { exchangeSection } from './exchange-report';
import { browserVersion, type ExtensionResults, measureExtension, type Part, weigh } from './extension';
import { measurePageCost, type PageCostResults } from './page-cost';
import { engineReport, writeReport } from './report';
import { marked, type Section, sectionIn, withSection } from './sections';

const FILE = 'docs/benchmarks.md';
const HUGE = 500_000;

export interface Results {
  machine: { cpu: string; cores: number; memory_gb: number; os: string; load: number };
  versions: Record<string, string>;
  date: string;
  parts: Part[];
  extension?: ExtensionResults;
  page?: PageCostResults[];
  engine?: EnginePageResults;
  exchange?: ExchangeResults;
  failures: string[];
  seconds: number;
}

export async function main(args: string[]): Promise<number> {
  const started = performance.now();
  const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const extension = resolve(option('--extension') ?? '.output/chrome-mv3');
  const only = option('--only')?.split(',') ?? ['page', 'extension', 'engine', 'exchange'];
  if (!existsSync(extension)) {
    if (option('--extension') !== undefined) throw new Error(`There is no built extension in ${extension}.`);
    const { status } = spawnSync('node', ['scripts/build.mjs', 'chrome', '--no-zip'], { stdio: 'inherit' });
    if (status !== 0) return 1;
  }
  const sizes = option('--sizes')?.split(',').map(Number) ?? [
    10_000,
    ...(args.includes('--full') || args.includes('--huge') ? [100_000] : []),
    ...(args.includes('--huge') ? [HUGE] : []),
  ];
  const say = (line: string) => {
    console.log(line);
  };
  const results: Results = {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memory_gb: Math.round(totalmem() / 2 ** 30),
      os: `${process.platform} ${release()}`,
      load: loadavg()[0] ?? 0,
    },
    versions: versions(),
    date: new Date().toISOString(),
    parts: weigh(extension),
    failures: [],
    seconds: 0,
  };
  if (results.machine.load > results.machine.cores / 2)
    say(`The machine is busy (load ${results.machine.load.toFixed(1)}): these times are not its best.`);

  // one part that fails leaves the others' numbers
  const attempt = async <Result>(name: string, measure: () => Promise<Result>): Promise<Result | undefined> => {
    if (!only.includes(name)) return undefined;
    say(`  ${name} …`);
    try {
      return await measure();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      results.failures.push(`${name}: ${message}`);
      say(`    not measured: ${message}`);
      return undefined;
    }
  };
  const page = await attempt('page', () => measurePageCost(extension, say));
  const measuredExtension = await attempt('extension', () => measureExtension(extension, say));
  const engine = await attempt('engine', () => runEnginePage({ sizes, peers: !args.includes('--no-peers'), say }));
  const exchange = await attempt('exchange', () => measureExchange({ messages: 100_000, embedded: 100 }, say));
  Object.assign(results, {
    ...(page && { page }),
    ...(measuredExtension && { extension: measuredExtension }),
    ...(engine && { engine }),
    ...(exchange && { exchange }),
  });
  results.seconds = (performance.now() - started) / 1000;

  const report = writeReport(results);
  say(`\n${report.table}\n`);
  if (args.includes('--apart')) {
    writeFileSync(FILE, withSection(readFileSync(FILE, 'utf8'), 'huge', marked('huge', engineReport(results))));
  } else if (!args.includes('--no-write')) {
    writeFileSync(FILE, withSections(report.markdown, results));
    say(`${FILE} was written after ${Math.round(results.seconds)} s.`);
  }
  return results.failures.length === 0 ? 0 : 1;
}

/** With what was measured apart from the rest: now, or as it stands in the file. */
function withSections(markdown: string, { engine, exchange, date }: Results): string {
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const sections: Array<[Section, string | null]> = [
    ['exchange', exchange ? exchangeSection(exchange, date) : sectionIn(before, 'exchange')],
    ['large', sectionIn(before, 'large')],
    ['huge', engine?.sizes.some(({ chunks }) => chunks === HUGE) ? null : sectionIn(before, 'huge')],
  ];
  return sections.reduce((all, [name, text]) => (text === null ? all : withSection(all, name, text)), markdown);
}

function versions(): Record<string, string> {
  const installed = (name: string) =>
    (JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string }).version;
  const { dependencies: peers } = JSON.parse(readFileSync('tests/bench/peers/package.json', 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return {
    Chromium: browserVersion(findChromium() ?? 'chromium').replace(/^Chromium /, ''),
    Node: process.versions.node,
    PGlite: PGLITE_VERSION,
    'transformers.js': installed('@huggingface/transformers'),
    MiniSearch: installed('minisearch'),
    Orama: installed('@orama/orama'),
    'voy-search': peers['voy-search'] ?? '',
    EntityDB: peers['@babycommando/entity-db'] ?? '',
  };
}
