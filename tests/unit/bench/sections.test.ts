import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sectionIn, withSection } from '../../bench/exchange-report';

const mark = (name: string, text: string) =>
  `<!-- begin ${name}: written by npm run bench:backup -->\n${text}\n<!-- end ${name} -->`;
const FILE = '# Benchmarks\n\nMeasured.\n\n## The package by part\n\nParts.\n';

test('a section of the benchmarks is put in, replaced alone, and kept when the others are measured again', () => {
  const first = withSection(FILE, 'exchange', mark('exchange', 'one $& $1'));
  expect(first).toBe(FILE.replace('## The', () => `${mark('exchange', 'one $& $1')}\n\n## The`));
  const both = withSection(first, 'large', mark('large', 'much'));
  const again = withSection(both, 'exchange', mark('exchange', 'two'));
  expect(again).toBe(both.replace('one $& $1', 'two'));
  expect(sectionIn(again, 'large')).toBe(mark('large', 'much'));
  expect(sectionIn(FILE, 'large')).toBeNull();
  expect(() => withSection('# Nothing\n', 'large', mark('large', 'much'))).toThrow('The package by part');
});

test('the benchmarks that are checked in have a place for them', () => {
  const file = readFileSync('docs/benchmarks.md', 'utf8');
  expect(sectionIn(withSection(file, 'exchange', mark('exchange', 'x')), 'exchange')).toBe(mark('exchange', 'x'));
});
