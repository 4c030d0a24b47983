import { describe, expect, it } from 'vitest';
import { beginningOf, endOf, shortened, shortenedToEnd } from '../../../engine/cut';

describe('a text that is cut', () => {
  it('is whole where it is short enough', () => {
    expect([beginningOf('four words are here', 19), endOf('four words are here', 19)]).toEqual([
      'four words are here',
      'four words are here',
    ]);
    expect(shortened('four words are here', 19)).toBe('four words are here');
    expect(shortenedToEnd('four words are here', 19)).toBe('four words are here');
  });

  it('ends and begins between words', () => {
    expect(beginningOf('four words are here', 12)).toBe('four words');
    expect(endOf('four words are here', 12)).toBe('are here');
    expect(shortened('four words are here', 12)).toBe('four words …');
    expect(shortenedToEnd('four words are here', 12)).toBe('… are here');
  });

  it('keeps text without blanks up to the cut', () => {
    const tea = '烏龍茶は三分間蒸らします。'.repeat(20);
    expect(beginningOf(tea, 100)).toBe(tea.slice(0, 100));
    expect(endOf(tea, 100)).toBe(tea.slice(-100));
    expect(beginningOf(`茶の話 ${tea}`, 100)).toHaveLength(100);
  });

  it('keeps no half of a character', () => {
    const kettles = '🫖'.repeat(60);
    expect(beginningOf(kettles, 51)).toBe('🫖'.repeat(25));
    expect(endOf(kettles, 51)).toBe('🫖'.repeat(25));
  });
});
