import { describe, expect, test } from 'vitest';
import type { ChatTurn, Generator, GeneratorInput } from '../../../engine/chat';
import { inFull } from '../../../engine/chat';
import { accept } from '../../../engine/chat/in-full';
import { EngineError } from '../../../engine/errors';

const HISTORY: ChatTurn[] = [
  { role: 'user', markdown: 'Which hotel did we book in Lisbon?' },
  { role: 'assistant', markdown: 'You booked the Hotel Lumen [1].' },
];
const QUESTION = 'How much was it?';
const never = new AbortController().signal;

/** Says this, or fails with it, and notes what it was asked. */
function saying(said: string | Error, more: Partial<Generator> = {}): Generator & { asked: GeneratorInput[] } {
  const asked: GeneratorInput[] = [];
  return {
    id: 'x',
    contextTokens: 4_096,
    rewrites: true,
    asked,
    async *generate(input) {
      asked.push(input);
      if (said instanceof Error) throw said;
      yield* said.match(/.{1,7}/gsu) ?? [];
    },
    close: async () => {},
    ...more,
  };
}

describe('a question that leans on the chat is put in full by the model', () => {
  test('with what was said before, in a few words', async () => {
    const model = saying('How much was the Hotel Lumen in Lisbon?');
    expect(await inFull(QUESTION, HISTORY, model, never)).toBe('How much was the Hotel Lumen in Lisbon?');
    const [input] = model.asked;
    expect(input?.prompt.at(-1)?.content).toBe(
      'Question: Which hotel did we book in Lisbon?\nAnswer: You booked the Hotel Lumen.\nLast question: How much was it?',
    );
    expect(input?.max_tokens).toBeLessThan(100);
    expect(input?.passages).toEqual([]);
  });

  test('and one that stands by itself is not, nor by a model that is not to be asked', async () => {
    const model = saying('How much was the Hotel Lumen in Lisbon?');
    expect(await inFull('Which flour did Carla recommend for the rye loaf?', HISTORY, model, never)).toBeNull();
    expect(await inFull(QUESTION, [], model, never)).toBeNull();
    expect(await inFull(QUESTION, HISTORY, { ...model, rewrites: false }, never)).toBeNull();
    expect(model.asked).toEqual([]);
  });

  test('unless the model fails, which is said when it is asked for the answer', async () => {
    expect(await inFull(QUESTION, HISTORY, saying(new EngineError('model_failed', 'no')), never)).toBeNull();
  });

  test('unless it goes on and on, and then no more of it is taken', async () => {
    let pieces = 0;
    const model = saying('', {
      async *generate() {
        for (;;) {
          pieces++;
          yield 'Hotel Lumen in Lisbon ';
        }
      },
    });
    expect(await inFull(QUESTION, HISTORY, model, never)).toBeNull();
    expect(pieces).toBeLessThan(20);
  });

  test.each([
    ['How much was the Hotel Lumen in Lisbon?', 'How much was the Hotel Lumen in Lisbon?'],
    ['Rewritten question: “How much was the Hotel Lumen?”', 'How much was the Hotel Lumen?'],
    // nothing said; nothing added; an answer; two lines; somebody else's question; the example's words
    ['', null],
    ['How much was it?', null],
    ['It was 120 euros for each night, breakfast and the tram included.', null],
    ['The Hotel Lumen.', null],
    ['How much was the Hotel Lumen?\nIt was 120 euros.', null],
    ['What is the capital of Portugal and who is its president?', null],
    ['How much did Ottilie pay for the Hotel Lumen in Lisbon?', null],
  ])('%j becomes %j', (said, taken) => {
    expect(accept(said, QUESTION, HISTORY)).toBe(taken);
  });

  test('and what was asked is still in it', () => {
    expect(accept('Which hotel did we book in Lisbon?', 'And when does breakfast begin there?', HISTORY)).toBeNull();
    const kept = 'When does breakfast begin at the Hotel Lumen?';
    expect(accept(kept, 'And when does breakfast begin there?', HISTORY)).toBe(kept);
  });
});
