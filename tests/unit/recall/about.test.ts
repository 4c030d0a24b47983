import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../engine/recall';
import { aboutOf } from '../../../engine/recall/about';

const asked = (text: string) => parseQuery({ text }, new Date('2026-06-15T12:00:00Z'));

describe('what a question is about', () => {
  it.each([
    ['Can you give me a short summary of how the garden went across our conversations?', 'the garden went ?'],
    ['Could you remind me about the roof repair?', 'the roof repair?'],
    ['Which lake did I mention for the holiday?', 'Which lake for the holiday?'],
    ['Tell me what the plumber charged. Use only three words.', 'what the plumber charged.'],
  ])('leaves out what only asks: %s', (text, about) => {
    expect(aboutOf(text)).toBe(about);
  });

  it.each([
    'order of the planets',
    'list comprehension in Python',
    'summary judgment in civil law',
    'When did Ann go to the lake?',
    'keep only three bullets',
    'can you tell me',
    '',
    '🎉',
  ])('leaves alone what has no such words, or nothing else: %s', (text) => {
    expect(aboutOf(text)).toBe(text);
  });

  it('never makes nothing of something, and is done after a text is pasted', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(aboutOf(text) === '').toBe(text === '');
      }),
    );
    const pasted = 'can you tell me in our previous conversations '.repeat(25);
    expect(aboutOf(pasted).length).toBeGreaterThan(0);
  });

  it('stays out of the text that is shown as understood', () => {
    const { text, about } = asked('can you remind me about the roof');
    expect(text).toBe('can you remind me about the roof');
    expect(about).toBe('the roof');
  });
});

describe('whose words are asked for', () => {
  it.each([
    ['What did you suggest against slugs?', 'assistant'],
    ['the recipe ChatGPT gave me', 'assistant'],
    ['your advice on sleep', 'assistant'],
    ['Can you suggest a name for my boat?', 'user'],
    ['What would you recommend for my back?', 'user'],
    ['when did I move', 'user'],
    ['my budget', 'user'],
    ['budget', null],
    ['How do you explain tides?', null],
  ])('%s: %s', (text, whose) => {
    expect(asked(text).asksFor).toBe(whose);
  });
});
