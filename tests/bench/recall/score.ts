/** What a ranking is worth. Pure; every figure is between 0 and 1. */

/** Turns or sessions, best first, and which of them answer the question. */
export interface Judged {
  turns: readonly unknown[];
  sessions: readonly unknown[];
  gold: ReadonlySet<unknown>;
  goldSessions: ReadonlySet<unknown>;
}

export const FIGURES = [
  'session any@1',
  'session any@5',
  'session any@10',
  'session all@5',
  'session all@10',
  'turn hit@1',
  'turn fraction@10',
  'turn MRR',
  'turn nDCG@10',
] as const;

export type Figure = (typeof FIGURES)[number];
export type Figures = Record<Figure, number>;

/**
 * The figures of one question. Turn figures count 0 where no turn is gold (LongMemEval marks some questions by session
 * alone); see {@link meanFigures}.
 *
 * nDCG (Järvelin and Kekäläinen 2002) with relevance 0 or 1; the ideal is of all that is gold, not of what was found.
 */
export function judge({ turns, sessions, gold, goldSessions }: Judged): Figures {
  const first = turns.findIndex((turn) => gold.has(turn));
  return {
    'session any@1': any(sessions, goldSessions, 1),
    'session any@5': any(sessions, goldSessions, 5),
    'session any@10': any(sessions, goldSessions, 10),
    'session all@5': all(sessions, goldSessions, 5),
    'session all@10': all(sessions, goldSessions, 10),
    'turn hit@1': any(turns, gold, 1),
    'turn fraction@10': gold.size === 0 ? 0 : found(turns, gold, 10) / gold.size,
    'turn MRR': first < 0 ? 0 : 1 / (first + 1),
    'turn nDCG@10': ndcg(turns, gold, 10),
  };
}

/** Distinct gold ones among the first k. */
function found(ranked: readonly unknown[], gold: ReadonlySet<unknown>, k: number): number {
  return new Set(ranked.slice(0, k).filter((one) => gold.has(one))).size;
}

function any(ranked: readonly unknown[], gold: ReadonlySet<unknown>, k: number): number {
  return found(ranked, gold, k) > 0 ? 1 : 0;
}

function all(ranked: readonly unknown[], gold: ReadonlySet<unknown>, k: number): number {
  return gold.size > 0 && found(ranked, gold, k) === gold.size ? 1 : 0;
}

function ndcg(ranked: readonly unknown[], gold: ReadonlySet<unknown>, k: number): number {
  const gain = (place: number) => 1 / Math.log2(place + 2);
  let got = 0;
  ranked.slice(0, k).forEach((one, place) => (got += gold.has(one) ? gain(place) : 0));
  let ideal = 0;
  for (let place = 0; place < Math.min(gold.size, k); place++) ideal += gain(place);
  return ideal === 0 ? 0 : got / ideal;
}

export interface Counted {
  figures: Figures;
  category: string;
  /** Whether single turns are marked as its evidence. */
  hasTurns: boolean;
}

/** The mean of each figure; a figure of turns over the questions that have gold turns. Null without questions. */
export function meanFigures(questions: readonly Counted[]): Figures | null {
  if (questions.length === 0) return null;
  const withTurns = questions.filter((question) => question.hasTurns);
  const mean = (figure: Figure) => {
    const counted = figure.startsWith('turn') ? withTurns : questions;
    return counted.reduce((sum, { figures }) => sum + figures[figure], 0) / Math.max(counted.length, 1);
  };
  return Object.fromEntries(FIGURES.map((figure) => [figure, mean(figure)])) as Figures;
}
