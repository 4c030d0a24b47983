/** The invented lines of tests/fixtures/personal, and how much of what is marked in them is found. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PersonalKind, PersonalSpan } from '../../../engine/privacy';
import { findPersonal } from '../../../engine/privacy/find';

export interface MarkedLine {
  text: string;
  marks: PersonalSpan[];
}

/** Those that were tuned on, and those that were held out: by turns. */
export function markedLines(): { tuned: MarkedLine[]; held: MarkedLine[] } {
  const path = join(import.meta.dirname, '../../fixtures/personal/lines.txt');
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map(parse);
  return { tuned: lines.filter((_, n) => n % 2 === 0), held: lines.filter((_, n) => n % 2 === 1) };
}

function parse(line: string): MarkedLine {
  const marks: PersonalSpan[] = [];
  let text = '';
  let at = 0;
  for (const match of line.matchAll(/⟦(\w+)\|([^⟧]+)⟧/gu)) {
    const [whole, kind = '', said = ''] = match;
    text += line.slice(at, match.index);
    marks.push({ kind: kind as PersonalKind, start: text.length, end: text.length + said.length });
    text += said;
    at = match.index + whole.length;
  }
  return { text: text + line.slice(at), marks };
}

export interface Score {
  /** Marks, and those of which every letter and digit is covered. */
  marks: number;
  covered: number;
  /** Places that were found, and those of which most lies in a mark. */
  found: number;
  right: number;
}

export const KINDS: PersonalKind[] = ['name', 'email', 'phone', 'address', 'card', 'iban', 'key', 'id'];

/** By kind and over all: of a mark by its kind, of what was found by what it was taken for. */
export function score(lines: MarkedLine[], find: (text: string) => PersonalSpan[] = findPersonal) {
  const scores = new Map<PersonalKind | 'all', Score>();
  const missed: string[] = [];
  const wrong: string[] = [];
  const add = (kind: PersonalKind, what: Partial<Score>) => {
    for (const name of [kind, 'all'] as const) {
      const sum = scores.get(name) ?? { marks: 0, covered: 0, found: 0, right: 0 };
      for (const field of ['marks', 'covered', 'found', 'right'] as const) sum[field] += what[field] ?? 0;
      scores.set(name, sum);
    }
  };
  for (const { text, marks } of lines) {
    const found = find(text);
    for (const mark of marks) {
      const all = lettersIn(text, mark).every((at) => found.some(({ start, end }) => start <= at && at < end));
      if (!all) missed.push(`${mark.kind}: ${text.slice(mark.start, mark.end)}   in: ${text}`);
      add(mark.kind, { marks: 1, covered: all ? 1 : 0 });
    }
    for (const span of found) {
      const letters = lettersIn(text, span);
      const inside = letters.filter((at) => marks.some(({ start, end }) => start <= at && at < end)).length;
      const right = inside * 2 > letters.length;
      if (!right) wrong.push(`${span.kind}: ${text.slice(span.start, span.end)}   in: ${text}`);
      add(span.kind, { found: 1, right: right ? 1 : 0 });
    }
  }
  return { scores, missed, wrong };
}

function lettersIn(text: string, { start, end }: PersonalSpan): number[] {
  const places: number[] = [];
  for (let at = start; at < end; at++) if (/[\p{L}\p{N}]/u.test(text[at] ?? '')) places.push(at);
  return places;
}
