import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { split } from '../../../engine/ingest';

const passages = (markdown: string, size?: number) => split(markdown, size).flatMap((section) => section.passages);
const bare = (text: string) => text.replace(/\s+/gu, '');

/** Markdown with what is hard to cut: fences, lists, tables, headings, long words, other scripts, pairs of surrogates. */
const word = fc.oneof(
  fc.stringMatching(/^[a-z]{1,12}$/),
  fc.constantFrom('Dr.', '3.14', '😀', '日本語です。', 'x'.repeat(90)),
);
const sentence = fc.array(word, { minLength: 1, maxLength: 14 }).map((words) => `${words.join(' ')}.`);
const block = fc.oneof(
  fc.array(sentence, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(' ')),
  fc.array(sentence, { minLength: 1, maxLength: 5 }).map((parts) => parts.map((part) => `- ${part}`).join('\n')),
  fc.array(sentence, { minLength: 1, maxLength: 9 }).map((parts) => `\`\`\`js\n${parts.join('\n')}\n\`\`\``),
  fc.array(sentence, { minLength: 1, maxLength: 4 }).map((parts) => parts.map((part) => `| a | ${part} |`).join('\n')),
  fc.tuple(fc.integer({ min: 1, max: 6 }), sentence).map(([level, text]) => `${'#'.repeat(level)} ${text}`),
  fc.constantFrom('```', '~~~\nnever closed', '   ', '\r\n', '\t- x', '> quote\n> more', '$$\nx\n$$'),
  fc.string(),
);
const markdown = fc
  .array(fc.tuple(block, fc.constantFrom('\n', '\n\n', '\n\n\n')), { maxLength: 14 })
  .map((parts) => parts.map(([text, gap]) => text + gap).join(''));

describe('splitting', () => {
  test('passages cover the text exactly: every character that is no white space, in order', () => {
    fc.assert(
      fc.property(markdown, fc.integer({ min: 40, max: 600 }), (text, size) => {
        expect(bare(passages(text, size).join(''))).toBe(bare(text));
      }),
      { numRuns: 500 },
    );
  });

  test('no passage is empty, half a character, or much longer than the size', () => {
    fc.assert(
      fc.property(markdown, fc.integer({ min: 40, max: 600 }), (text, size) => {
        for (const passage of passages(text, size)) {
          expect(passage.trim()).not.toBe('');
          if (text.isWellFormed()) expect(passage.isWellFormed()).toBe(true);
          expect(passage.length).toBeLessThanOrEqual(size * 1.7);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a code block that fits is never cut', () => {
    const code = `\`\`\`ts\n${Array.from({ length: 12 }, (_, line) => `const value${line} = ${line};`).join('\n')}\n\n\`\`\``;
    fc.assert(
      fc.property(fc.array(sentence, { maxLength: 30 }), fc.array(sentence, { maxLength: 30 }), (before, after) => {
        const text = `${before.join(' ')}\n\n${code}\n\n${after.join(' ')}`;
        expect(passages(text, 400).some((passage) => passage.includes(code))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('a long code block is cut between lines', () => {
    const lines = Array.from({ length: 100 }, (_, line) => `line number ${line} of the program();`);
    const made = passages(`\`\`\`\n${lines.join('\n')}\n\`\`\``, 300);
    expect(made.length).toBeGreaterThan(5);
    for (const passage of made) {
      for (const line of passage.split('\n')) expect(['```', ...lines]).toContain(line);
    }
  });

  test('a long paragraph is cut between sentences, not at an abbreviated number', () => {
    const sentences = Array.from({ length: 30 }, (_, index) => `Step ${index} takes 3.5 hours at 26.5 degrees.`);
    for (const passage of passages(sentences.join(' '), 200)) {
      expect(passage).toMatch(/^Step/u);
      expect(passage).toMatch(/degrees\.$/u);
    }
  });

  test('a heading stays with what it heads, and begins a section', () => {
    const part = (name: string) => `## ${name}\n\n${`Words about ${name}. `.repeat(12)}\n\n`;
    const sections = split(part('Flour') + part('Water') + part('Salt'), 300);
    expect(sections.map(({ heading }) => heading)).toEqual(['Flour', 'Water', 'Salt']);
    for (const { passages: made } of sections) expect(made[0]).toMatch(/^## \w+\n\nWords/u);
  });

  test('a short text is one passage as it is', () => {
    expect(passages('  Hello.\n\nHow are you?  \n')).toEqual(['  Hello.\n\nHow are you?']);
    expect(passages('\n \n')).toEqual([]);
  });
});
