/** What the engine's worker and its peers' measure by. */
import { createCorpus, DIMENSIONS, type Made } from './corpus';

/** p50 and p95 in milliseconds. */
export type Spread = [number, number];

export function spread(times: number[]): Spread {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (p: number) => sorted[Math.floor(p * (sorted.length - 1))] as number;
  return [at(0.5), at(0.95)];
}

/** Places of the vectors that are nearest, best first; all are compared. */
export function exactNearest(vectors: Float32Array, query: Float32Array, count: number): number[] {
  const best: Array<[score: number, at: number]> = [];
  for (let at = 0, base = 0; base < vectors.length; at++, base += DIMENSIONS) {
    let score = 0;
    for (let i = 0; i < DIMENSIONS; i++) score += (vectors[base + i] as number) * (query[i] as number);
    keep(best, score, at, count);
  }
  return best.map(([, at]) => at);
}

function keep(best: Array<[score: number, at: number]>, score: number, at: number, count: number): void {
  if (best.length === count && score <= (best.at(-1) as [number, number])[0]) return;
  best.push([score, at]);
  best.sort((a, b) => b[0] - a[0]);
  best.length = Math.min(best.length, count);
}

/**
 * Of the true ten nearest to each question among the first `size` passages, the part that is among the ten given. The
 * passages are made up once more for it, so that no vector needs to be held beside what is measured.
 */
export function shared(size: number, asked: Made[], given: number[][]): number {
  const best = asked.map((): Array<[number, number]> => []);
  const corpus = createCorpus(1);
  for (let at = 0; at < size; at++) {
    const { vector } = corpus.passage();
    asked.forEach((question, q) => {
      let score = 0;
      for (let i = 0; i < DIMENSIONS; i++) score += (vector[i] as number) * (question.vector[i] as number);
      keep(best[q] as Array<[number, number]>, score, at, 10);
    });
  }
  let found = 0;
  best.forEach((list, q) => {
    for (const [, at] of list) if (given[q]?.slice(0, 10).includes(at)) found++;
  });
  return found / (10 * asked.length);
}
