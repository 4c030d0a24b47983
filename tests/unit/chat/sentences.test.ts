import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sentencesOf } from '../../../engine/chat/sentences';

const cut = (text: string) => sentencesOf(text).map(({ start, end }) => text.slice(start, end));

describe('sentences', () => {
  test('are found without the marks before them, lines of code by line', () => {
    expect(cut('# Plan\n\n- Book it. Pay later!\n> quoted\n\n```js\nlet a = 1;\nlet b;\n```')).toEqual([
      'Plan',
      'Book it.',
      'Pay later!',
      'quoted',
      'let a = 1;',
      'let b;',
    ]);
  });
  test('do not end at a title, and keep the citation behind their full stop', () => {
    expect(cut('Dr. Smith called. [2] He came at 5 p.m. on May 4.')).toEqual([
      'Dr. Smith called. [2]',
      'He came at 5 p.m. on May 4.',
    ]);
    expect(cut('It is red. [1][2] It is big [3].')).toEqual(['It is red. [1][2]', 'It is big [3].']);
    expect(cut('<p title="It is open."> [1]')).toEqual(['<p title="It is open."> [1]']);
  });
  test('begin with the number of the item that they are, in a list on one line', () => {
    expect(cut('Do this. 1. **Sort** them. ### 2. **Count** them. He is 43. [1]')).toEqual([
      'Do this.',
      '1. **Sort** them.',
      '### 2. **Count** them.',
      'He is 43. [1]',
    ]);
  });
  test('are ascending, apart, and hold every letter', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('A b. ', 'c? ', '\n', '- d ', '[1] ', 'é! ', '```\n', '😀 ')), (parts) => {
        const text = parts.join('');
        let at = 0;
        let held = '';
        for (const { start, end } of sentencesOf(text)) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          held += text.slice(start, end);
          at = end;
        }
        expect(held.replace(/[^a-zé]/giu, '')).toBe(text.replace(/[^a-zé]/giu, ''));
      }),
    );
  });
});
