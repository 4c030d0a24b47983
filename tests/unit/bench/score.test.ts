import { describe, expect, it } from 'vitest';
import { judge, meanFigures } from '../../bench/recall/score';

const judged = (turns: string[], gold: string[], sessions: string[] = [], goldSessions: string[] = []) =>
  judge({ turns, sessions, gold: new Set(gold), goldSessions: new Set(goldSessions) });

describe('figures of a ranking', () => {
  it('counts gold turns among the first ten, as a fraction of all that is gold', () => {
    const ten = ['a', 'x', 'b', ...'1234567'];
    expect(judged([...ten, 'c'], ['a', 'b', 'c', 'd'])['turn fraction@10']).toBe(0.5);
  });

  it('takes the ideal of nDCG over all gold, also what was not found', () => {
    expect(judged(['a'], ['a'])['turn nDCG@10']).toBe(1);
    expect(judged(['a'], ['a', 'b'])['turn nDCG@10']).toBeCloseTo(1 / (1 + 1 / Math.log2(3)));
    expect(judged(['x', 'a'], ['a'])['turn nDCG@10']).toBeCloseTo(1 / Math.log2(3));
  });

  it('tells any from all of the gold sessions', () => {
    const figures = judged([], [], ['p', 'q', 'r', 's', 't', 'u'], ['q', 'u']);
    expect(figures['session any@1']).toBe(0);
    expect(figures['session any@5']).toBe(1);
    expect(figures['session all@5']).toBe(0);
    expect(figures['session all@10']).toBe(1);
  });

  it('counts a turn that is given twice once', () => {
    expect(judged(['a', 'a'], ['a', 'b'])['turn fraction@10']).toBe(0.5);
  });

  it('is the inverse of the place of the first gold turn', () => {
    expect(judged(['x', 'y', 'a', 'b'], ['a', 'b'])['turn MRR']).toBeCloseTo(1 / 3);
    expect(judged(['x'], ['a'])['turn MRR']).toBe(0);
  });

  it('means turn figures only over questions whose turns are marked', () => {
    const one = { category: '', hasTurns: true, figures: judged(['a'], ['a'], ['s'], ['s']) };
    const other = { category: '', hasTurns: false, figures: judged(['a'], [], ['t'], ['s']) };
    const mean = meanFigures([one, other]);
    expect(mean?.['turn hit@1']).toBe(1);
    expect(mean?.['session any@1']).toBe(0.5);
    expect(meanFigures([])).toBeNull();
  });
});
