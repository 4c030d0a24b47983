import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNodeEmbedder } from '../../../engine/embed/node';
import type { Embedder } from '../../../engine/embed';
import { measure, type Answers } from '../../bench/recall/bench-recall';
import { keepEmbeddings } from '../../bench/recall/kept-embeddings';
import { questionSet, readQuestionSet } from '../../bench/recall/question-sets';
import { meanFigures } from '../../bench/recall/score';
import { BASELINES, ENGINE } from '../../bench/recall/systems';

const SET = readQuestionSet(resolve('tests/fixtures/recall/invented.json'));
const QUESTIONS = 22;

let directory: string;
let model: Embedder;
let embedder: Embedder;
let answers: Answers;
const lines: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'kept-'));
  model = startNodeEmbedder(resolve('models'), { threads: 1 });
  embedder = keepEmbeddings(model, directory);
  await embedder.embed(['ready?'], 'query');
  answers = await measure([SET], 'all', [...ENGINE, ...BASELINES], embedder, (line) => lines.push(line));
}, 300_000);

afterAll(async () => {
  await embedder.close();
  rmSync(directory, { recursive: true });
});

const figures = (system: string) => {
  const mean = meanFigures(answers.get(system) ?? []);
  if (!mean) throw new Error(`${system} answered nothing`);
  return mean;
};

describe('recall of an invented set, both conversations in one store', () => {
  it('asks every search every question', () => {
    for (const [name, all] of answers) expect(all, name).toHaveLength(QUESTIONS);
  });

  it('finds what answers a question', () => {
    const fused = figures('fused');
    expect(fused['turn fraction@10']).toBeGreaterThanOrEqual(0.9);
    expect(fused['session any@5']).toBeGreaterThanOrEqual(0.95);
    expect(fused['turn hit@1']).toBeGreaterThanOrEqual(0.5);
  });

  it('is better by words and meaning than by plain searches', () => {
    for (const { name } of BASELINES) {
      expect(figures('fused')['turn fraction@10'], name).toBeGreaterThanOrEqual(figures(name)['turn fraction@10']);
    }
  });

  it('writes a line per question with ids of the file, those of another conversation under its name', () => {
    const ranks = lines.map((line) => JSON.parse(line) as { question: string; turns: string[]; sessions: string[] });
    expect(ranks).toHaveLength(QUESTIONS);
    const dog = ranks.find(({ question }) => question === 'friends-q2');
    expect(dog?.turns.slice(0, 3)).toContain('friends:2:3');
    expect(dog?.sessions[0]).toBe('friends:2');
    expect(new Set(dog?.sessions).size).toBe(dog?.sessions.length);
    for (const { turns } of ranks) {
      expect(turns.length).toBeLessThanOrEqual(50);
      for (const id of turns) expect(id).toMatch(/^(friends:|planner:|planner\/planner:|friends\/friends:)/);
    }
  });

  it('goes through a set with empty turns, unknown days, ids that are there twice and questions without answer', async () => {
    const odd = questionSet('odd', [
      {
        id: 'c',
        sessions: [
          {
            id: 1,
            date: 'some day',
            turns: [
              { id: 'a', speaker: 'Ann', text: '' },
              { id: 'b', speaker: 'Ann', text: 'The boat is green.' },
            ],
          },
          { id: 1, turns: [{ id: 'b', speaker: 'Bo', text: 'The boat sank.' }] },
          { id: 2, turns: [] },
        ],
        questions: [
          { id: 'q1', q: 'What colour is the boat?' },
          { id: 'q2', q: '', gold: ['b'] },
        ],
      },
    ]);
    const ranks: string[] = [];
    await measure([odd], 'own', [...ENGINE, ...BASELINES], embedder, (line) => ranks.push(line));
    expect(ranks.map((line) => JSON.parse(line) as unknown)).toEqual([
      { question: 'q1', turns: ['b'], sessions: ['1'] },
      { question: 'q2', turns: [], sessions: [] },
    ]);
  }, 60_000);

  it('keeps vectors on disk, and gives back the same', async () => {
    const [fresh] = (await model.embed(['A deaf old greyhound.'], 'passage')) as [Float32Array];
    const [made] = (await embedder.embed(['A deaf old greyhound.'], 'passage')) as [Float32Array];
    let asked = 0;
    const again = keepEmbeddings(
      {
        ...model,
        modelId: model.modelId,
        embed: async (...call) => {
          asked++;
          return model.embed(...call);
        },
      },
      directory,
    );
    const [kept] = (await again.embed(['A deaf old greyhound.'], 'passage')) as [Float32Array];
    expect(asked).toBe(0);
    expect([...kept]).toEqual([...made]);
    expect([...kept]).toEqual([...fresh]);
    expect(readFileSync(join(directory, `${model.modelId.replaceAll('/', '-')}.vectors`)).length).toBeGreaterThan(1000);
  });
});
