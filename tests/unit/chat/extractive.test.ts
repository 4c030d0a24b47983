import { describe, expect, test } from 'vitest';
import { extractiveGenerator } from '../../../engine/chat';
import { checkAnswer, citationsIn } from '../../../engine/chat/check';
import { collect, generatorAcceptance, input } from './generator-acceptance';
import { passage } from './passages';

const answer = (more: Parameters<typeof input>[0]) =>
  collect(extractiveGenerator().generate(input(more), new AbortController().signal));

describe('the answer without a model', () => {
  generatorAcceptance(() => extractiveGenerator());

  test('quotes by conversation, in it by time, each sentence with its passage', async () => {
    const passages = [
      passage(1, 'Hello there. The hotel is Lumen, I booked it.', {
        document_id: 'a',
        said_at: '2026-05-09T10:00:00Z',
      }),
      passage(2, 'Which hotel should I book?', { document_id: 'a', said_at: '2026-05-08T10:00:00Z' }),
      passage(3, 'Ana likes *quiet* hotels.', { document_id: 'b', title: 'About [Ana]', speaker: null }),
    ];
    expect(await answer({ passages })).toBe(
      [
        '### **Trip** · 8 May 2026, 9 May 2026',
        '',
        '- Ana: Which hotel should I book? [2]',
        '- Ana: Hello there. The hotel is Lumen, I booked it. [1]',
        '',
        '### **About \\[Ana\\]** · 8 May 2026',
        '',
        '- Ana likes *quiet* hotels. [3]',
      ].join('\n'),
    );
  });
  test('is empty where nothing that was found answers', async () => {
    expect(await answer({ evidence: 'weak' })).toBe('');
    expect(await answer({ evidence: 'other_person' })).toBe('');
  });
  test('quotes no neighbour, nothing that fits far worse, and nothing that could be read as a citation', async () => {
    const passages = [
      passage(1, 'Hotel Lumen [2] was booked, see [7](https://x.example).'),
      passage(2, 'Beside it.', { beside: { chunk_id: 'x', before: false }, fit: 0 }),
      passage(3, 'Far from it.', { fit: 0.4 }),
    ];
    const text = await answer({ passages });
    expect(citationsIn(text)).toEqual([1]);
    expect(text).not.toMatch(/Beside|Far/u);
  });
  test('gives the reply where what fits is the question that was asked then', async () => {
    const asked = passage(1, 'Which strings make a violin warmer?', { document_id: 'a' });
    const beside = (before: boolean) => ({ chunk_id: asked.chunk_id, before });
    const of = { document_id: 'a', role: 'assistant' as const, speaker: 'ChatGPT', fit: 0 };
    const passages = [
      asked,
      passage(2, 'Something else.', { ...of, beside: beside(true) }),
      passage(3, 'A synthetic core.', { ...of, beside: beside(false), said_at: '2026-05-08T10:01:00.000Z' }),
    ];
    const text = await answer({ passages });
    expect(text).toContain('- ChatGPT: A synthetic core. [3]');
    expect(text).not.toContain('Something else');
  });
  test('stands on what it cites, by its own check', async () => {
    const passages = [
      passage(1, 'We do not take the hotel **Lumen**; it has 3 rooms:\n\n| a | b |\n|---|---|\n| Lumen | 12 |'),
      passage(2, `Hotel ${'very '.repeat(200)}long. Never mind.`),
    ];
    const text = await answer({ passages });
    const { sentences } = await checkAnswer(text, passages, async () => null);
    expect(sentences.length).toBeGreaterThan(0);
    expect(sentences.filter(({ state }) => state !== 'supported')).toEqual([]);
  });
});
