import { describe, expect, test } from 'vitest';
import { judge, type Judgeable } from '../../../engine/chat/judge';

const said = (speaker: string | null, text: string, more: Partial<Judgeable> = {}): Judgeable => ({
  text,
  speaker,
  heading: `Chat | ${speaker ?? ''} | 8 May 2026`,
  similarity: 0.86,
  score: 1,
  ...more,
});

describe('whether passages answer', () => {
  test('what one person said of themselves answers no question about the other', () => {
    const passages = [
      said('Ana', 'After the charity race I realized that I need more rest.'),
      said('Ben', 'You look tired. Did you sleep?'),
    ];
    expect(judge('What did Ana realize after the charity race?', passages).evidence).toBe('found');
    expect(judge('What did Ben realize after the charity race?', passages).evidence).toBe('other_person');
  });
  test('what one person says to the other is about the other', () => {
    const passages = [
      said('Ben', 'Congratulations, you won the pottery prize!'),
      said('Ana', 'Thanks! I was so surprised.'),
    ];
    expect(judge('Which prize did Ana win for her pottery?', passages).evidence).toBe('found');
    expect(judge('Which prize did Ben win for his pottery?', passages).evidence).toBe('other_person');
  });
  test('a question about both, or about nobody who speaks, is not judged by who speaks', () => {
    const passages = [said('Ana', 'I play the violin.'), said('Ben', 'Nice.')];
    expect(judge('Which instrument do Ana and Ben play?', passages).evidence).toBe('found');
    expect(judge('Who plays the violin?', passages).evidence).toBe('found');
  });
  test('passages about something else are weak evidence, unless their meaning is near', () => {
    const passages = [said(null, 'Feed the levain at noon.', { similarity: 0.78 })];
    expect(judge('Which visa does a nurse need in Norway?', passages).evidence).toBe('weak');
    expect(judge('When is the levain fed?', passages).evidence).toBe('found');
    const near = [said(null, 'Registered health staff apply under the skilled worker scheme.', { similarity: 0.9 })];
    expect(judge('Which visa does a nurse need in Norway?', near).evidence).toBe('found');
  });
  test('no passage is nothing', () => {
    expect(judge('Anything?', [])).toEqual({ evidence: 'nothing', ranked: [] });
  });
  test('an answer goes before the same question asked, and a time before none when one is asked for', () => {
    const { ranked } = judge('When did Ana move to Porto?', [
      said('Ben', 'When did you move to Porto?'),
      said('Ana', 'Moving to Porto was hard.'),
      said('Ana', 'I moved to Porto last week.'),
    ]);
    expect(ranked[0]?.passage.text).toBe('I moved to Porto last week.');
    expect(ranked.at(-1)?.passage.text).toBe('When did you move to Porto?');
  });
});
