/** How the demo's output is set: one line where it fits, marked words bold on a terminal. */
import { type Site, SITES } from '../../engine/capture/sites';
import type { Hit, Reason } from '../../engine/api';

const colours = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
const style = (code: number, end: number) => (text: string) =>
  colours ? `\u001b[${code}m${text}\u001b[${end}m` : text;

export const bold = style(1, 22);
export const dim = style(2, 22);
const green = style(32, 39);
const red = style(31, 39);

export const ok = (text: string) => green(`\n${text}`);
export const failed = (text: string) => red(`✗ ${text}`);

export function ms(milliseconds: number): string {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds).toLocaleString('en')} ms`;
}

const WIDTH = 112;

export function wrap(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length + 1 > WIDTH - indent.length) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => indent + one).join('\n');
}

const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });

function speaker(hit: Hit): string {
  if (hit.role === 'user') return 'you';
  const name = SITES[hit.source as Site]?.name ?? hit.source;
  if (hit.kind === 'conversation') return hit.model ? `${name} (${hit.model})` : name;
  return hit.author ?? 'the page';
}

function why(reason: Reason): string {
  switch (reason.kind) {
    case 'words':
      return `the words ${reason.terms.map((term) => `"${term}"`).join(', ')}`;
    case 'meaning':
      return `meaning (${reason.similarity.toFixed(2)})`;
    case 'date':
      return `the date ("${reason.text}")`;
    case 'person':
      return `the person (${reason.name})`;
  }
}

/** The part of a passage around its first marked words, on one line, with what is marked between » and «. */
function excerpt({ passage, highlights }: Hit): string {
  const first = highlights[0]?.[0] ?? 0;
  const from = first < 90 ? 0 : passage.indexOf(' ', first - 60) + 1;
  let text = '';
  let at = from;
  for (const [start, end] of highlights) {
    text += passage.slice(at, start) + (colours ? bold(passage.slice(start, end)) : `»${passage.slice(start, end)}«`);
    at = end;
    if (end - from > 160) break;
  }
  text += passage.slice(at, Math.max(at, from + 200));
  const cut = passage.length > Math.max(at, from + 200);
  const line = text.replaceAll('**', '').replace(/\s+/g, ' ').trim();
  return `${from > 0 ? '… ' : ''}${cut ? `${line.replace(/\S*$/, '')}…` : line}`;
}

export function hitLines(hits: Hit[]): string[] {
  return hits.flatMap((hit, index) => [
    `  ${index + 1}. ${hit.title ?? 'untitled'} ${dim(`· ${DATE.format(new Date(hit.created_at))} · ${speaker(hit)}`)}`,
    wrap(excerpt(hit), '     '),
    dim(`     found by ${hit.reasons.map(why).join(', ')}`),
  ]);
}
