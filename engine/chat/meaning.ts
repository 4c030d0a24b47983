/** How near in meaning, on one scale whatever model's vectors are compared. */
import { ALL_MINILM_L6_V2 } from '../../models';
import { UNRELATED } from './constants';

/**
 * Where a model's cosines of unrelated texts end, and by how much e5-small-v2's, for which the constants of this part were found, grow
 * with this model's. All-MiniLM-L6-v2, on LoCoMo / BEAM: the best passage for a question has 0.56 / 0.56 (median; e5 0.83 / 0.87), the
 * middle one of the conversation 0.25 / 0.19 (e5 0.76 / 0.80), the best of another conversation 0.48 / 0.43 at most in 99 of 100 (e5 0.81 / 0.85).
 */
const SCALES: Readonly<Record<string, { unrelated: number; growth: number }>> = {
  [ALL_MINILM_L6_V2.id]: { unrelated: 0.3, growth: 0.28 },
};

/** A cosine of the model that `modelId` is of, as e5-small-v2's would be. Models of its family stay as they are. */
export function asE5(modelId: string, cosine: number): number {
  const scale = SCALES[modelId.split('/')[0] ?? ''];
  return scale ? UNRELATED + scale.growth * (cosine - scale.unrelated) : cosine;
}
