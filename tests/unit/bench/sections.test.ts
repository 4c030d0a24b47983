import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { marked, sectionIn, withSection } from '../../bench/sections';

const FILE = '# Benchmarks\n\nMeasured.\n\n## The package by part\n\nParts.\n';

test('a section of the benchmarks is put in, replaced alone, and kept when the others are measured again', () => {
  const first = withSection(FILE, 'exchange', marked('exchange', 'one $& $1'));
  expect(first).toBe(FILE.replace('## The', () => `${marked('exchange', 'one $& $1')}\n\n## The`));
  const both = withSection(first, 'large', marked('large', 'much'));
  const again = withSection(both, 'exchange', marked('exchange', 'two'));
  expect(again).toBe(both.replace('one $& $1', 'two'));
  expect(sectionIn(again, 'large')).toBe(marked('large', 'much'));
  expect(sectionIn(FILE, 'large')).toBeNull();
  expect(() => withSection('# Nothing\n', 'large', marked('large', 'much'))).toThrow('The package by part');
});

test('the benchmarks that are checked in have a place for them', () => {
  const file = readFileSync('docs/benchmarks.md', 'utf8');
  expect(sectionIn(withSection(file, 'exchange', marked('exchange', 'x')), 'exchange')).toBe(marked('exchange', 'x'));
});
