import { expect, test } from 'vitest';
import type { Generator, GeneratorInput } from '../../../engine/chat';
import { EngineError } from '../../../engine/errors';
import { passage } from './passages';

export const QUESTION = 'Which hotel did Ana book?';

export function input(more: Partial<GeneratorInput> = {}): GeneratorInput {
  const passages = more.passages ?? [
    passage(1, 'I booked Hotel Lumen for two nights.'),
    passage(2, 'The train leaves at nine.', { speaker: 'Ben' }),
  ];
  return {
    question: QUESTION,
    passages,
    evidence: 'found',
    prompt: [
      { role: 'system', content: 'Answer from the passages.' },
      { role: 'user', content: `${passages.map(({ text }) => text).join('\n')}\n${QUESTION}` },
    ],
    max_tokens: 200,
    ...more,
  };
}

/** The words that came before the fault, and the fault. */
export async function failing(ask: AsyncIterable<string>): Promise<{ words: string; error: EngineError }> {
  let words = '';
  try {
    for await (const piece of ask) words += piece;
  } catch (error) {
    return { words, error: EngineError.from(error) };
  }
  throw new Error(`it did not fail and said: ${words}`);
}

export async function collect(stream: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of stream) text += piece;
  return text;
}

/** What every generator promises. `make` gives one that would answer the question with a citation of passage 1. */
export function generatorAcceptance(make: () => Promise<Generator> | Generator): void {
  test('answers with a citation of what it stands on', async () => {
    const generator = await make();
    const text = await collect(generator.generate(input(), new AbortController().signal));
    expect(text).toContain('Lumen');
    expect(text).toMatch(/\[1\]/u);
    await generator.close();
  });
  test('answers again, and the same way, after it was stopped', async () => {
    const generator = await make();
    const stop = new AbortController();
    try {
      for await (const _piece of generator.generate(input(), stop.signal)) stop.abort();
    } catch (error) {
      expect(EngineError.from(error).code).toBe('aborted');
    }
    expect(await collect(generator.generate(input(), new AbortController().signal))).toContain('Lumen');
    await generator.close();
  });
  test('says nothing when it was stopped before it began', async () => {
    const generator = await make();
    const stopped = AbortSignal.abort();
    const text = await collect(generator.generate(input(), stopped)).catch((error: unknown) => {
      expect(EngineError.from(error).code).toBe('aborted');
      return '';
    });
    expect(text).toBe('');
    await generator.close();
  });
  test('closes twice', async () => {
    const generator = await make();
    await generator.close();
    await generator.close();
  });
}
