import { expect, test } from 'vitest';
import { UNRELATED, WEAK_MEANING } from '../../../engine/chat/constants';
import { asE5 } from '../../../engine/chat/meaning';

test('cosines of another model are on the scale that the constants were found on; those of e5 stay', () => {
  expect(asE5('e5-small-v2/q8/1', 0.83)).toBe(0.83);
  expect(asE5('e5-small-v2/q4/1', 0.2)).toBe(0.2);
  const minilm = (cosine: number) => asE5('all-minilm-l6-v2/q8/1', cosine);
  expect(minilm(0.3)).toBeCloseTo(UNRELATED);
  // what is about something else, and what is found for most questions
  expect(minilm(0.43)).toBeLessThan(WEAK_MEANING);
  expect(minilm(0.56)).toBeGreaterThan(WEAK_MEANING);
});
