import { describe, expect, test } from 'vitest';
import { findPersonal } from '../../../engine/privacy/find';
import { KINDS, markedLines, score } from './personal-lines';

const { tuned, held } = markedLines();

describe('what is personal', () => {
  test('is marked in enough lines to count, half of which were held out', () => {
    expect(tuned.length + held.length).toBeGreaterThanOrEqual(300);
    for (const lines of [tuned, held])
      expect(lines.filter(({ marks }) => marks.length === 0).length).toBeGreaterThan(50);
  });
  // as measured, less a few lines
  test.each([
    ['those tuned on', tuned, 0.98, 0.96],
    ['those held out', held, 0.96, 0.93],
  ] as const)('is found among %s, and little else', (_name, lines, recall, precision) => {
    const { scores, missed, wrong } = score(lines);
    const all = scores.get('all') ?? { marks: 0, covered: 0, found: 0, right: 0 };
    expect(all.covered / all.marks, missed.join('\n')).toBeGreaterThanOrEqual(recall);
    expect(all.right / all.found, wrong.join('\n')).toBeGreaterThanOrEqual(precision);
    for (const kind of KINDS) {
      const one = scores.get(kind) ?? { marks: 0, covered: 0 };
      expect(one.covered / one.marks, kind).toBeGreaterThanOrEqual(0.9);
    }
  });
  test('is found in order, without overlaps', () => {
    for (const { text } of [...tuned, ...held]) {
      const found = findPersonal(text);
      found.forEach(({ start, end }, n) => {
        expect(start).toBeGreaterThanOrEqual(found[n - 1]?.end ?? 0);
        expect(end).toBeGreaterThan(start);
      });
    }
  });
  test('is found in a long text without taking long for any part of it', () => {
    const hostile = [
      '1'.repeat(20_000),
      '1 '.repeat(10_000),
      'A'.repeat(20_000),
      'Anna '.repeat(4_000),
      'a@'.repeat(10_000),
      'DE89 '.repeat(4_000),
      'Rue de la '.repeat(2_000),
      '12 Main '.repeat(2_500),
      'password='.repeat(2_000),
      'sk-'.repeat(6_000),
      '-----BEGIN PRIVATE KEY-----'.repeat(700),
      '(1) '.repeat(5_000),
      'von der '.repeat(2_500),
      'x.'.repeat(10_000),
    ];
    for (const text of hostile) expect(Array.isArray(findPersonal(text))).toBe(true);
  }, 20_000);
});
