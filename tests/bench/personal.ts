/** How much of what is personal is found in the invented lines, and how much else. `npm run bench:personal` */
import { KINDS, type MarkedLine, markedLines, score } from '../unit/privacy/personal-lines';

const share = (part: number, of: number) => (of === 0 ? '–' : `${((100 * part) / of).toFixed(1)} %`);

function table(name: string, lines: MarkedLine[]): void {
  const { scores } = score(lines);
  console.log(
    `\n${name}: ${lines.length} lines, ${lines.filter(({ marks }) => marks.length === 0).length} with nothing personal`,
  );
  console.log('| kind | marked | recall | found | precision |\n| --- | --- | --- | --- | --- |');
  for (const kind of [...KINDS, 'all'] as const) {
    const { marks, covered, found, right } = scores.get(kind) ?? { marks: 0, covered: 0, found: 0, right: 0 };
    console.log(`| ${kind} | ${marks} | ${share(covered, marks)} | ${found} | ${share(right, found)} |`);
  }
}

export function main(args: string[]): void {
  const { tuned, held } = markedLines();
  table('Tuned on', tuned);
  table('Held out', held);
  const { missed, wrong } = score(args.includes('--held') ? held : tuned);
  console.log(
    `\nmissed of ${args.includes('--held') ? 'those held out' : 'those tuned on'}:\n${missed.join('\n')}\n\nfound and not personal:\n${wrong.join('\n')}`,
  );
}
