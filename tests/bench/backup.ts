/**
 * Export, import and copies in a real Chromium, into their section of docs/benchmarks.md; the others stay as they are.
 *
 * Usage: npm run bench:backup [-- --messages N] [--embedded N] [--size MB] [--no-write]
 *   --size   only the export of so many MB of text and the import of twice as many; 1000 takes most of an hour
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { measureExchange, measureLarge } from './exchange';
import { exchangeSection, largeSection } from './exchange-report';
import { withSection } from './sections';

const FILE = 'docs/benchmarks.md';

export async function main(args: string[]): Promise<void> {
  const number = (name: string, fallback: number) => {
    const at = args.indexOf(name);
    return at < 0 ? fallback : Number(args[at + 1]);
  };
  const say = (line: string) => {
    console.log(line);
  };
  const date = new Date().toISOString();
  const size = number('--size', 0);
  const [section, text] =
    size > 0
      ? (['large', largeSection(await measureLarge(size, say), date)] as const)
      : ([
          'exchange',
          exchangeSection(
            await measureExchange(
              { messages: number('--messages', 100_000), embedded: number('--embedded', 100) },
              say,
            ),
            date,
          ),
        ] as const);
  say(`\n${text}\n`);
  if (!args.includes('--no-write')) writeFileSync(FILE, withSection(readFileSync(FILE, 'utf8'), section, text));
}
