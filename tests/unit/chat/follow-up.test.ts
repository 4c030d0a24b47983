import { describe, expect, test } from 'vitest';
import { standalone } from '../../../engine/chat/follow-up';

const after = (...questions: string[]) =>
  questions.flatMap((markdown) => [
    { role: 'user' as const, markdown },
    { role: 'assistant' as const, markdown: 'Something. [1]' },
  ]);

describe('a question that follows another', () => {
  test.each([
    ['How much was it?', ['Which hotel did we book in Lisbon?'], ['hotel', 'book', 'Lisbon']],
    ['What about Ben?', ['When does Ana fly to Porto?'], ['Ana', 'fly', 'Porto']],
    ['and why?', ['What did Ana say about the levain?', 'And when?'], ['Ana', 'levain']],
    ['Who else came?', ['Who came to the housewarming in March?'], ['housewarming', 'March']],
  ])('%s is searched with what came before', (question, before, words) => {
    const { text, rewritten } = standalone(question, after(...before));
    expect(rewritten).toBe(true);
    expect(text.startsWith(question)).toBe(true);
    for (const word of words) expect(text).toContain(word);
  });
  test.each([
    ['Which flour did Carla recommend for the rye loaf?', ['Which hotel did we book in Lisbon?']],
    ['Is there a vegetarian restaurant that Ana likes in Porto?', ['When does the train leave?']],
    ['How much was it?', []],
  ])('%s stands by itself', (question, before) => {
    expect(standalone(question, after(...before))).toEqual({ text: question, rewritten: false });
  });
  test('goes back to the last question that stood by itself and no further', () => {
    const { text } = standalone(
      'And the second one?',
      after('Which car did Dave repair?', 'Which hotel has Ana booked?'),
    );
    expect(text).toContain('hotel');
    expect(text).not.toContain('car');
  });
});
