/** What is told of a model on the GPU to somebody who is to mend it, or to hear that it works. Pure. */
import { WEBLLM_LIMITS } from '../../../models/webllm';
import type { SerialisedError } from '../../errors';
import type { GpuReport } from '../types';
import { type GpuAdapter, judgeAdapter } from './adapter';

/** What a model did since the engine started. */
export type Happened = GpuReport['happened'];

/** Failures that are told; the first says most. */
const MOST_FAILURES = 5;

export function nothingHappened(): Happened {
  return { answers: 0, stopped: 0, last: null, failures: [] };
}

/** Adds an answer. `pieces` are those that its words came in, about a token each. */
export function happen(
  before: Happened,
  answer: { first_ms: number | null; all_ms: number; pieces: number },
  failure: SerialisedError | null,
): Happened {
  if (failure?.code === 'aborted') return { ...before, stopped: before.stopped + 1, last: answer };
  if (failure === null) return { ...before, answers: before.answers + 1, last: answer };
  const { code, message } = failure;
  return { ...before, last: answer, failures: [...before.failures, { code, message }].slice(0, MOST_FAILURES) };
}

export function gpuReport(
  library: GpuReport['library'],
  weights: { sha256: string; known: boolean },
  adapter: GpuAdapter | null,
  happened: Happened,
): GpuReport {
  const limits = (adapter?.limits ?? {}) as Record<string, number>;
  return {
    commonplace_model_report: 1,
    library,
    weights,
    gpu: judgeAdapter(adapter),
    limits: Object.fromEntries(Object.keys(WEBLLM_LIMITS).map((limit) => [limit, limits[limit] ?? 0])),
    happened,
  };
}
